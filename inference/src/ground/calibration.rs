//! From the picture to the ground: a homography fitted to points whose place on the ground is known.
//!
//! The direct linear transform: each point gives two linear equations in the nine entries of the matrix, and the
//! matrix is the unit vector that fulfils all of them best. Both sides are first moved and scaled to a mean distance of
//! √2 from the origin, without which the equations would be of very unequal weight.

use geo::Area as _;

use super::zone::{Zone, polygon};

/// A point of the ground that was found in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroundPoint {
    /// Where it is seen, in shares of the picture's width and height.
    pub picture: [f64; 2],
    /// Where it is on the ground, in metres from any fixed place, along any two axes at right angles.
    pub ground: [f64; 2],
}

/// What turns points of the picture that lie on the ground into metres.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    to_ground: Matrix,
    to_picture: Matrix,
    points: Vec<GroundPoint>,
}

/// How large a zone is on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// In square metres.
    pub square_metres: f64,
    /// By how much that is uncertain, in square metres (one standard deviation), when each point was clicked with an
    /// error of [`Calibration::CLICK`].
    pub error: f64,
}

/// Why points make no calibration.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// Fewer than four.
    #[error("a calibration takes four points or more, not {found}")]
    TooFewPoints {
        /// How many there are.
        found: usize,
    },
    /// More than anybody clicks.
    #[error("a calibration takes {} points at most, not {found}", Calibration::POINTS_MAX)]
    TooManyPoints {
        /// How many there are.
        found: usize,
    },
    /// A coordinate that is no number.
    #[error("point {point} has a coordinate that is no number")]
    NoNumber {
        /// Which point, counted from 1.
        point: usize,
    },
    /// The points leave the plane open: too many of them lie on one line, or coincide.
    #[error("too many points lie on one line; no three of four may")]
    Collinear,
    /// No camera sees these ground points so: two were swapped, or the ground is not flat.
    #[error(
        "the points are crossed: in the picture they lie round each other in another way than on the ground"
    )]
    Crossed,
    /// A part of the zone lies at or above the horizon.
    #[error("a part of the zone is no ground: it reaches the horizon")]
    BeyondHorizon,
}

type Matrix = [[f64; 3]; 3];

/// Least ratio of the second smallest to the largest eigenvalue of the equations. Below it, points that were meant to
/// be apart are within a thousandth or so of one line.
const RANK_MIN: f64 = 1e-7;

impl Calibration {
    /// The most points that are taken.
    pub const POINTS_MAX: usize = 64;

    /// How far from the true place somebody clicks, as a share of the picture: 2 pixels of 640.
    pub const CLICK: f64 = 0.003;

    /// Fits the ground to four or more points; more than four are balanced by least squares.
    ///
    /// # Errors
    /// When they are too few, lie on a line, or are crossed.
    pub fn fit(points: &[GroundPoint]) -> Result<Self, CalibrationError> {
        match points.len() {
            found @ 0..4 => return Err(CalibrationError::TooFewPoints { found }),
            found if found > Self::POINTS_MAX => return Err(CalibrationError::TooManyPoints { found }),
            _ => {}
        }
        let finite = |p: &GroundPoint| p.picture.iter().chain(&p.ground).all(|value| value.is_finite());
        if let Some(odd) = points.iter().position(|p| !finite(p)) {
            return Err(CalibrationError::NoNumber { point: odd + 1 });
        }
        let picture = normaliser(points.iter().map(|p| p.picture)).ok_or(CalibrationError::Collinear)?;
        let ground = normaliser(points.iter().map(|p| p.ground)).ok_or(CalibrationError::Collinear)?;
        let fitted = direct_linear_transform(points, &picture, &ground)?;
        let ground_back = inverse(&ground).ok_or(CalibrationError::Collinear)?;
        let mut to_ground = product(&ground_back, &product(&fitted, &picture));

        // The points are all in front of the camera, so they all have the same sign; we make it plus.
        let sign = depth(&to_ground, points[0].picture).signum();
        to_ground.iter_mut().flatten().for_each(|entry| *entry *= sign);
        if points.iter().any(|p| depth(&to_ground, p.picture) <= 0.0) {
            return Err(CalibrationError::Crossed);
        }
        let to_picture = inverse(&to_ground).ok_or(CalibrationError::Collinear)?;
        Ok(Self { to_ground, to_picture, points: points.to_vec() })
    }

    /// Where on the ground, in metres, a point of the picture (in shares) lies. None at the horizon and above it.
    pub fn to_ground(&self, picture: [f64; 2]) -> Option<[f64; 2]> {
        (depth(&self.to_ground, picture) > 0.0).then(|| project(&self.to_ground, picture))
    }

    /// Where in the picture, in shares, a point of the ground (in metres) is seen. None behind the camera.
    pub fn to_picture(&self, ground: [f64; 2]) -> Option<[f64; 2]> {
        let picture = project(&self.to_picture, ground);
        // The way back shows on which side of the camera it is.
        (depth(&self.to_ground, picture) > 0.0).then_some(picture)
    }

    /// How far the points come to lie from where they are known to be, in metres: the root of the mean square. Always
    /// near zero for four points, which any matrix can fit: only a fifth one tells.
    pub fn error_metres(&self) -> f64 {
        let squares = self.points.iter().map(|p| {
            let [x, y] = project(&self.to_ground, p.picture);
            (x - p.ground[0]).powi(2) + (y - p.ground[1]).powi(2)
        });
        (squares.sum::<f64>() / self.points.len() as f64).sqrt()
    }

    /// How large a zone is on the ground.
    ///
    /// # Errors
    /// When a part of it is no ground.
    pub fn area(&self, zone: &Zone) -> Result<Area, CalibrationError> {
        let square_metres = self.square_metres(zone)?;
        let mut variance = 0.0;
        for (i, axis) in (0..self.points.len()).flat_map(|i| [(i, 0), (i, 1)]) {
            let mut moved = self.points.clone();
            moved[i].picture[axis] += Self::CLICK;
            // A zone that such a slip of the hand moves beyond the horizon can be of any size.
            let other = Self::fit(&moved).and_then(|moved| moved.square_metres(zone));
            variance += other.map_or(f64::INFINITY, |other| (other - square_metres).powi(2));
        }
        Ok(Area { square_metres, error: variance.sqrt() })
    }

    /// The corners of a zone on the ground, in metres.
    pub(crate) fn corners(&self, zone: &Zone) -> Result<Vec<[f64; 2]>, CalibrationError> {
        zone.corners().map(|c| self.to_ground(c).ok_or(CalibrationError::BeyondHorizon)).collect()
    }

    fn square_metres(&self, zone: &Zone) -> Result<f64, CalibrationError> {
        Ok(polygon(&self.corners(zone)?).unsigned_area())
    }
}

/// The matrix between the normalised points that fulfils their equations best.
fn direct_linear_transform(
    points: &[GroundPoint],
    picture: &Matrix,
    ground: &Matrix,
) -> Result<Matrix, CalibrationError> {
    // AᵀA of the equations A·h = 0: its eigenvector of the least eigenvalue is the h of the least squares.
    let mut squares = [[0.0; 9]; 9];
    for point in points {
        let ([x, y], [u, v]) = (project(picture, point.picture), project(ground, point.ground));
        for equation in
            [[-x, -y, -1.0, 0.0, 0.0, 0.0, u * x, u * y, u], [0.0, 0.0, 0.0, -x, -y, -1.0, v * x, v * y, v]]
        {
            for (row, a) in squares.iter_mut().zip(equation) {
                for (entry, b) in row.iter_mut().zip(equation) {
                    *entry += a * b;
                }
            }
        }
    }
    let mut pairs = eigen(squares);
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    if pairs[1].0 < RANK_MIN * pairs[8].0 {
        return Err(CalibrationError::Collinear);
    }
    let h = pairs[0].1;
    Ok([[h[0], h[1], h[2]], [h[3], h[4], h[5]], [h[6], h[7], h[8]]])
}

/// Moves points to a mean of zero and a mean distance of √2. None when all are one.
fn normaliser(points: impl Iterator<Item = [f64; 2]> + Clone) -> Option<Matrix> {
    let count = points.clone().count() as f64;
    let (sx, sy) = points.clone().fold((0.0, 0.0), |(sx, sy), [x, y]| (sx + x, sy + y));
    let (mx, my) = (sx / count, sy / count);
    let distance = points.map(|[x, y]| (x - mx).hypot(y - my)).sum::<f64>() / count;
    let scale = std::f64::consts::SQRT_2 / distance;
    scale.is_finite().then_some([[scale, 0.0, -scale * mx], [0.0, scale, -scale * my], [0.0, 0.0, 1.0]])
}

/// All eigenvalues of a symmetric matrix with their unit vectors, by Jacobi's rotations: each makes one entry beside
/// the diagonal zero, and in a few rounds all of them stay so.
fn eigen<const N: usize>(mut a: [[f64; N]; N]) -> [(f64, [f64; N]); N] {
    const ROUNDS_MAX: usize = 50;
    // Row k becomes the k-th vector.
    let mut vectors: [[f64; N]; N] = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(i == j)));
    for _ in 0..ROUNDS_MAX {
        let mut rotated = false;
        for (p, q) in (0..N).flat_map(|p| (p + 1..N).map(move |q| (p, q))) {
            if a[p][q].abs() <= f64::EPSILON * f64::EPSILON * (a[p][p].abs() + a[q][q].abs()) {
                continue;
            }
            rotated = true;
            let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
            let tangent = 1.0f64.copysign(theta) / (theta.abs() + theta.hypot(1.0));
            let cosine = 1.0 / tangent.hypot(1.0);
            let sine = tangent * cosine;
            for row in &mut a {
                (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
            }
            for matrix in [&mut a, &mut vectors] {
                let (upper, lower) = matrix.split_at_mut(q);
                for (up, low) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*up, *low) = (cosine * *up - sine * *low, sine * *up + cosine * *low);
                }
            }
        }
        if !rotated {
            break;
        }
    }
    std::array::from_fn(|k| (a[k][k], vectors[k]))
}

fn project(m: &Matrix, [x, y]: [f64; 2]) -> [f64; 2] {
    let row = |i: usize| m[i][0] * x + m[i][1] * y + m[i][2];
    [row(0) / row(2), row(1) / row(2)]
}

/// Positive in front of the horizon, zero on it.
fn depth(m: &Matrix, [x, y]: [f64; 2]) -> f64 {
    m[2][0] * x + m[2][1] * y + m[2][2]
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

/// By cofactors. None where there is none.
fn inverse(m: &Matrix) -> Option<Matrix> {
    let cofactor = |i: usize, j: usize| {
        let (r1, r2, c1, c2) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|j| m[0][j] * cofactor(0, j)).sum();
    let inverted: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| cofactor(j, i) / determinant));
    inverted.iter().flatten().all(|entry| entry.is_finite()).then_some(inverted)
}

#[cfg(test)]
mod tests;
