//! What happens before cameras every day, and is no blindness.

use super::{drawing::*, *};

/// Shows pictures on which a camera that knows the street must go on seeing.
fn harmless(seconds: f64, mut picture: impl FnMut(&mut Street, f64) -> Picture) {
    let mut street = Street::new(1);
    let mut camera = Camera::that_knows(&mut street);
    assert_eq!(camera.show(seconds, |at| picture(&mut street, at)), []);
    // Back to what it was: nothing was learned that should not have been.
    assert_eq!(camera.show(120.0, |_| street.picture(1.0)), []);
}

#[test]
fn a_quiet_street() {
    harmless(300.0, |street, _| street.picture(0.5));
}

#[test]
fn a_clock_in_a_picture_that_stands_still_otherwise() {
    let still = Street::new(1).picture(1.0);
    harmless(180.0, |_, at| still.with_clock(at));
}

#[test]
fn a_dim_street_with_lamps() {
    let mut street = Street::new(1);
    assert_eq!(Camera::new().show(300.0, |_| street.at_night(0.04, 3.0)), []);
    // Without lamps there is still some contrast.
    let dim = street.picture(0.0).map(|_, _, level| level * 0.06);
    assert_eq!(Camera::new().show(300.0, |_| dim.with_noise(street.noise(2.0))), []);
}

#[test]
fn people_who_walk_through() {
    harmless(300.0, |street, at| {
        let people: Vec<_> = (0..8)
            .map(|n| {
                (
                    (at as usize * (n + 3) + n * 57) % (WIDTH - 30),
                    60 + n * 10,
                    14 + n * 2,
                    40 + n * 6,
                    30 + n as u8 * 15,
                )
            })
            .collect();
        with_boxes(&street.picture(1.0), &people)
    });
}

#[test]
fn a_van_that_parks_in_view() {
    harmless(600.0, |street, _| with_boxes(&street.picture(1.0), &[(90, 60, 130, 100, 180)]));
}

#[test]
fn lights_that_go_off_and_on() {
    harmless(600.0, |street, at| {
        let light = if (at as usize / 100).is_multiple_of(2) { 0.25 } else { 1.0 };
        street.picture(0.0).map(|_, _, level| level * light).with_noise(street.noise(2.0))
    });
    harmless(600.0, |street, at| {
        if (at as usize / 100).is_multiple_of(2) { street.at_night(0.15, 2.0) } else { street.picture(1.0) }
    });
}

#[test]
fn a_power_cut() {
    harmless(300.0, |street, _| street.at_night(0.04, 2.0));
}

#[test]
fn dusk_and_the_night_after() {
    harmless(1200.0, |street, at| street.at_night((1.0 - at as f32 / 600.0).max(0.04), 2.0));
}

#[test]
fn the_change_to_infrared_and_back() {
    harmless(300.0, |street, _| street.by_infrared(3.0));
}

#[test]
fn a_crowd_that_fills_the_square() {
    harmless(600.0, |street, at| {
        let count = (at * 1.5).min(350.0) as usize;
        let crowd: Vec<_> = (0..count)
            .map(|_| {
                let y = street.random.random_range(60..HEIGHT - 20);
                (
                    street.random.random_range(0..WIDTH - 8),
                    y,
                    8,
                    12 + y / 8,
                    street.random.random_range(10..200),
                )
            })
            .collect();
        with_boxes(&street.picture(1.0), &crowd)
    });
}

#[test]
fn a_bare_square_where_only_people_have_edges() {
    let mut street = Street::new(1);
    let mut camera = Camera::new();
    let changes = camera.show(600.0, |_| {
        let people: Vec<_> = (0..60)
            .map(|_| {
                let (x, y) =
                    (street.random.random_range(0..WIDTH - 8), street.random.random_range(0..HEIGHT - 30));
                (x, y, 8, 26, 40)
            })
            .collect();
        with_boxes(&street.flat(1.0, |_| 180.0), &people)
    });
    assert_eq!(changes, []);
}

#[test]
fn a_view_that_changes_over_minutes() {
    let changed = Street::new(2).picture(0.0);
    let mut street = Street::new(1);
    let mut camera = Camera { every_s: 5.0, ..Camera::new() };
    // Whatever was learned in an hour, the last minutes count.
    assert_eq!(camera.show(3600.0, |_| street.picture(1.0)), []);
    let changes = camera.show(1200.0, |at| {
        let part = (at as f32 / 900.0).min(1.0);
        let of = |x: usize, y: usize| f32::from(changed.bgr[(y * WIDTH + x) * 3]);
        street.picture(1.0).map(|x, y, level| level + (of(x, y) - level) * part).with_noise(street.noise(1.0))
    });
    assert_eq!(changes, []);
}

#[test]
fn wind_that_shakes_the_pole() {
    harmless(300.0, |street, at| {
        street.pan = at as usize % 3;
        let picture = street.picture(1.0);
        street.pan = 0;
        picture
    });
}

#[test]
fn a_blip_of_a_few_seconds() {
    let mut other = Street::new(2);
    harmless(300.0, |street, at| match at as usize % 50 {
        0..8 if at < 100.0 => street.flat(2.0, |_| 0.0),
        0..8 => street.flat(4.0, |_| 128.0),
        10..36 if at < 150.0 => street.picture(1.0).blurred(5),
        10..36 => other.picture(1.0),
        _ => street.picture(1.0),
    });
}

#[test]
fn a_gap_between_two_bad_looks() {
    let mut street = Street::new(1);
    let mut camera = Camera::that_knows(&mut street);
    for _ in 0..5 {
        for _ in 0..2 {
            assert_eq!(camera.look(&street.flat(4.0, |_| 128.0)), None);
            camera.now_s += 3600.0;
        }
        assert_eq!(camera.look(&street.picture(1.0)), None);
    }
}

#[test]
fn time_that_jumps() {
    let mut street = Street::new(1);
    let mut camera = Camera::that_knows(&mut street);
    for _ in 0..300 {
        camera.now_s = street.random.random_range(-1e9..1e9);
        assert_eq!(camera.look(&street.picture(1.0)), None);
    }
    // And what happens then is still found.
    camera.goes_blind(Blindness::Covered, 10.0, 14.0, |_| street.flat(4.0, |_| 128.0));
    camera.now_s -= 1e6;
    camera.sees_again(|_| street.picture(1.0));
}

#[test]
fn another_size_of_picture_begins_anew() {
    let (mut street, mut other) = (Street::new(1), Street::new(2));
    let mut camera = Camera::that_knows(&mut street);
    assert_eq!(camera.show(120.0, |_| other.picture(1.0).cropped(240)), []);
}

#[test]
fn frames_too_small_to_judge() {
    let mut camera = Camera::new();
    for (width, height) in [(0, 0), (0, 9), (1, 1), (2, 400), (640, 4), (63, 63)] {
        let picture = Picture { width, height, bgr: vec![0; (width * height * 3) as usize].into() };
        assert_eq!(camera.show(30.0, |_| picture.clone()), []);
    }
}
