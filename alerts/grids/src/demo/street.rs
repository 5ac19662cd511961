//! The street: communities between the roads drawn by hand, and everything below by chance.

use geo::{Area, Contains, Coord, MultiPolygon, Point, Polygon, Rect};
use rand::{Rng, rngs::StdRng};

use super::{
    DemoWorld, cameras,
    divide::divide,
    layout::{COMMUNITIES, MAIN_ROADS, MIDDLE, OUTLINE, STREET_CODE, STREET_NAME},
    names::{self, Character, Names},
    plan::{Plan, Ring, curve},
};
use crate::{
    area,
    grid::{Grid, GridRow},
    level::GridLevel,
    plane::Plane,
    tree::GridTree,
};

/// How many micro grids there are in all; a base grid has two or three.
const MICRO_GRIDS: usize = 351;
/// How many households a base grid has.
const HOUSEHOLDS: std::ops::Range<f64> = 410.0..790.0;
/// How many people one has on average.
const PEOPLE: std::ops::Range<f64> = 2.1..2.5;

/// The street, divided.
pub(super) struct Street {
    plan: Plan,
    outline: Ring,
    communities: Vec<Community>,
    names: Names,
}

pub(super) struct Community {
    pub(super) name: &'static str,
    pub(super) ring: Ring,
    pub(super) bases: Vec<Base>,
    character: Character,
}

pub(super) struct Base {
    pub(super) ring: Ring,
    pub(super) micros: Vec<Ring>,
    pub(super) estate: String,
}

// === impl Street ===

impl Street {
    /// None where a block could not be divided.
    pub(super) fn draw(rng: &mut StdRng) -> Option<Self> {
        let mut plan = Plan::default();
        let mut names = Names::shuffled(rng);
        let outline = plan.outline(&OUTLINE);
        let mut communities = communities(&mut plan, &outline)?;
        for (community, (.., parts, _)) in communities.iter_mut().zip(COMMUNITIES) {
            let mut lane = |angle| Some(names.lane(angle));
            let rings = divide(&mut plan, &community.ring, parts, rng, &mut lane)?;
            for ring in rings {
                let estate = names.estate(community.character);
                community.bases.push(Base { ring, micros: Vec::new(), estate });
            }
        }
        let counts = micro_counts(&plan, &communities, rng);
        let bases = communities.iter_mut().flat_map(|community| &mut community.bases);
        for (base, parts) in bases.zip(counts) {
            base.micros = divide(&mut plan, &base.ring, parts, rng, &mut |_| None)?;
        }
        Some(Self { plan, outline, communities, names })
    }

    /// None where the grids do not fit together, or a camera finds no place.
    pub(super) fn into_world(self, rng: &mut StdRng) -> Option<DemoWorld> {
        let grids = GridTree::new(self.grids(rng)?).ok()?;
        let cameras = cameras::place(&self, rng)?;
        let inside = |camera: &super::DemoCamera| {
            grids.deepest_at(camera.lon, camera.lat).is_some_and(|grid| grid.level() == GridLevel::Micro)
        };
        cameras.iter().all(inside).then_some(DemoWorld { grids, cameras })
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn communities(&self) -> &[Community] {
        &self.communities
    }

    pub(super) fn road(&self, number: usize) -> &str {
        self.names.road(number)
    }

    pub(super) fn polygon(&self, ring: &Ring) -> Polygon<f64> {
        self.plan.polygon(&self.plan.full(ring))
    }

    fn grids(&self, rng: &mut StdRng) -> Option<Vec<Grid>> {
        let mut below = Vec::new();
        let mut street = Counts::default();
        for (community, number) in self.communities.iter().zip(1..) {
            let code = format!("{STREET_CODE}{number:03}");
            let mut whole = Counts::default();
            let mean_m2 = self.polygon(&community.ring).unsigned_area() / community.bases.len() as f64;
            let place = below.len();
            for (base, number) in community.bases.iter().zip(1..) {
                let base_code = format!("{code}{number:03}");
                let counts = Counts::of_base(self.polygon(&base.ring).unsigned_area() / mean_m2, rng);
                whole.add(counts);
                let (name, level) = (format!("{}网格", base.estate), GridLevel::Base);
                below.push(self.grid(&base_code, &name, level, Some(&code), counts, &base.ring)?);
                self.micros(base, &base_code, counts, &mut below)?;
            }
            street.add(whole);
            let (name, level) = (community.name, GridLevel::Community);
            below.insert(place, self.grid(&code, name, level, Some(STREET_CODE), whole, &community.ring)?);
        }
        below.insert(0, self.grid(STREET_CODE, STREET_NAME, GridLevel::Street, None, street, &self.outline)?);
        Some(below)
    }

    fn micros(&self, base: &Base, base_code: &str, counts: Counts, grids: &mut Vec<Grid>) -> Option<()> {
        let polygons: Vec<Polygon<f64>> = base.micros.iter().map(|ring| self.polygon(ring)).collect();
        let whole_m2: f64 = polygons.iter().map(Polygon::unsigned_area).sum();
        let sides = names::sides(&self.polygon(&base.ring), &polygons);
        let mut left = counts;
        for (number, ring) in base.micros.iter().enumerate() {
            let is_last = number + 1 == base.micros.len();
            let share =
                if is_last { left } else { counts.share(polygons[number].unsigned_area() / whole_m2) };
            left = left.less(share);
            let (code, name) =
                (format!("{base_code}{:02}", number + 1), format!("{}{}", base.estate, sides[number]));
            grids.push(self.grid(&code, &name, GridLevel::Micro, Some(base_code), share, ring)?);
        }
        Some(())
    }

    fn grid(
        &self,
        code: &str,
        name: &str,
        level: GridLevel,
        parent: Option<&str>,
        counts: Counts,
        ring: &Ring,
    ) -> Option<Grid> {
        let plane = plane();
        let mut corners: Vec<Coord<f64>> =
            self.plan.full(ring).into_iter().map(|corner| degrees(&plane, self.plan.at(corner))).collect();
        corners.push(*corners.first()?);
        let row = GridRow {
            code: code.to_owned(),
            name: name.to_owned(),
            level,
            parent: parent.map(str::to_owned),
            households: Some(counts.households),
            people: Some(counts.people),
            area: String::new(),
        };
        Grid::new(row, MultiPolygon(vec![Polygon::new(corners.into(), Vec::new())]))
    }
}

/// The plane in which the street is drawn.
pub(super) fn plane() -> Plane {
    Plane::around(Rect::new(MIDDLE, MIDDLE))
}

/// A place in metres as it is stored.
pub(super) fn degrees(plane: &Plane, place: Coord<f64>) -> Coord<f64> {
    let at = plane.unproject(place.x, place.y);
    Coord { x: area::rounded(at.x), y: area::rounded(at.y) }
}

/// The blocks between the main roads, in the order of [`COMMUNITIES`].
fn communities(plan: &mut Plan, outline: &Ring) -> Option<Vec<Community>> {
    /// The main roads are drawn to meet: their ends go to a corner only where one is this near.
    const NEAR_M: f64 = 6.0;
    let mut blocks = vec![outline.clone()];
    for (road, points) in MAIN_ROADS {
        let line = curve(points);
        let mut parts = Vec::new();
        for block in blocks {
            match plan.cut(&plan.full(&block), &line.0, NEAR_M) {
                Some(cut) => parts.extend(plan.keep(cut, Some(road))),
                None => parts.push(block),
            }
        }
        blocks = parts;
    }
    let community = |(name, inside, _, character): (&'static str, (f64, f64), usize, Character)| {
        let holds = |block: &&Ring| plan.polygon(&plan.full(block)).contains(&Point::from(inside));
        let ring = blocks.iter().find(holds)?.clone();
        Some(Community { name, ring, bases: Vec::new(), character })
    };
    COMMUNITIES.into_iter().map(community).collect()
}

/// How many micro grids each base grid has: two, and the largest of their communities three.
fn micro_counts(plan: &Plan, communities: &[Community], rng: &mut StdRng) -> Vec<usize> {
    let size = |base: &Base| plan.polygon(&plan.full(&base.ring)).unsigned_area();
    let mut sizes = Vec::new();
    for community in communities {
        let mean = community.bases.iter().map(size).sum::<f64>() / community.bases.len() as f64;
        sizes.extend(community.bases.iter().map(|base| size(base) / mean * rng.random_range(0.7..1.3)));
    }
    let mut by_size: Vec<usize> = (0..sizes.len()).collect();
    by_size.sort_by(|&one, &other| sizes[other].total_cmp(&sizes[one]));
    let mut counts = vec![2; sizes.len()];
    for &base in by_size.iter().take(MICRO_GRIDS.saturating_sub(2 * sizes.len())) {
        counts[base] = 3;
    }
    counts
}

/// How many live somewhere.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    households: u32,
    people: u32,
}

// === impl Counts ===

impl Counts {
    /// Of a base grid that is so much larger than its community's mean.
    fn of_base(size: f64, rng: &mut StdRng) -> Self {
        let households = 600.0 * size.sqrt() * rng.random_range(0.85..1.15);
        let households = households.clamp(HOUSEHOLDS.start, HOUSEHOLDS.end).round();
        let people = (households * rng.random_range(PEOPLE)).round();
        Self { households: households as u32, people: people as u32 }
    }

    fn share(self, share: f64) -> Self {
        let part = |count: u32| (f64::from(count) * share).round() as u32;
        Self { households: part(self.households), people: part(self.people) }
    }

    fn less(self, other: Self) -> Self {
        Self {
            households: self.households.saturating_sub(other.households),
            people: self.people.saturating_sub(other.people),
        }
    }

    fn add(&mut self, other: Self) {
        self.households += other.households;
        self.people += other.people;
    }
}
