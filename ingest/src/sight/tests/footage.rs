//! Sight on real clips, as they are and spoiled.

use std::{
    io::{Write, stderr},
    path::{Path, PathBuf},
};

use super::{drawing::Picture, *};
use crate::{decode::DecoderChain, recording};

/// The folder of clips; says that the running test is skipped where there is none.
fn clips() -> Option<PathBuf> {
    let folder = std::env::var_os("GRIDWATCH_DATA").map(|data| PathBuf::from(data).join("clips"));
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        // Not `println`, which nobody sees of a test that passes.
        let _ = writeln!(stderr(), "skipped: {test}: needs GRIDWATCH_DATA");
    }
    folder
}

/// Pictures of a clip up to that second, two a second, or fewer of a long one.
fn pictures(clip: &Path, until_s: f64) -> Vec<Picture> {
    gstreamer::init().unwrap();
    let mut units = recording::read(clip, &CameraId::new("cam").unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    units.retain(|unit| unit.pts.as_secs_f64() <= until_s);
    let length = units.iter().map(|unit| unit.pts.as_secs_f64()).fold(0.0, f64::max);
    let mut chain = DecoderChain::new(units[0].parameters.codec).unwrap();
    let (mut pictures, mut pending, mut due) = (Vec::new(), Vec::new(), 0.0);
    for unit in units {
        let at = unit.pts.as_secs_f64();
        pending.push(unit);
        if at >= due {
            due = at + (length / 80.0).max(0.45);
            // The first pictures of a clip with B-pictures come later.
            if let Ok(frame) = chain.decode(&std::mem::take(&mut pending), false) {
                pictures.push(Picture {
                    width: frame.width,
                    height: frame.height,
                    bgr: frame.to_bgr().into(),
                });
            }
        }
    }
    assert!(pictures.len() >= 2, "{}", clip.display());
    pictures
}

/// The pictures of a clip over and over, each changed by what is asked at its second.
fn looped<'a>(
    pictures: &'a [Picture],
    change: impl Fn(&Picture, f64) -> Picture + 'a,
) -> impl FnMut(f64) -> Picture + 'a {
    let mut all = pictures.iter().cycle();
    move |at| change(all.next().unwrap(), at)
}

fn as_is(picture: &Picture, _: f64) -> Picture {
    picture.clone()
}

/// The picture with noise on it: another one each second.
fn noisy(noise: &[f32], picture: &Picture, at: f64) -> Picture {
    let (from, width) = (at as usize * 7919, picture.width as usize);
    picture.map(|x, y, level| level + noise[(from + y * width + x) % noise.len()])
}

const PLACES: [&str; 6] = [
    "gmdcsa24/S1_ADL_10.mp4",
    "gmdcsa24/S2_Fall_12.mp4",
    "gmdcsa24/S3_Fall_01.mp4",
    "gmdcsa24/S4_Fall_02.mp4",
    "intel/classroom.mp4",
    "intel/one-by-one-person-detection.mp4",
];

#[test]
fn real_clips_give_no_verdict() {
    let Some(clips) = clips() else { return };
    let mut seen = 0;
    for folder in std::fs::read_dir(clips).unwrap() {
        for clip in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let clip = clip.unwrap().path();
            if clip.extension().is_none_or(|extension| extension != "mp4") {
                continue;
            }
            let pictures = pictures(&clip, f64::MAX);
            for every_s in [0.5, 2.0] {
                let mut camera = Camera { every_s, ..Camera::new() };
                assert_eq!(camera.show(150.0, looped(&pictures, as_is)), [], "{} {every_s}", clip.display());
            }
            seen += 1;
        }
    }
    assert!(seen >= 15);
}

#[test]
fn real_clips_that_are_spoiled_are_called_what_they_are() {
    let Some(clips) = clips() else { return };
    let mut street = Street::new(1);
    let (fine, coarse) = (street.noise(2.0), street.noise(4.0));
    for place in PLACES {
        let pictures = pictures(&clips.join(place), 30.0);
        let mut camera = Camera { every_s: 1.0, ..Camera::new() };
        assert_eq!(camera.show(120.0, looped(&pictures, as_is)), [], "{place}");

        let radius = pictures[0].width as usize / 80;
        let blurred: Vec<_> = pictures.iter().take(12).map(|picture| picture.blurred(radius)).collect();
        camera.goes_blind(Blindness::Blurred, 30.0, 33.0, looped(&blurred, as_is));
        camera.sees_again(looped(&pictures, as_is));

        let flat = |noise: &[f32], level: f32| {
            let flat = pictures[0].map(|_, _, _| level);
            (0..5).map(|n| noisy(noise, &flat, f64::from(n))).collect::<Vec<_>>()
        };
        camera.goes_blind(Blindness::Covered, 10.0, 13.0, looped(&flat(&coarse, 128.0), as_is));
        camera.sees_again(looped(&pictures, as_is));

        camera.goes_blind(Blindness::Black, 10.0, 13.0, looped(&flat(&fine, 0.0), as_is));
        camera.sees_again(looped(&pictures, as_is));

        camera.goes_blind(Blindness::Frozen, 60.0, 63.0, looped(&pictures[..1], as_is));
        camera.sees_again(looped(&pictures, as_is));
    }
}

#[test]
fn real_clips_on_which_night_falls_give_no_verdict() {
    let Some(clips) = clips() else { return };
    let noise = Street::new(1).noise(2.0);
    for place in PLACES {
        let pictures = pictures(&clips.join(place), 30.0);
        let mut camera = Camera { every_s: 2.0, ..Camera::new() };
        assert_eq!(camera.show(120.0, looped(&pictures, as_is)), [], "{place}");
        let night = |picture: &Picture, at: f64| {
            let gamma = 1.0 + 5.0 * (at as f32 / 120.0).min(1.0);
            let levels: Vec<_> = (0..256).map(|n| 255.0 * (n as f32 / 255.0).powf(gamma)).collect();
            noisy(&noise, &picture.map(|_, _, level| levels[level as usize]), at)
        };
        assert_eq!(camera.show(180.0, looped(&pictures, night)), [], "{place}");
        assert_eq!(camera.show(120.0, looped(&pictures, as_is)), [], "{place}");
    }
}

#[test]
fn a_real_clip_of_another_place_is_another_view() {
    let Some(clips) = clips() else { return };
    for (here, there) in [
        ("gmdcsa24/S1_ADL_10.mp4", "gmdcsa24/S3_Fall_01.mp4"),
        ("gmdcsa24/S1_Fall_13.mp4", "gmdcsa24/S4_Fall_02.mp4"),
        ("gmdcsa24/S4_Fall_02.mp4", "gmdcsa24/S2_Fall_12.mp4"),
        ("intel/classroom.mp4", "intel/people-detection.mp4"),
        ("intel/one-by-one-person-detection.mp4", "gmdcsa24/S1_ADL_10.mp4"),
        ("gmdcsa24/S3_ADL_15.mp4", "intel/one-by-one-person-detection.mp4"),
    ] {
        let (here, there) = (pictures(&clips.join(here), 30.0), pictures(&clips.join(there), 30.0));
        assert_eq!((here[0].width, here[0].height), (there[0].width, there[0].height));
        let mut camera = Camera { every_s: 1.0, ..Camera::new() };
        assert_eq!(camera.show(120.0, looped(&here, as_is)), []);
        camera.goes_blind(Blindness::Moved, 30.0, 33.0, looped(&there, as_is));
        camera.sees_again(looped(&here, as_is));
    }
}
