use proptest::prelude::*;

use super::*;

/// A camera on a mast, as a known homography: `height` metres up, looking down by `tilt`, turned by `turn`.
#[derive(Clone, Copy, Debug)]
struct Mast {
    height: f64,
    tilt: f64,
    turn: f64,
    focal: f64,
}

impl Mast {
    /// Where a point of the picture lies on the ground: the ray through it, cut with the plane.
    fn ground(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (right, down) = ((x - 0.5) * 16.0 / 9.0 / self.focal, (y - 0.5) / self.focal);
        let (sine, cosine) = self.tilt.sin_cos();
        let (forward, falls) = (cosine - down * sine, sine + down * cosine);
        let (ahead, aside) = (self.height * forward / falls, self.height * right / falls);
        let (sine, cosine) = self.turn.sin_cos();
        [aside * cosine - ahead * sine + 7.0, aside * sine + ahead * cosine - 3.0]
    }

    fn points(&self, picture: &[[f64; 2]]) -> Vec<GroundPoint> {
        picture.iter().map(|p| GroundPoint { picture: *p, ground: self.ground(*p) }).collect()
    }
}

fn mast() -> impl Strategy<Value = Mast> {
    // Even the top edge of the picture looks at the ground, and not beyond 90 m.
    (2.5f64..12.0, 0.65f64..1.4, 0f64..6.3, 0.9f64..2.0).prop_map(|(height, tilt, turn, focal)| Mast {
        height,
        tilt,
        turn,
        focal,
    })
}

/// Four corners, each within a tenth of the picture from its place, so that no three are near one line.
fn quad() -> impl Strategy<Value = Vec<[f64; 2]>> {
    prop::collection::vec(prop::array::uniform2(-0.1f64..0.1), 4).prop_map(|away| {
        let corners = [[0.2, 0.3], [0.8, 0.3], [0.85, 0.85], [0.15, 0.85]];
        corners.iter().zip(away).map(|(c, a)| [c[0] + a[0], c[1] + a[1]]).collect()
    })
}

fn apart([a, b]: [f64; 2], [c, d]: [f64; 2]) -> f64 {
    (a - c).hypot(b - d)
}

proptest! {
    #[test]
    fn a_known_homography_comes_back(mast in mast(), quad in quad(), seen in prop::array::uniform2(0.05f64..0.95)) {
        let calibration = Calibration::fit(&mast.points(&quad)).unwrap();
        let ground = calibration.to_ground(seen).unwrap();
        prop_assert!(apart(ground, mast.ground(seen)) < 1e-6, "{ground:?} for {:?}", mast.ground(seen));
        prop_assert!(apart(calibration.to_picture(ground).unwrap(), seen) < 1e-9);
        prop_assert!(calibration.error_metres() < 1e-6);
    }

    #[test]
    fn more_points_say_the_same_in_any_order(mast in mast(), quad in quad(), more in prop::collection::vec(prop::array::uniform2(0.1f64..0.9), 1..20)) {
        let mut all: Vec<_> = more.into_iter().chain(quad).collect();
        all.sort_by(|a, b| a[1].total_cmp(&b[1]));
        let calibration = Calibration::fit(&mast.points(&all)).unwrap();
        prop_assert!(apart(calibration.to_ground([0.5, 0.5]).unwrap(), mast.ground([0.5, 0.5])) < 1e-6);
        prop_assert!(calibration.error_metres() < 1e-6);
    }

    #[test]
    fn points_on_a_line_are_refused(mast in mast(), along in prop::array::uniform3(0f64..1.0), aside in prop::array::uniform2(0.1f64..0.9)) {
        // Three of four, and all of them.
        let line = along.map(|t| [0.1 + 0.8 * t, 0.8 - 0.5 * t]);
        let three: Vec<_> = line.into_iter().chain([aside]).collect();
        prop_assert_eq!(Calibration::fit(&mast.points(&three)), Err(CalibrationError::Collinear));
        let all: Vec<_> = line.into_iter().chain([[0.5, 0.55]]).collect();
        prop_assert_eq!(Calibration::fit(&mast.points(&all)), Err(CalibrationError::Collinear));
    }

    #[test]
    fn two_points_swapped_are_refused(mast in mast(), quad in quad(), first in 0usize..4) {
        let mut points = mast.points(&quad);
        let ground = points[first].ground;
        points[first].ground = points[(first + 1) % 4].ground;
        points[(first + 1) % 4].ground = ground;
        prop_assert_eq!(Calibration::fit(&points), Err(CalibrationError::Crossed));
    }

    #[test]
    fn a_point_out_of_place_shows_in_the_error(mast in mast(), quad in quad(), off in 0.3f64..1.0) {
        let mut points = mast.points(&quad);
        points.extend(mast.points(&[[0.5, 0.5], [0.4, 0.7]]));
        points[4].ground[0] += off;
        // What is far off may look crossed, and is refused then.
        if let Ok(calibration) = Calibration::fit(&points) {
            prop_assert!(calibration.error_metres() > 0.02 * off, "{}", calibration.error_metres());
        }
    }
}

fn square(metres: f64) -> Vec<GroundPoint> {
    let corners = [[0.3, 0.3], [0.7, 0.3], [0.9, 0.9], [0.1, 0.9]];
    let ground = [[0.0, metres], [metres, metres], [metres, 0.0], [0.0, 0.0]];
    corners.iter().zip(ground).map(|(picture, ground)| GroundPoint { picture: *picture, ground }).collect()
}

#[test]
fn a_zone_has_its_area_and_how_sure_it_is() {
    let calibration = Calibration::fit(&square(10.0)).unwrap();
    let zone = Zone::new(&[[0.3, 0.3], [0.7, 0.3], [0.9, 0.9], [0.1, 0.9]]).unwrap();
    let area = calibration.area(&zone).unwrap();
    assert!((area.square_metres - 100.0).abs() < 1e-6, "{area:?}");
    // Two pixels at each corner are one or two hundredths of the area.
    assert!((0.5..4.0).contains(&area.error), "{area:?}");
    let half = Zone::new(&[[0.3, 0.3], [0.9, 0.9], [0.1, 0.9]]).unwrap();
    assert!((calibration.area(&half).unwrap().square_metres - 50.0).abs() < 1e-6);
}

#[test]
fn the_sky_is_no_ground() {
    let calibration = Calibration::fit(&square(10.0)).unwrap();
    // The sides of the square meet at the horizon, at y = -0.3: nothing of this picture is above it. Nearer to it
    // they are with the upper corners close together.
    assert!(calibration.to_ground([0.5, 0.0]).is_some());
    let mut steep = square(10.0);
    (steep[0].picture, steep[1].picture) = ([0.45, 0.3], [0.55, 0.3]);
    let calibration = Calibration::fit(&steep).unwrap();
    assert_eq!(calibration.to_ground([0.5, 0.1]), None);
    assert_eq!(calibration.area(&Zone::whole_picture()), Err(CalibrationError::BeyondHorizon));
}

#[test]
fn what_is_no_set_of_points_is_refused() {
    let fit = |points: &[GroundPoint]| Calibration::fit(points).unwrap_err();
    let points = square(10.0);
    assert_eq!(fit(&points[..3]), CalibrationError::TooFewPoints { found: 3 });
    assert_eq!(fit(&points.repeat(17)), CalibrationError::TooManyPoints { found: 68 });
    assert_eq!(fit(&[points[0]; 4]), CalibrationError::Collinear);
    let mut odd = points.clone();
    odd[2].ground[1] = f64::NAN;
    assert_eq!(fit(&odd), CalibrationError::NoNumber { point: 3 });
}
