//! The cameras: at gates, crossings, squares, schools and piers, each a few steps inside a micro grid.

use geo::{BoundingRect, Centroid, Contains, Coord, Point, Polygon};
use rand::{Rng, rngs::StdRng, seq::SliceRandom};

use super::{
    DemoCamera, PlaceKind,
    names::FIRST_ROAD,
    plan::distance,
    street::{Base, Community, Street, degrees, plane},
};

const CAMERAS: usize = 1_200;
/// How far from a crossing or a gate the first camera hangs, and each further one from the one before.
const OFFSET_M: f64 = 7.0;
/// A camera is moved inwards until it is inside, at most so often.
const MOVES_MAX: usize = 60;

/// Centre 370405 (台儿庄区) with unit 00, then industry 00; after them the type and the network 6, the e-government
/// extranet.
const CODE_HEAD: &str = "3704050000";
const NETWORK: char = '6';
/// Camera, and IP camera.
const TYPES: [&str; 2] = ["131", "132"];

/// What each community has beside gates and crossings: the place's kind, its name and short name, and its spots.
const SIGHTS: [(PlaceKind, &str, &str, &[&str]); 5] = [
    (PlaceKind::Square, "文化广场", "广场", &["舞台", "入口", "健身区"]),
    (PlaceKind::School, "小学", "小学", &["正门", "接送区", "东侧路"]),
    (PlaceKind::Commercial, "便民市场", "市场", &["正门", "南门", "大厅外"]),
    (PlaceKind::Station, "公交站", "公交站", &["站台", "候车亭"]),
    (PlaceKind::Stadium, "体育馆", "体育馆", &["正门", "球场"]),
];
/// Only these communities have a stadium: one in a street or two.
const STADIUM_EVERY: usize = 6;

/// A place with room for some cameras.
struct Place {
    kind: PlaceKind,
    name: String,
    short_name: String,
    /// Where the place is, in metres, and the parts of the map its cameras hang in by turns.
    at: Coord<f64>,
    within: Vec<Polygon<f64>>,
}

/// All cameras: one at every place, then more by chance until there are enough. None where one finds no spot.
pub(super) fn place(street: &Street, rng: &mut StdRng) -> Option<Vec<DemoCamera>> {
    let mut places = Vec::new();
    for (index, community) in street.communities().iter().enumerate() {
        places.extend(sights(street, community, index, rng)?);
        for base in &community.bases {
            places.extend(gates(street, base)?);
        }
    }
    places.extend(crossings(street));
    let plane = plane();
    let mut cameras = Vec::with_capacity(CAMERAS);
    for round in 1.. {
        for place in &places {
            if cameras.len() == CAMERAS {
                return Some(cameras);
            }
            let spot = place.spot(round)?;
            let at = degrees(&plane, spot);
            let device = TYPES[usize::from(rng.random_bool(0.8))];
            cameras.push(DemoCamera {
                code20: format!("{CODE_HEAD}{device}{NETWORK}{:06}", cameras.len() + 1),
                name: format!("{} {round:02}", place.name),
                short_name: format!("{}{round:02}", place.short_name),
                lon: at.x,
                lat: at.y,
                kind: place.kind,
            });
        }
        places.shuffle(rng);
    }
    None
}

fn sights(street: &Street, community: &Community, index: usize, rng: &mut StdRng) -> Option<Vec<Place>> {
    let short = community.name.trim_end_matches("社区");
    let mut bases: Vec<&Base> = community.bases.iter().collect();
    bases.shuffle(rng);
    let mut places = Vec::new();
    for ((kind, name, short_name, spots), base) in SIGHTS.into_iter().zip(bases.into_iter().cycle()) {
        if kind == PlaceKind::Stadium && !index.is_multiple_of(STADIUM_EVERY) {
            continue;
        }
        let within = street.polygon(base.micros.first()?);
        let middle = within.centroid()?;
        for (number, spot) in spots.iter().enumerate() {
            // The spots of one place lie around its middle.
            let angle = number as f64 * std::f64::consts::TAU / spots.len() as f64;
            let at = Coord { x: middle.x() + 30.0 * angle.cos(), y: middle.y() + 30.0 * angle.sin() };
            places.push(Place {
                kind,
                name: format!("{short}{name} {spot}"),
                short_name: shortened(&format!("{short}{short_name}{spot}")),
                at,
                within: vec![within.clone()],
            });
        }
    }
    Some(places)
}

/// The four gates of an estate: where its border lies straight to the east, north, west and south.
fn gates(street: &Street, base: &Base) -> Option<Vec<Place>> {
    const SIDES: [(&str, f64, f64); 4] =
        [("东门", 1.0, 0.0), ("北门", 0.0, 1.0), ("西门", -1.0, 0.0), ("南门", 0.0, -1.0)];
    let polygon = street.polygon(&base.ring);
    let middle = polygon.centroid()?;
    let micros: Vec<Polygon<f64>> = base.micros.iter().map(|ring| street.polygon(ring)).collect();
    let gate = |(side, x, y): (&str, f64, f64)| {
        let inside = |far_m: f64| {
            let at = Point::new(middle.x() + far_m * x, middle.y() + far_m * y);
            polygon.contains(&at).then_some(at)
        };
        let at = (0..200).map_while(|steps| inside(f64::from(steps) * OFFSET_M / 2.0)).last()?;
        let within = micros.iter().find(|micro| micro.contains(&at)).or(micros.first())?.clone();
        Some(Place {
            kind: PlaceKind::Entrance,
            name: format!("{} {side}", base.estate),
            short_name: format!("{}{side}", base.estate),
            at: at.into(),
            within: vec![within],
        })
    };
    SIDES.into_iter().map(gate).collect()
}

/// Where two roads meet, with the micro grids around.
fn crossings(street: &Street) -> Vec<Place> {
    let bases = street.communities().iter().flat_map(|community| &community.bases);
    let micros: Vec<Polygon<f64>> =
        bases.flat_map(|base| &base.micros).map(|ring| street.polygon(ring)).collect();
    let mut places: Vec<Place> = Vec::new();
    for (corner, roads) in street.plan().crossings() {
        let &[.., one, other] = roads else { continue };
        if one < FIRST_ROAD || other < FIRST_ROAD {
            continue;
        }
        let at = street.plan().at(corner);
        let around =
            |micro: &&Polygon<f64>| micro.exterior().coords().any(|&other| distance(other, at) < 0.01);
        let within: Vec<Polygon<f64>> = micros.iter().filter(around).cloned().collect();
        let (one, other) = (street.road(one), street.road(other));
        let name = format!("{one}与{other}路口");
        // Two roads may meet twice.
        if !within.is_empty() && places.iter().all(|place| place.name != name) {
            let word = |road: &str| road.chars().take(2).collect::<String>();
            let short_name = format!("{}{}路口", word(one), word(other));
            places.push(Place { kind: PlaceKind::Crossing, name, short_name, at, within });
        }
    }
    places
}

/// Eight characters, which leave room for a number.
fn shortened(name: &str) -> String {
    name.chars().take(8).collect()
}

// === impl Place ===

impl Place {
    /// Where the camera of this number hangs: some steps from the place towards the middle of one of the grids around.
    fn spot(&self, number: usize) -> Option<Coord<f64>> {
        let within = self.within.get((number - 1) % self.within.len())?;
        let middle: Coord<f64> = within.centroid()?.into();
        let far_m = distance(self.at, middle);
        let step = if far_m > 0.0 { (middle - self.at) / far_m } else { Coord { x: 0.0, y: 1.0 } };
        let further = within.bounding_rect()?.width() / MOVES_MAX as f64;
        let first_m = OFFSET_M * number as f64;
        let spots = (0..MOVES_MAX).map(|moves| self.at + step * (first_m + further * moves as f64));
        spots.into_iter().find(|&spot| within.contains(&Point(spot)))
    }
}
