//! Streets drawn from a seed, with a sensor's noise.

use super::*;

pub(super) const WIDTH: usize = 320;
pub(super) const HEIGHT: usize = 180;

/// What the camera sees of a street is cut out of this much.
const WORLD: usize = 400;

/// A grey picture in packed BGR.
#[derive(Clone)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bgr: Arc<[u8]>,
}

impl Picture {
    fn of(levels: &[f32]) -> Self {
        let bgr = levels.iter().flat_map(|level| [level.round().clamp(0.0, 255.0) as u8; 3]).collect();
        Self { width: WIDTH as u32, height: HEIGHT as u32, bgr }
    }

    /// The picture with other levels, made of position and old level.
    pub(super) fn map(&self, level: impl Fn(usize, usize, f32) -> f32) -> Self {
        let width = self.width as usize;
        let mut bgr = self.bgr.to_vec();
        for (n, byte) in bgr.iter_mut().enumerate() {
            *byte = level(n / 3 % width, n / 3 / width, f32::from(*byte)).round().clamp(0.0, 255.0) as u8;
        }
        Self { bgr: bgr.into(), ..*self }
    }

    /// The left part of the picture.
    pub(super) fn cropped(&self, width: usize) -> Self {
        let rows = self.bgr.chunks(self.width as usize * 3);
        Self {
            width: width as u32,
            height: self.height,
            bgr: rows.flat_map(|row| &row[..width * 3]).copied().collect(),
        }
    }

    /// A box blur.
    pub(super) fn blurred(&self, radius: usize) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let rows = (0..height * 3).map(|n| n / 3 * width * 3 + n % 3);
        let across = averaged(&self.bgr, rows, (width, 3), radius);
        let both = averaged(&across, 0..width * 3, (height, width * 3), radius);
        Self { bgr: both.into(), ..*self }
    }

    pub(super) fn with_noise(&self, noise: Vec<f32>) -> Self {
        self.map(|x, y, level| level + noise[y * WIDTH + x])
    }

    /// The picture with a line of large digits at its top that changes every second, as cameras write it.
    pub(super) fn with_clock(&self, at_s: f64) -> Self {
        let now = at_s as usize;
        self.map(|x, y, level| {
            let written = (4..16).contains(&y)
                && (8..150).contains(&x)
                && (x / 3 * 7 + y / 3 * 5 + now).is_multiple_of(3);
            if written { 250.0 } else { level }
        })
    }
}

/// Running means of `bytes` along lines that begin at `starts` and have so many points at such a distance.
fn averaged(
    bytes: &[u8],
    starts: impl Iterator<Item = usize>,
    (count, distance): (usize, usize),
    radius: usize,
) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for start in starts {
        let at = |n: usize| start + n * distance;
        let (mut sum, mut within) = (0, 0);
        for n in 0..count + radius {
            if n < count {
                sum += u32::from(bytes[at(n)]);
                within += 1;
            }
            if n > 2 * radius {
                sum -= u32::from(bytes[at(n - 2 * radius - 1)]);
                within -= 1;
            }
            if n >= radius {
                out[at(n - radius)] = (sum / within) as u8;
            }
        }
    }
    out
}

/// A street: sky, houses with windows, and ground with marks.
pub(super) struct Street {
    day: Vec<f32>,
    infrared: Vec<f32>,
    lamps: Vec<(usize, usize)>,
    /// So far the camera is turned to the side, in pixels.
    pub(super) pan: usize,
    noise: Vec<f32>,
    pub(super) random: StdRng,
}

impl Street {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut day: Vec<f32> = (0..WORLD * HEIGHT).map(|n| 200.0 - 0.5 * (n / WORLD) as f32).collect();
        let mut infrared = day.iter().map(|level| level * 0.4).collect::<Vec<_>>();
        // Large things first: houses, then windows and doors, then marks on the ground.
        for (count, width, height, from) in [(14, 70, 90, 0.15), (90, 14, 16, 0.2), (70, 40, 4, 0.55)] {
            for _ in 0..count {
                let (w, h) =
                    (random.random_range(width / 2..width), random.random_range(height / 2..=height));
                let x = random.random_range(0..WORLD - w);
                let y = random.random_range((HEIGHT as f32 * from) as usize..HEIGHT - h.min(HEIGHT / 2));
                let (by_day, by_night) = (random.random_range(30.0..220.0), random.random_range(20.0..200.0));
                for y in y..(y + h).min(HEIGHT) {
                    day[y * WORLD + x..][..w].fill(by_day);
                    infrared[y * WORLD + x..][..w].fill(0.6 * by_day + 0.4 * by_night);
                }
            }
        }
        let lamps = (0..5).map(|n| (30 + n * 70, random.random_range(30..70))).collect();
        let noise = (0..(1 << 16) + WIDTH * HEIGHT)
            .map(|_| (0..4).map(|_| random.random_range(-0.866..0.866_f32)).sum())
            .collect();
        Self { day, infrared, lamps, pan: 0, noise, random }
    }

    /// Noise of that standard deviation, for every pixel of a picture.
    pub(super) fn noise(&mut self, deviation: f32) -> Vec<f32> {
        let from = self.random.random_range(0..1 << 16);
        self.noise[from..][..WIDTH * HEIGHT].iter().map(|value| value * deviation).collect()
    }

    fn drawn(&mut self, infrared: bool, noise: f32, level: impl Fn(usize, usize, f32) -> f32) -> Picture {
        let mut levels = self.noise(noise);
        let world = if infrared { &self.infrared } else { &self.day };
        for (n, pixel) in levels.iter_mut().enumerate() {
            let (x, y) = (n % WIDTH, n / WIDTH);
            *pixel += level(x, y, world[y * WORLD + x + self.pan]);
        }
        Picture::of(&levels)
    }

    /// The street by day.
    pub(super) fn picture(&mut self, noise: f32) -> Picture {
        self.drawn(false, noise, |_, _, level| level)
    }

    /// The street by infrared light: other greys, and most of the light in the middle.
    pub(super) fn by_infrared(&mut self, noise: f32) -> Picture {
        self.drawn(true, noise, |x, y, level| {
            let (x, y) = (x as f32 / WIDTH as f32 - 0.5, y as f32 / HEIGHT as f32 - 0.5);
            level * (1.0 - 1.4 * (x * x + y * y))
        })
    }

    /// The street with this part of the day's light, and its lamps lit.
    pub(super) fn at_night(&mut self, light: f32, noise: f32) -> Picture {
        let lamps = self.lamps.clone();
        self.drawn(false, noise, |x, y, level| {
            let lamp = |(at_x, at_y): &(usize, usize)| {
                let square = (x.abs_diff(*at_x).pow(2) + y.abs_diff(*at_y).pow(2)) as f32;
                if square < 7.0 { 240.0 } else { 300.0 / square }
            };
            level * light + lamps.iter().map(lamp).sum::<f32>()
        })
    }

    /// No street: only levels across the picture, whose width is 1.
    pub(super) fn flat(&mut self, noise: f32, level: impl Fn(f32) -> f32) -> Picture {
        self.drawn(false, noise, |x, _, _| level(x as f32 / WIDTH as f32))
    }
}

/// Puts boxes of about a person's size on a picture: x, y, width, height, level.
pub(super) fn with_boxes(picture: &Picture, boxes: &[(usize, usize, usize, usize, u8)]) -> Picture {
    let width = picture.width as usize;
    let mut bgr = picture.bgr.to_vec();
    for (left, top, w, h, level) in boxes {
        for y in *top..(top + h).min(picture.height as usize) {
            for x in *left..(left + w).min(width) {
                // Clothes are not even.
                let level = level.saturating_add(((x / 3 + y / 5) % 2 * 30) as u8);
                bgr[(y * width + x) * 3..][..3].fill(level);
            }
        }
    }
    Picture { bgr: bgr.into(), ..*picture }
}
