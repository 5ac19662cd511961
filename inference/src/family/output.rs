//! What an output of a family looks like: its name where it has one, and its shape.

use std::fmt;

use super::graph::{Element, Port};
use crate::letterbox::InputSize;

/// An output as a family has it.
#[derive(Clone, Copy)]
pub(super) struct Output {
    /// Its name; `None` where every exporter chooses another.
    pub(super) name: Option<&'static str>,
    pub(super) element: Element,
    /// Its sizes after the first, which is the number of rows.
    pub(super) row: &'static [Size],
}

/// One size of an output's shape.
#[derive(Clone, Copy)]
pub(super) enum Size {
    /// This many.
    Is(i64),
    /// As many as the model has of these.
    Any(&'static str),
    /// This many and the classes, of which there is at least one: the first is a person.
    AndClasses(i64),
    /// The cells of all grids whose cells have these sizes in pixels.
    Cells(&'static [usize]),
    /// Three boxes for each of these cells.
    Anchors(&'static [usize]),
    /// The lines of the grid whose cells have this size in pixels.
    Lines(usize),
    /// The columns of that grid.
    Columns(usize),
}

/// The cells that an input of this size has in all grids whose cells have these sizes in pixels.
pub(super) fn cells(size: InputSize, strides: &[usize]) -> usize {
    strides.iter().map(|stride| size.width.div_ceil(*stride) * size.height.div_ceil(*stride)).sum()
}

impl Size {
    pub(super) fn fits(self, found: i64, input: InputSize) -> bool {
        let is = |expected: usize| found == expected as i64;
        match self {
            Self::Is(size) => found == size,
            Self::Any(_) => found >= 0,
            Self::AndClasses(size) => found > size,
            Self::Cells(strides) => is(cells(input, strides)),
            Self::Anchors(strides) => is(3 * cells(input, strides)),
            Self::Lines(stride) => is(input.height.div_ceil(stride)),
            Self::Columns(stride) => is(input.width.div_ceil(stride)),
        }
    }
}

impl Output {
    /// An output of float32 that is known by its name.
    pub(super) const fn named(name: &'static str, row: &'static [Size]) -> Self {
        Self { name: Some(name), element: Element::Float32, row }
    }

    /// An output of float32 that is known by its shape alone.
    pub(super) const fn shaped(row: &'static [Size]) -> Self {
        Self { name: None, element: Element::Float32, row }
    }

    /// Whether the graph's output is this one. A graph may leave sizes open; where the name does not tell either, that
    /// is not enough.
    pub(super) fn is(&self, port: &Port, input: InputSize) -> bool {
        let Some((_rows, row)) = port.shape.split_first() else { return false };
        let named = self.name.is_some_and(|name| name == port.name);
        let fits = |(size, found): (&Size, &i64)| (named && *found < 0) || size.fits(*found, input);
        (named || self.name.is_none())
            && port.element == self.element
            && row.len() == self.row.len()
            && self.row.iter().zip(row).all(fits)
    }

    /// Whether one row that came out has this shape.
    pub(super) fn is_of(&self, row: &[i64], input: InputSize) -> bool {
        row.len() == self.row.len() && self.row.iter().zip(row).all(|(size, found)| size.fits(*found, input))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.name {
            write!(f, "`{name}`, ")?;
        }
        write!(f, "{} [N", self.element)?;
        self.row.iter().try_for_each(|size| write!(f, ", {size}"))?;
        f.write_str("]")
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(size) => write!(f, "{size}"),
            Self::Any(of) => f.write_str(of),
            Self::AndClasses(size) => write!(f, "{size} + classes"),
            Self::Cells(_) => f.write_str("cells"),
            Self::Anchors(_) => f.write_str("3 × cells"),
            Self::Lines(stride) => write!(f, "height/{stride}"),
            Self::Columns(stride) => write!(f, "width/{stride}"),
        }
    }
}
