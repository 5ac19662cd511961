//! Areas as text: the two polygon types of WKT (OGC Simple Features, 06-103r4, chapter 7), and plain lists of positions.

use crate::{
    area::Rings,
    fault::{Fault, Shape, excerpt},
};

/// The rings of a POLYGON or MULTIPOLYGON in WKT, or of one ring as `lon lat;lon lat`, which closes by itself.
///
/// # Errors
/// The text is something else.
pub(super) fn rings(text: &str) -> Result<Rings, Fault> {
    let rings = if text.starts_with(|c: char| c.is_ascii_alphabetic()) { polygons(text) } else { list(text) };
    rings.ok_or_else(|| Fault::NotAnArea { found: Some(excerpt(text)), shape: Shape::Text })
}

fn list(text: &str) -> Option<Rings> {
    let positions = text.split([';', '；']).filter(|position| !position.trim().is_empty());
    let mut ring: Vec<(f64, f64)> = positions.map(position).collect::<Option<_>>()?;
    let first = *ring.first()?;
    if ring.last() != Some(&first) {
        ring.push(first);
    }
    Some(vec![vec![ring]])
}

fn polygons(text: &str) -> Option<Rings> {
    let (word, body) = text.split_once('(')?;
    // A height or a measure may follow the word and each position; neither is kept.
    let name = word.split_whitespace().next()?.to_ascii_uppercase();
    let body = Body(body.strip_suffix(')')?);
    match name.as_str() {
        "POLYGON" => Some(vec![rings_in(body)?]),
        "MULTIPOLYGON" => body.groups()?.into_iter().map(rings_in).collect(),
        _ => None,
    }
}

fn rings_in(polygon: Body<'_>) -> Option<Vec<Vec<(f64, f64)>>> {
    let ring = |ring: Body<'_>| ring.0.split(',').map(position).collect();
    polygon.groups()?.into_iter().map(ring).collect()
}

/// Two numbers with blanks or a comma between them; what follows is not kept.
fn position(text: &str) -> Option<(f64, f64)> {
    let mut numbers =
        text.split([' ', '\t', '\r', '\n', ',', '，']).filter(|part| !part.is_empty()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// What stands between two parentheses.
#[derive(Clone, Copy)]
struct Body<'a>(&'a str);

// === impl Body ===

impl<'a> Body<'a> {
    /// The parts in parentheses at the top of this one, which has nothing but commas and blanks beside them.
    fn groups(self) -> Option<Vec<Body<'a>>> {
        let (mut groups, mut depth, mut start) = (Vec::new(), 0_usize, 0);
        for (at, c) in self.0.char_indices() {
            match c {
                '(' => {
                    depth += 1;
                    if depth == 1 {
                        start = at + 1;
                    }
                }
                ')' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        groups.push(Self(&self.0[start..at]));
                    }
                }
                ',' => {}
                c if depth == 0 && !c.is_whitespace() => return None,
                _ => {}
            }
        }
        (depth == 0).then_some(groups)
    }
}
