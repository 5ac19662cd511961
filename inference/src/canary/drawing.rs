//! The canary's picture: people drawn of thick lines, plain and shaded enough that detectors of people see them.

use super::{HEIGHT, WIDTH};

/// Blue, green, red; 0 to 255.
type Colour = [f32; 3];

/// A thick line with round ends, in shares of its person's height: the middle is 0, the top of the head 0, the soles 1.
struct Limb {
    from: (f32, f32),
    to: (f32, f32),
    radius: f32,
    colour: Colour,
}

/// Somebody in the picture, in pixels.
struct Person {
    /// The top of the head.
    head: (f32, f32),
    /// From there to the soles.
    height: f32,
    lies: bool,
}

const TROUSERS: Colour = [70.0, 55.0, 45.0];
const SHOES: Colour = [25.0, 25.0, 30.0];
const SHIRT: Colour = [60.0, 70.0, 170.0];
const SKIN: Colour = [125.0, 155.0, 210.0];
const HAIR: Colour = [30.0, 35.0, 45.0];

const fn limb(from: (f32, f32), to: (f32, f32), radius: f32, colour: Colour) -> Limb {
    Limb { from, to, radius, colour }
}

/// What is later in the list is in front.
const BODY: [Limb; 13] = [
    limb((-0.055, 0.50), (-0.075, 0.93), 0.042, TROUSERS),
    limb((0.055, 0.50), (0.070, 0.93), 0.042, TROUSERS),
    limb((-0.075, 0.965), (-0.110, 0.975), 0.025, SHOES),
    limb((0.070, 0.965), (0.105, 0.975), 0.025, SHOES),
    limb((-0.150, 0.23), (-0.180, 0.40), 0.032, SHIRT),
    limb((0.150, 0.23), (0.180, 0.40), 0.032, SHIRT),
    limb((-0.180, 0.40), (-0.165, 0.52), 0.025, SKIN),
    limb((0.180, 0.40), (0.165, 0.52), 0.025, SKIN),
    limb((-0.070, 0.25), (-0.050, 0.48), 0.075, SHIRT),
    limb((0.070, 0.25), (0.050, 0.48), 0.075, SHIRT),
    limb((0.0, 0.13), (0.0, 0.19), 0.032, SKIN),
    limb((0.0, 0.065), (0.0, 0.09), 0.052, SKIN),
    limb((-0.015, 0.035), (0.015, 0.035), 0.045, HAIR),
];

const PEOPLE: [Person; 3] = [
    Person { head: (110.0, 40.0), height: 260.0, lies: false },
    Person { head: (270.0, 80.0), height: 190.0, lies: false },
    Person { head: (370.0, 270.0), height: 230.0, lies: true },
];

/// The picture, packed blue, green, red.
pub(super) fn bgr() -> Vec<u8> {
    let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    pixels.flat_map(|(x, y)| pixel(x, y).map(|value| value.clamp(0.0, 255.0) as u8)).collect()
}

fn pixel(x: u32, y: u32) -> Colour {
    let at = (x as f32, y as f32);
    let mut colour = background(x, y);
    for person in &PEOPLE {
        let place = person.place(at);
        // Nobody is wider or taller.
        if place.0.abs() > 0.25 || !(-0.05..=1.05).contains(&place.1) {
            continue;
        }
        for limb in &BODY {
            let distance = limb.distance(place);
            // A pixel that the edge cuts has a part of both colours.
            let cover = ((limb.radius - distance) * person.height + 0.5).clamp(0.0, 1.0);
            let round = 1.0 - 0.25 * (distance / limb.radius).clamp(0.0, 1.0).powi(2);
            let light = round - 0.12 * (place.0 / 0.2).clamp(-1.0, 1.0);
            for (value, painted) in colour.iter_mut().zip(limb.colour) {
                *value += (painted * light - *value) * cover;
            }
        }
    }
    colour
}

/// A wall, and a floor of tiles.
fn background(x: u32, y: u32) -> Colour {
    let depth = y as f32;
    if depth < 0.45 * HEIGHT as f32 {
        let wall = 200.0 - 0.25 * depth;
        return [wall - 10.0, wall, wall - 5.0];
    }
    let tile = if (x / 40 + y / 30).is_multiple_of(2) { -8.0 } else { 0.0 };
    let floor = 110.0 + 0.12 * depth + tile;
    [floor, floor + 4.0, floor + 8.0]
}

impl Person {
    /// A point of the picture in shares of the person's height, as if they stood.
    fn place(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let (right, down) = ((x - self.head.0) / self.height, (y - self.head.1) / self.height);
        if self.lies { (down, right) } else { (right, down) }
    }
}

impl Limb {
    /// From a point to the line in the limb's middle.
    fn distance(&self, (x, y): (f32, f32)) -> f32 {
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let along = ((x - self.from.0) * dx + (y - self.from.1) * dy) / (dx * dx + dy * dy);
        let along = along.clamp(0.0, 1.0);
        (x - self.from.0 - along * dx).hypot(y - self.from.1 - along * dy)
    }
}
