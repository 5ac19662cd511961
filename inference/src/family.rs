//! Families of models: which one a file is of, told from its graph, and how its numbers become people.

mod ask;
mod boxes;
mod crowd;
mod detr;
mod families;
mod fastestdet;
#[cfg(test)]
pub(crate) mod footage;
mod graph;
mod nanodet;
mod output;
mod posenet;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod references;
mod row;
#[cfg(test)]
mod tests;
mod yolo;
mod yolox;

use std::fmt;

pub(crate) use graph::{Element, Graph, Port};
pub(crate) use row::Row;

use crate::{
    crowd::Spoke,
    detection::{Detection, Head, Pose, Sighting, View},
    letterbox::{Channels, Fit, Input, InputSize, Pixels},
    model::Role,
    turned::TURNED_VIEWS,
};
use families::FAMILIES;
use output::Output;

/// The input of a graph that is to be told the size of the picture, as width and height.
const SIZES: &str = "orig_target_sizes";
/// The size of an input that the graph leaves open. P2PNet needs sides that 128 goes into, the others 32.
const OPEN_SIZE: InputSize = InputSize { width: 640, height: 384 };

/// No picture that is looked at is larger on any side; a file that says so is broken.
const SIDE_MAX: usize = 8192;

/// Graphs that take the same input and whose outputs mean the same. A graph is of a family when all of this is so.
pub(crate) struct Family {
    /// What a manifest calls it. Families that differ only in how the picture gets into the input share one.
    pub(crate) name: &'static str,
    /// What people call it.
    pub(crate) title: &'static str,
    /// How its pixels are. That says what the input must look like: float32 `[N, channels, height, width]`, or uint8
    /// `[N, height, width, 3]`, where N is open or 1.
    pixels: Pixels,
    fit: Fit,
    /// The input's name, where it tells the family.
    input_name: Option<&'static str>,
    /// The last part of the network, where it tells the family.
    head: Option<&'static str>,
    /// A second input takes the picture's size.
    takes_sizes: bool,
    outputs: &'static [Output],
    /// No two of its boxes mean the same person.
    suppressed: bool,
    /// What it tells people by.
    pub(crate) counts_by: Spoke,
    /// What it can be used for.
    roles: &'static [Role],
    read: Read,
}

/// What a family sees in one row, in input pixels: who is at least as sure as the given score. Each row is whole and of
/// the family's shape. What is no number or has no size may come out too.
type Read = fn(&[Row<'_>], InputSize, f32) -> Sighting;

/// What was found out about a graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) family: &'static Family,
    pub(crate) input_name: String,
    /// The graph's names of the family's outputs, in the family's order.
    pub(crate) output_names: Vec<String>,
    /// How the family wants its pictures.
    pub(crate) input: Input,
    /// The graph takes one row at a time.
    pub(crate) one_row: bool,
}

/// What a graph should have been, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Misfit {
    pub(crate) expected: String,
    pub(crate) found: String,
    /// All fits but the input's size.
    pub(crate) of_size: bool,
}

// === impl Family ===

impl Family {
    /// Whether a model of this family can be used for `role`.
    pub(crate) fn serves(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The families that can be used for `role`.
    fn serving(role: Role) -> impl Iterator<Item = &'static Self> {
        FAMILIES.iter().filter(move |family| family.serves(role))
    }

    /// How this graph is laid out if it is of this family. `size` is for an input whose size is open.
    fn layout(&'static self, role: Role, graph: &Graph, size: InputSize) -> Option<Layout> {
        let (pictures, sizes): (Vec<_>, Vec<_>) = graph.inputs.iter().partition(|port| port.name != SIZES);
        let &[picture] = &pictures[..] else { return None };
        let told = self.input_name.is_none_or(|name| name == picture.name)
            && self.head.is_none_or(|head| graph.head.as_deref() == Some(head))
            && sizes.len() == usize::from(self.takes_sizes)
            && sizes.iter().all(|port| port.element == Element::Int64 && port.shape.len() == 2);
        let (one_row, size) = taken_by(&self.pixels, picture, size)?;
        let name_of =
            |output: &Output| graph.outputs.iter().find(|port| output.is(port, size)).map(|p| p.name.clone());
        let output_names = self.outputs.iter().map(name_of).collect::<Option<Vec<_>>>()?;
        let views = match role {
            // Who sees upright people sees fallen ones in the turned picture.
            Role::Fallen if self.serves(Role::Person) => TURNED_VIEWS,
            _ => &[View::Upright],
        };
        told.then(|| Layout {
            family: self,
            input_name: picture.name.clone(),
            output_names,
            input: Input { size, fit: self.fit, pixels: self.pixels, views },
            one_row,
        })
    }

    /// What is seen in one row of each output, in input pixels, at least as surely as `score_min`, before suppression.
    ///
    /// # Errors
    /// When a row's shape is not the family's, or has another number of values.
    pub(crate) fn read(&self, rows: &[Row<'_>], size: InputSize, score_min: f32) -> Result<Sighting, String> {
        let fits = |(output, row): (&Output, &Row<'_>)| output.is_of(row.shape, size) && row.is_whole();
        if rows.len() != self.outputs.len() || !self.outputs.iter().zip(rows).all(fits) {
            let shapes: Vec<&[i64]> = rows.iter().map(|row| row.shape).collect();
            return Err(format!("expected {self}, got rows of {shapes:?}"));
        }
        let seen = sane((self.read)(rows, size, score_min));
        let in_first_pixel = |d: &Detection| d.rect.x2 <= 1.0 && d.rect.y2 <= 1.0;
        let seen_something = seen.detections.iter().any(|d| d.rect.area() > 0.0);
        if seen_something && seen.detections.iter().all(in_first_pixel) {
            return Err(format!(
                "expected boxes in pixels ({}), got boxes in shares of the picture",
                self.name
            ));
        }
        Ok(seen)
    }
}

/// What of it a picture can have. Networks gone wrong give what is no number and no box.
fn sane(seen: Sighting) -> Sighting {
    let is_head = |head: &Head| [head.x, head.y, head.weight].into_iter().all(f32::is_finite);
    let heads = seen.heads.into_iter().filter(is_head).collect();
    if seen.poses.is_empty() {
        return Sighting { detections: seen.detections.into_iter().filter(is_box).collect(), heads, ..seen };
    }
    let is_body = |pose: &Pose| {
        let mut values = pose.keypoints.iter().flat_map(|point| [point.x, point.y, point.score]);
        is_box(&pose.person) && values.all(f32::is_finite)
    };
    Sighting { heads, ..seen.poses.into_iter().filter(is_body).collect() }
}

fn is_box(detection: &Detection) -> bool {
    let rect = &detection.rect;
    let finite = [rect.x1, rect.y1, rect.area(), detection.score].into_iter().all(f32::is_finite);
    finite && rect.x1 <= rect.x2 && rect.y1 <= rect.y2
}

/// Whether the graph's input takes such pixels: whether one row at a time, and its size; `open` where it is left open.
fn taken_by(pixels: &Pixels, port: &Port, open: InputSize) -> Option<(bool, InputSize)> {
    let element = if pixels.bytes { Element::Uint8 } else { Element::Float32 };
    let &[rows @ (-1 | 1), a, b, c] = &port.shape[..] else { return None };
    let (channels, height, width) = if pixels.interleaved { (c, a, b) } else { (a, b, c) };
    let size = InputSize { width: side(width, open.width)?, height: side(height, open.height)? };
    let fits = port.element == element && channels == pixels.count() as i64;
    fits.then_some((rows == 1, size))
}

/// One side of an input: `open` where it is left open, `None` where it is none.
fn side(found: i64, open: usize) -> Option<usize> {
    if found == -1 {
        Some(open)
    } else {
        usize::try_from(found).ok().filter(|side| (1..=SIDE_MAX).contains(side))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outputs: Vec<String> = self.outputs.iter().map(Output::to_string).collect();
        write!(f, "{} ({})", self.title, outputs.join("; "))
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)
    }
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.title == other.title
    }
}

// === impl Layout ===

impl Layout {
    /// Finds out what kind of graph this is, and whether it can do the `role`. `wanted` is how large its input should be
    /// where the graph leaves that open.
    pub(crate) fn recognise(role: Role, graph: &Graph, wanted: Option<InputSize>) -> Result<Self, Misfit> {
        let size = wanted.unwrap_or(OPEN_SIZE);
        let Some(layout) = FAMILIES.iter().find_map(|family| family.layout(role, graph, size)) else {
            return Err(Misfit::of(role, graph, size));
        };
        if !layout.family.serves(role) {
            let expected = format!("for {} one of {}", role.name(), Misfit::all(Family::serving(role)));
            return Err(Misfit { expected, found: layout.family.to_string(), of_size: false });
        }
        if size != layout.input.size && wanted.is_some() {
            let InputSize { width, height } = layout.input.size;
            let expected = format!("an input {} wide and {} high", size.width, size.height);
            let found = format!("one {width} wide and {height} high");
            return Err(Misfit { expected, found, of_size: true });
        }
        Ok(layout)
    }
}

// === impl Misfit ===

impl Misfit {
    /// Why no family has this graph: its inputs, or its outputs.
    fn of(role: Role, graph: &Graph, size: InputSize) -> Self {
        let takes =
            |family: &Family| graph.inputs.iter().any(|port| taken_by(&family.pixels, port, size).is_some());
        if Family::serving(role).any(takes) {
            let expected = format!("for {} one of {}", role.name(), Self::all(Family::serving(role)));
            let found = format!("outputs {}", graph::list(&graph.outputs));
            return Self { expected, found, of_size: false };
        }
        let mut inputs: Vec<&str> = Family::serving(role).map(|family| input_of(&family.pixels)).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let expected = format!("one input {}, whose N is open or 1", inputs.join(" or "));
        Self { expected, found: format!("inputs {}", graph::list(&graph.inputs)), of_size: false }
    }

    fn all(families: impl Iterator<Item = &'static Family>) -> String {
        families.map(Family::to_string).collect::<Vec<_>>().join(", or ")
    }
}

/// The input that takes such pixels, in words.
fn input_of(pixels: &Pixels) -> &'static str {
    match pixels {
        Pixels { bytes: true, .. } => "uint8 [N, height, width, 3]",
        Pixels { channels: Channels::Grey, .. } => "float32 [N, 1, height, width]",
        _ => "float32 [N, 3, height, width]",
    }
}
