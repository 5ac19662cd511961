use proptest::prelude::*;

use super::*;
use crate::ground::testing::{Mast, PICTURE, Thing};

/// A mast, and a place that it sees between 12° and 40° below the horizon.
fn scene() -> impl Strategy<Value = (Mast, [f64; 2])> {
    (3.0f64..6.0, 0.21f64..0.7, 1.2f64..2.0, -0.25f64..0.25, -0.1f64..0.1).prop_map(
        |(height, down, focal, aside, off)| {
            let ahead = height / down.tan();
            (Mast { height, tilt: down + off, focal }, [aside * ahead, ahead])
        },
    )
}

fn footprint(mast: &Mast, at: [f64; 2], thing: &Thing) -> Footprint {
    mast.calibration(at).footprint(&mast.sees(thing), PICTURE).unwrap()
}

proptest! {
    /// What the camera's own geometry says, against what is told from the homography alone.
    #[test]
    fn the_angle_and_the_scale_are_those_of_the_camera((mast, at) in scene()) {
        let calibration = mast.calibration(at);
        let pole = Thing { at, turn: 0.0, size: [0.01, 0.01, 0.5] };
        let seen = mast.sees(&pole);
        let foot = (seen.center().0, seen.y2);
        let scale = calibration.scale_at(foot, PICTURE).unwrap();
        let down = (mast.height / at[0].hypot(at[1])).atan().sin();
        prop_assert!((scale.sine_down / down - 1.0).abs() < 0.12, "{} for {down}", scale.sine_down);
        let rises = scale.rises(f64::from(seen.height()));
        prop_assert!((rises / 0.5 - 1.0).abs() < 0.15, "{rises} m for half a metre");
    }

    #[test]
    fn somebody_who_lies_covers_their_length_whichever_way(
        (mast, at) in scene(), turn in 0f64..6.3, length in 1.45f64..1.9
    ) {
        let person = Thing { at, turn, size: [length, 0.45, 0.25] };
        let seen = footprint(&mast, at, &person);
        // At 45° to the picture the box is a square in which they are the diagonal.
        prop_assert!(seen.length() > 0.62 * length, "{seen:?}");
        prop_assert!((0.9..=2.2).contains(&seen.length()) && seen.diagonal() <= 2.7, "{seen:?}");
    }

    #[test]
    fn who_stands_covers_more_ground_than_anybody_who_lies((mast, at) in scene(), turn in 0f64..6.3) {
        prop_assume!(mast.height / at[0].hypot(at[1]) < 0.45);
        let person = Thing { at, turn, size: [0.45, 0.3, 1.7] };
        prop_assert!(footprint(&mast, at, &person).along > 2.5);
    }
}

#[test]
fn what_reaches_the_horizon_does_not_lie() {
    let (mast, at) = (Mast { height: 4.0, tilt: 0.2, focal: 1.0 }, [0.0, 12.0]);
    let calibration = mast.calibration(at);
    assert_eq!(calibration.footprint(&Rect::new(300.0, 20.0, 340.0, 300.0), PICTURE), None);
    assert!(calibration.footprint(&Rect::new(300.0, 200.0, 340.0, 300.0), PICTURE).is_some());
}
