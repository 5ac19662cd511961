//! What one picture says of a camera's sight: how dark it is, how sharp, and where its edges run.
//!
//! All of it is measured on samples: the mean luma of n pixels of every n-th row, n chosen
//! so that the longer side has at most 128 of them. The rows at the top and the bottom are left out, because cameras
//! write their name and clock there: those stay sharp and in place whatever the lens sees.

use crate::frame::{Frame, Plane};

/// The longer side has at most this many samples.
const SAMPLES_MAX: usize = 128;

/// A ninth of the picture's height is left out at the top, and another at the bottom.
const MARGIN: usize = 9;

/// The cells in which edges are summed up: each about 20 pixels of 640 wide and high.
const COLUMNS: usize = 32;
const ROWS: usize = 15;
const CELLS: usize = COLUMNS * ROWS;

/// The regions that are compared with each other: 8 × 5 cells, four by three of them in a picture.
const REGION: (usize, usize) = (8, 5);

/// Slopes up to this steep (levels from one sample to the next) are taken for noise and compression.
const NOISE: f32 = 6.0;

/// A cell has an edge if its slopes are on average so much steeper than noise.
const EDGE: f32 = 0.5;

/// Sharpness is measured where the level changes by this much across two samples.
const SLOPE: u16 = 12;

/// Of fewer samples with a slope than one in this many, no sharpness is told.
const SLOPES_MIN: usize = 200;

/// A region has structure if its cells hold this much of it together.
const STRUCTURE: f32 = 3.0;

/// The measures of one picture.
pub(super) struct View {
    /// The same for two pictures only if they are the same, sample by sample, margins included.
    pub(super) fingerprint: u64,
    /// The mean level, 0 to 255.
    pub(super) level: f32,
    /// The standard deviation of the cells' mean levels, less what noise within the cells makes of it.
    pub(super) spread: f32,
    /// The share of cells with an edge.
    pub(super) textured: f32,
    /// How sharp the picture's slopes are, 0 to 2; none where it has hardly any.
    pub(super) sharpness: Option<f32>,
    /// Where its edges run, and which way.
    pub(super) edges: Edges,
}

impl View {
    /// Measures a picture; none if it is too small to judge.
    pub(super) fn of(frame: &Frame) -> Option<Self> {
        let samples = Samples::of(frame)?;
        let mut cells = vec![Cell::default(); CELLS];
        let mut slopes = Slopes::default();
        let (top, bottom) = samples.inner();
        // Per sample of one row: twice the edge's direction as a vector, and its strength.
        let mut row = vec![[0.0_f32; 3]; samples.width];
        for y in top..bottom {
            samples.edges(y, &mut row);
            let levels = samples.row(y);
            slopes.add(levels);
            let cells = &mut cells[(y - top) * ROWS / (bottom - top) * COLUMNS..][..COLUMNS];
            for (column, cell) in cells.iter_mut().enumerate() {
                let span = column * samples.width / COLUMNS..(column + 1) * samples.width / COLUMNS;
                cell.add(&row[span.clone()], &levels[span]);
            }
        }
        let mean = |value: &dyn Fn(&Cell) -> f32| cells.iter().map(value).sum::<f32>() / CELLS as f32;
        let level = mean(&Cell::mean);
        let between = mean(&|cell| (cell.mean() - level).powi(2));
        let by_noise = mean(&|cell| cell.variance() / cell.samples);
        let count = samples.width * (bottom - top);
        let textured = cells.iter().filter(|cell| cell.edge[2] >= EDGE * cell.samples).count();
        Some(Self {
            fingerprint: samples.fingerprint(),
            level,
            spread: (between - by_noise).max(0.0).sqrt(),
            textured: textured as f32 / CELLS as f32,
            sharpness: slopes.sharpness(count),
            edges: Edges(cells.iter().map(Cell::compressed).collect()),
        })
    }
}

/// The sampled levels of a picture.
struct Samples {
    width: usize,
    height: usize,
    levels: Vec<u8>,
}

impl Samples {
    fn of(frame: &Frame) -> Option<Self> {
        let [luma, ..] = frame.planes();
        let Plane { width, height, .. } = luma;
        let step = width.max(height).div_ceil(SAMPLES_MAX).max(1);
        let size = (width / step, height / step);
        // Each cell must have some.
        if size.0 < 2 * COLUMNS || size.1 < 2 * ROWS {
            return None;
        }
        let mut levels = Vec::with_capacity(size.0 * size.1);
        for y in 0..size.1 {
            // The mean along the row takes part of the noise away.
            let row = &luma.row(y * step + step / 2)[..size.0 * step];
            levels.extend(row.chunks_exact(step).map(|pixels| {
                let sum: u32 = pixels.iter().map(|luma| u32::from(*luma)).sum();
                frame.colour.level((sum / step as u32) as u8) as u8
            }));
        }
        Some(Self { width: size.0, height: size.1, levels })
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.levels[y * self.width..][..self.width]
    }

    /// The rows that are judged: from the first up to, not including, the second.
    fn inner(&self) -> (usize, usize) {
        let margin = self.height / MARGIN;
        (margin, self.height - margin)
    }

    /// The edge at each sample of row `y`, as a vector whose angle is twice that of the slope, and its strength.
    ///
    /// Twice the angle, because then it does not matter which side is the brighter one (Granlund 1978, "In search of
    /// a general picture processing operator"): lamps and infrared light turn many an edge round.
    fn edges(&self, y: usize, into: &mut [[f32; 3]]) {
        let (above, here, below) = (self.row(y - 1), self.row(y), self.row(y + 1));
        let across = here.iter().zip(&here[2..]);
        let along = above[1..].iter().zip(&below[1..]);
        for ((edge, (left, right)), (up, down)) in into[1..].iter_mut().zip(across).zip(along) {
            let x = (f32::from(*right) - f32::from(*left)) / 2.0;
            let y = (f32::from(*down) - f32::from(*up)) / 2.0;
            let square = x * x + y * y;
            let strength = (square.sqrt() - NOISE).max(0.0);
            let scale = strength / square.max(1.0);
            *edge = [(x * x - y * y) * scale, 2.0 * x * y * scale, strength];
        }
    }

    /// A number made of all samples.
    fn fingerprint(&self) -> u64 {
        self.levels.chunks(8).fold(self.levels.len() as u64, |hash, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            // An odd factor, and the high bits, which it mixes best, back to the low ones.
            (hash.rotate_left(29) ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        })
    }
}

/// How levels change along rows.
#[derive(Default)]
struct Slopes {
    count: usize,
    climb: u32,
    bend: u32,
}

impl Slopes {
    fn add(&mut self, row: &[u8]) {
        for ((left, here), right) in row.iter().zip(&row[1..]).zip(&row[2..]) {
            let climb = u16::from(left.abs_diff(*right));
            let bend = (u16::from(*left) + u16::from(*right)).abs_diff(2 * u16::from(*here));
            let steep = u32::from(climb >= SLOPE);
            self.count += steep as usize;
            self.climb += steep * u32::from(climb);
            self.bend += steep * u32::from(bend);
        }
    }

    /// Σ|second difference| / Σ|first difference| over the samples with a slope.
    ///
    /// The second difference (the Laplacian) is the usual measure of focus (Pech-Pacheco et al. 2000); divided by the
    /// first it no longer depends on light and contrast. A step has 1, a slope that is even over many samples 0.
    fn sharpness(&self, samples: usize) -> Option<f32> {
        (self.count > samples / SLOPES_MIN).then(|| self.bend as f32 / self.climb as f32)
    }
}

/// Sums over the samples of one cell.
#[derive(Clone, Default)]
struct Cell {
    samples: f32,
    level: f32,
    level_squared: f32,
    edge: [f32; 3],
}

impl Cell {
    fn add(&mut self, edges: &[[f32; 3]], levels: &[u8]) {
        self.samples += levels.len() as f32;
        let levels = levels.iter().map(|level| u32::from(*level));
        self.level += levels.clone().sum::<u32>() as f32;
        self.level_squared += levels.map(|level| level * level).sum::<u32>() as f32;
        for edge in edges {
            self.edge.iter_mut().zip(edge).for_each(|(sum, value)| *sum += value);
        }
    }

    fn mean(&self) -> f32 {
        self.level / self.samples
    }

    fn variance(&self) -> f32 {
        (self.level_squared / self.samples - self.mean().powi(2)).max(0.0)
    }

    /// The mean edge, made to grow with the root of its strength only: one lamp must not outweigh a street.
    fn compressed(&self) -> [f32; 3] {
        let mean = self.edge.map(|sum| sum / self.samples);
        let scale = 1.0 / (mean[2] + 1.0).sqrt();
        mean.map(|value| value * scale)
    }
}

/// The edges of a picture, cell by cell: direction (a vector of twice the angle) and strength.
pub(super) struct Edges(Box<[[f32; 3]]>);

impl Edges {
    /// How well `other` agrees with this, -1 to 1; none if this has structure in fewer than three regions.
    ///
    /// It is the zero-mean normalised cross-correlation of each region that has structure here, and of those the upper
    /// quartile: people, cars and crowds hide many regions, but another view leaves none as it was.
    pub(super) fn agreement(&self, other: &Self) -> Option<f32> {
        let mut regions = Vec::with_capacity(CELLS / (REGION.0 * REGION.1));
        for top in (0..ROWS).step_by(REGION.1) {
            for left in (0..COLUMNS).step_by(REGION.0) {
                let cells =
                    (top..top + REGION.1).flat_map(|y| (left..left + REGION.0).map(move |x| y * COLUMNS + x));
                if cells.clone().map(|cell| self.0[cell][2]).sum::<f32>() >= STRUCTURE {
                    regions.push(correlation(cells.map(|cell| (self.0[cell], other.0[cell]))));
                }
            }
        }
        regions.sort_by(|a, b| b.total_cmp(a));
        (regions.len() >= 3).then(|| regions[regions.len() / 4])
    }

    /// Moves this towards `other`, by `weight` of the way.
    pub(super) fn approach(&mut self, other: &Self, weight: f32) {
        for (mine, its) in self.0.iter_mut().flatten().zip(other.0.iter().flatten()) {
            *mine += (its - *mine) * weight;
        }
    }
}

/// Σ(a-ā)(b-b̄) / √(Σ(a-ā)² Σ(b-b̄)²), each of the three numbers with its own mean; 0 where one side has nothing.
fn correlation(pairs: impl Iterator<Item = ([f32; 3], [f32; 3])> + Clone) -> f32 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    let count = pairs.clone().count() as f32;
    for n in 0..3 {
        let sums = pairs.clone().fold((0.0, 0.0), |sums, (a, b)| (sums.0 + a[n], sums.1 + b[n]));
        let means = (sums.0 / count, sums.1 / count);
        for (a, b) in pairs.clone() {
            let (a, b) = (a[n] - means.0, b[n] - means.1);
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
    }
    if aa * bb > 1e-6 { ab / (aa * bb).sqrt() } else { 0.0 }
}
