//! A map of rings that share their borders: whoever cuts a ring in two adds the new corners for both sides of the border.

use std::collections::{HashMap, HashSet};

use geo::{Area, Coord, LineString, MultiPolygon, Polygon};

use crate::area;

/// A corner of the map.
pub(super) type Corner = usize;
/// A road, a lane or a river.
pub(super) type Road = usize;
/// Corners counter-clockwise, the last being joined to the first.
pub(super) type Ring = Vec<Corner>;

/// Two crossings of a line with a border that are nearer than this are one.
const SAME_M: f64 = 1.0;
/// No bend of a cut comes nearer to its ends than this.
const BEND_M_MIN: f64 = 8.0;

#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Where the corners are, in metres east and north of the middle.
    at: Vec<Coord<f64>>,
    /// On which roads each corner lies.
    roads: Vec<Vec<Road>>,
    /// The corner that was put on a border, by the border's ends, the lower corner first.
    divided: HashMap<(Corner, Corner), Corner>,
}

/// A way to cut a ring in two.
pub(super) struct Cut {
    pub(super) halves: [Polygon<f64>; 2],
    rings: [Ring; 2],
    /// New corners; the first has the number that is free next.
    new: Vec<Coord<f64>>,
    borders: Vec<((Corner, Corner), Corner)>,
    path: Vec<Corner>,
}

/// Where a cut ends: how far along the line, at which place of the ring's border, and where.
#[derive(Clone, Copy)]
struct Hit {
    along: f64,
    border: usize,
    at: Coord<f64>,
}

// === impl Plan ===

impl Plan {
    /// A ring drawn by hand as a chain of roads, each beginning where the one before ended.
    pub(super) fn outline(&mut self, chain: &[(Road, &[(f64, f64)])]) -> Ring {
        let mut ring = Ring::new();
        for (road, points) in chain {
            for place in curve(points).0 {
                let known = ring.iter().copied().find(|&corner| self.at[corner] == place);
                let corner = known.unwrap_or_else(|| self.add(place));
                self.roads[corner].push(*road);
                if known.is_none() {
                    ring.push(corner);
                }
            }
        }
        ring
    }

    pub(super) fn at(&self, corner: Corner) -> Coord<f64> {
        self.at[corner]
    }

    /// All corners at which at least two roads meet, with the roads.
    pub(super) fn crossings(&self) -> impl Iterator<Item = (Corner, &[Road])> {
        self.roads
            .iter()
            .enumerate()
            .filter(|(_, roads)| roads.len() > 1)
            .map(|(corner, roads)| (corner, roads.as_slice()))
    }

    /// The ring with every corner that was put on its borders since it was made.
    pub(super) fn full(&self, ring: &[Corner]) -> Ring {
        let mut full = Ring::new();
        for (a, b) in sides(ring) {
            self.walk(a, b, &mut full);
        }
        full
    }

    pub(super) fn polygon(&self, ring: &[Corner]) -> Polygon<f64> {
        Polygon::new(ring.iter().map(|&corner| self.at[corner]).collect(), Vec::new())
    }

    /// Cuts a full ring along a line of points that enters and leaves it; where it does so several times, along its longest
    /// way inside. An end goes to a corner of the ring that is nearer than `near_m`, and to a crossing twice as far. None
    /// where the line does not pass through, or where a half would not be simple.
    pub(super) fn cut(&self, ring: &[Corner], line: &[Coord<f64>], near_m: f64) -> Option<Cut> {
        let (from, to) = self.longest_inside(ring, line)?;
        let mut new = Vec::new();
        let mut borders = Vec::new();
        let mut path = vec![self.end(ring, from, near_m, &mut new, &mut borders)];
        for (step, &bend) in line.iter().enumerate() {
            let inside = from.along < step as f64 && (step as f64) < to.along;
            if inside && distance(bend, from.at) > BEND_M_MIN && distance(bend, to.at) > BEND_M_MIN {
                path.push(self.at.len() + new.len());
                new.push(bend);
            }
        }
        path.push(self.end(ring, to, near_m, &mut new, &mut borders));
        let rings = split(ring, &path, &borders)?;
        let place =
            |corner: Corner| self.at.get(corner).copied().unwrap_or_else(|| new[corner - self.at.len()]);
        let halves =
            rings.clone().map(|ring| Polygon::new(ring.into_iter().map(place).collect(), Vec::new()));
        let sound = |half: &Polygon<f64>| {
            half.signed_area() > 0.0 && area::is_simple(&MultiPolygon(vec![half.clone()]))
        };
        halves.iter().all(sound).then_some(Cut { halves, rings, new, borders, path })
    }

    /// Makes a cut count, as a road or as a mere border, and gives its two rings.
    pub(super) fn keep(&mut self, cut: Cut, road: Option<Road>) -> [Ring; 2] {
        for place in cut.new {
            self.add(place);
        }
        for ((a, b), corner) in cut.borders {
            let shared: Vec<Road> =
                self.roads[a].iter().filter(|road| self.roads[b].contains(road)).copied().collect();
            self.roads[corner] = shared;
            self.divided.insert((a.min(b), a.max(b)), corner);
        }
        if let Some(road) = road {
            for corner in cut.path {
                if !self.roads[corner].contains(&road) {
                    self.roads[corner].push(road);
                }
            }
        }
        cut.rings
    }

    fn add(&mut self, place: Coord<f64>) -> Corner {
        self.at.push(place);
        self.roads.push(Vec::new());
        self.at.len() - 1
    }

    /// The corners from `a` to `b`, without `b`.
    fn walk(&self, a: Corner, b: Corner, way: &mut Ring) {
        match self.divided.get(&(a.min(b), a.max(b))) {
            Some(&middle) => {
                self.walk(a, middle, way);
                self.walk(middle, b, way);
            }
            None => way.push(a),
        }
    }

    fn longest_inside(&self, ring: &[Corner], line: &[Coord<f64>]) -> Option<(Hit, Hit)> {
        let mut hits = Vec::new();
        for (step, way) in line.windows(2).enumerate() {
            for (border, (a, b)) in sides(ring).enumerate() {
                if let Some(share) = crossing(way[0], way[1], self.at[a], self.at[b]) {
                    let at = way[0] + (way[1] - way[0]) * share;
                    hits.push(Hit { along: step as f64 + share, border, at });
                }
            }
        }
        hits.sort_by(|one, other| one.along.total_cmp(&other.along));
        hits.dedup_by(|one, other| distance(one.at, other.at) < SAME_M);
        if hits.len() % 2 == 1 {
            return None;
        }
        let ways = hits.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        ways.max_by(|one, other| distance(one.0.at, one.1.at).total_cmp(&distance(other.0.at, other.1.at)))
    }

    /// The corner where a cut ends: one that is there, or a new one on the border.
    fn end(
        &self,
        ring: &[Corner],
        hit: Hit,
        near_m: f64,
        new: &mut Vec<Coord<f64>>,
        borders: &mut Vec<((Corner, Corner), Corner)>,
    ) -> Corner {
        let reach_m = |corner: Corner| if self.roads[corner].len() > 1 { 2.0 * near_m } else { near_m };
        let near =
            ring.iter().copied().map(|corner| (distance(self.at[corner], hit.at) / reach_m(corner), corner));
        if let Some((share, corner)) = near.min_by(|one, other| one.0.total_cmp(&other.0))
            && share <= 1.0
        {
            return corner;
        }
        let corner = self.at.len() + new.len();
        new.push(hit.at);
        borders.push(((ring[hit.border], ring[(hit.border + 1) % ring.len()]), corner));
        corner
    }
}

pub(super) fn distance(a: Coord<f64>, b: Coord<f64>) -> f64 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// The two rings beside the path; none where the path touches the ring on its way.
fn split(ring: &[Corner], path: &[Corner], borders: &[((Corner, Corner), Corner)]) -> Option<[Ring; 2]> {
    if let [(one, _), (other, _)] = borders
        && one == other
    {
        return None;
    }
    let mut grown = Ring::new();
    for side in sides(ring) {
        grown.push(side.0);
        grown.extend(borders.iter().filter(|(border, _)| *border == side).map(|(_, corner)| *corner));
    }
    let (first, last) = (*path.first()?, *path.last()?);
    let inner = &path[1..path.len() - 1];
    let corners: HashSet<Corner> = grown.iter().copied().collect();
    if first == last || inner.iter().any(|corner| corners.contains(corner)) {
        return None;
    }
    let start = grown.iter().position(|&corner| corner == first)?;
    grown.rotate_left(start);
    let end = grown.iter().position(|&corner| corner == last)?;
    let mut one = grown[..=end].to_vec();
    one.extend(inner.iter().rev());
    let mut other = grown[end..].to_vec();
    other.push(first);
    other.extend(inner);
    (one.len() > 2 && other.len() > 2).then_some([one, other])
}

/// The pairs of neighbouring corners.
fn sides(ring: &[Corner]) -> impl Iterator<Item = (Corner, Corner)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// How far along `a`-`b`, from 0 to 1, it crosses `c`-`d`.
fn crossing(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>, d: Coord<f64>) -> Option<f64> {
    let cross = |p: Coord<f64>, q: Coord<f64>| p.x * q.y - p.y * q.x;
    let (one, other, gap) = (b - a, d - c, c - a);
    let wedge = cross(one, other);
    if wedge == 0.0 {
        return None;
    }
    let (along, across) = (cross(gap, other) / wedge, cross(gap, one) / wedge);
    let on_both = (0.0..=1.0).contains(&along) && (0.0..=1.0).contains(&across);
    on_both.then_some(along)
}

/// A smooth line through the points (Catmull and Rom 1974).
pub(super) fn curve(points: &[(f64, f64)]) -> LineString<f64> {
    const STEPS: u32 = 4;
    let points: Vec<Coord<f64>> = points.iter().map(|&(x, y)| Coord { x, y }).collect();
    let at = |index: usize| points[index.min(points.len() - 1)];
    let mut smooth = Vec::new();
    for index in 0..points.len() - 1 {
        let (p, q, r, s) = (at(index.saturating_sub(1)), at(index), at(index + 1), at(index + 2));
        for step in 0..STEPS {
            let t = f64::from(step) / f64::from(STEPS);
            let (linear, square, cube) = (r - p, p * 2.0 - q * 5.0 + r * 4.0 - s, q * 3.0 - p - r * 3.0 + s);
            smooth.push((q * 2.0 + linear * t + square * (t * t) + cube * (t * t * t)) * 0.5);
        }
    }
    smooth.extend(points.last().copied());
    LineString(smooth)
}
