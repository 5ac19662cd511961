//! Decoder chains with real streams.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use common::{H264, H264_B, H265, H265_B, colour, encode, has_ffmpeg, is_about};
use gridwatch_ingest::{AccessUnit, CameraId, DecodeError, DecoderChain, recording};
use jiff::Timestamp;

const RED: [u8; 3] = [0, 0, 254];
const BLUE: [u8; 3] = [254, 0, 0];

type Units = Vec<Arc<AccessUnit>>;

/// The access units of a video made of `source`, as camera `name`.
fn stream(folder: &Path, name: &str, source: &str, options: &str) -> Units {
    gstreamer::init().unwrap();
    let file = encode(folder, &format!("{name}.mp4"), source, options);
    recording::read(&file, &CameraId::new(name).unwrap(), Timestamp::UNIX_EPOCH).unwrap()
}

fn chain_for(units: &Units) -> DecoderChain {
    DecoderChain::new(units[0].parameters.codec).unwrap()
}

fn keys(units: &Units) -> Units {
    units.iter().filter(|unit| unit.key).cloned().collect()
}

#[test]
fn a_shared_decoder_gives_each_camera_its_own_picture() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (plain, with_b) in [(H264, H264_B), (H265, H265_B)] {
        let red = stream(folder.path(), "red", "color=red:s=320x240:r=15:d=4", with_b);
        let blue = stream(folder.path(), "blue", "color=blue:s=352x288:r=15:d=4", plain);
        let mut chain = chain_for(&red);
        let (red, blue) = (keys(&red), keys(&blue));
        assert!(red.len() >= 4 && blue.len() >= 4);
        let mut right = 0;
        for n in 0..40 {
            for (units, wanted, size) in [(&red, RED, (320, 240)), (&blue, BLUE, (352, 288))] {
                let unit = units[n % units.len()].clone();
                let frame = chain.decode(std::slice::from_ref(&unit), true).unwrap();
                let its_own = frame.camera == unit.camera && frame.captured_at == unit.received_at;
                let fits = (frame.width, frame.height) == size;
                right += usize::from(its_own && fits && is_about(colour(&frame.to_bgr()), wanted));
            }
        }
        assert_eq!(right, 80);
    }
}

#[test]
fn a_shared_decoder_gives_the_right_picture_after_a_burst_that_was_not_drained() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for options in [H264_B, H265_B] {
        let red = stream(folder.path(), "red", "color=red:s=320x240:r=15:d=2", options);
        let blue = stream(folder.path(), "blue", "color=blue:s=320x240:r=15:d=2", options);
        let mut chain = chain_for(&red);
        for n in 1..8 {
            // Leaves pictures of red in the decoder.
            let _ = chain.decode(&red[..n], false);
            let frame = chain.decode(&blue[..1], true).unwrap();
            assert!(frame.camera == blue[0].camera && is_about(colour(&frame.to_bgr()), BLUE));
            let _ = chain.decode(&red[..n], false);
            if let Ok(frame) = chain.decode(&blue[..n], false) {
                assert!(frame.camera == blue[0].camera && is_about(colour(&frame.to_bgr()), BLUE));
            }
        }
    }
}

#[test]
fn a_shared_decoder_gives_the_newest_picture_of_a_whole_group_and_keeps_none_back() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for options in [H264, H264_B, H265_B] {
        let red = stream(folder.path(), "red", "color=red:s=320x240:r=15:d=1", options);
        let blue = stream(folder.path(), "blue", "color=blue:s=320x240:r=15:d=1", options);
        let mut chain = chain_for(&red);
        for n in 1..10 {
            for (units, wanted) in
                [(&red[..n], RED), (&blue[..n], BLUE), (&red[..1], RED), (&blue[..1], BLUE)]
            {
                let frame = chain.decode(units, true).unwrap();
                let shown_last = units.iter().max_by_key(|unit| unit.pts).unwrap();
                assert_eq!((&frame.camera, frame.captured_at), (&units[0].camera, shown_last.received_at));
                assert!(is_about(colour(&frame.to_bgr()), wanted), "{options}: {n}");
            }
        }
    }
}

#[test]
fn frames_have_the_cameras_colour_and_are_scaled_where_they_are_larger_than_a_sub_streams() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let sizes = [
        ("320x240", (320, 240)),
        ("1280x720", (640, 360)),
        ("720x1280", (360, 640)),
        ("1000x352", (640, 224)),
        ("642x362", (642, 362)),
        ("704x576", (704, 576)),
        ("768x432", (640, 360)),
    ];
    for (size, wanted) in sizes {
        for options in [H264_B, H265] {
            let units = stream(folder.path(), "red", &format!("color=red:s={size}:r=15:d=0.3"), options);
            let frame = chain_for(&units).decode(&units, true).unwrap();
            assert_eq!((frame.width, frame.height), wanted);
            assert_eq!(frame.to_bgr().len(), (frame.width * frame.height * 3) as usize);
            assert!(is_about(colour(&frame.to_bgr()), RED), "{size}: {:?}", colour(&frame.to_bgr()));
        }
    }
}

#[test]
fn a_stream_that_changes_its_size_is_followed() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let small = stream(folder.path(), "small", "testsrc2=s=320x240:r=15:d=1", H264);
    let large = stream(folder.path(), "large", "testsrc2=s=1280x720:r=15:d=1", H264_B);
    let mut chain = chain_for(&small);
    for _ in 0..3 {
        assert_eq!(chain.decode(&small[..4], false).unwrap().width, 320);
        let frame = chain.decode(&large[..6], true).unwrap();
        assert_eq!((frame.width, frame.height), (640, 360));
    }
}

#[test]
fn the_pictures_of_a_burst_advance() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (options, from) in [(H264, 0), (H264_B, 0), (H265, 0), (H265_B, 0), (H265_B, 1), (H264_B, 1)] {
        let units = stream(folder.path(), "moves", "testsrc2=s=320x240:r=15:d=4", options);
        // Also from the second key picture on, before which open groups show pictures that cannot be decoded.
        let key = (0..units.len()).filter(|n| units[*n].key).nth(from).unwrap();
        let units = &units[key..];
        let mut chain = DecoderChain::new(units[0].parameters.codec).unwrap();
        let mut frames = Vec::new();
        for chunk in units.chunks(5) {
            match chain.decode(chunk, false) {
                Ok(frame) => frames.push(frame),
                Err(error) => assert!(matches!(error, DecodeError::NoPicture), "{options}: {error}"),
            }
        }
        assert!(frames.len() + 1 >= units.len().div_ceil(5), "{options}: {} frames", frames.len());
        for two in frames.windows(2) {
            assert!(two[0].captured_at < two[1].captured_at, "{options}");
            assert!(two[0].to_bgr() != two[1].to_bgr(), "{options}: the same picture twice");
        }
    }
}

#[test]
fn what_does_not_follow_is_a_gap_and_harms_nothing() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let units = stream(folder.path(), "cam", "testsrc2=s=320x240:r=15:d=2", H264);
    let other = stream(folder.path(), "other", "testsrc2=s=320x240:r=15:d=2", H264);
    let mut chain = chain_for(&units);
    let is_gap = |result| matches!(result, Err(DecodeError::Gap));
    assert!(is_gap(chain.decode(&units[1..3], false)), "nothing before");
    chain.decode(&units[..3], false).unwrap();
    assert!(is_gap(chain.decode(&units[4..6], false)), "one unit is missing");
    assert!(is_gap(chain.decode(&other[3..6], false)), "another camera");
    chain.decode(&units[3..5], false).unwrap();
    chain.decode(&units[..1], true).unwrap();
    if let Err(error) = chain.decode(&units[1..3], false) {
        assert!(matches!(error, DecodeError::Gap), "drained: {error}");
    }
    assert!(matches!(chain.decode(&[], true), Err(DecodeError::NoPicture)));
}

#[test]
fn garbage_is_an_error_and_the_next_good_picture_is_right() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for options in [H264, H264_B, H265, H265_B] {
        let red = stream(folder.path(), "red", "color=red:s=320x240:r=15:d=1", options);
        let broken =
            |data: Vec<u8>, key| Arc::new(AccessUnit { data: Bytes::from(data), key, ..(*red[0]).clone() });
        let noise: Vec<u8> = (0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut framed = (noise.len() as u32).to_be_bytes().to_vec();
        framed.extend(&noise);
        let bad: [Vec<u8>; 5] = [noise, framed, vec![0; 100], vec![0, 0, 0, 9, 0x65], vec![0xff]];
        let mut chain = chain_for(&red);
        for data in bad {
            for drain in [true, false] {
                let result = chain.decode(&[broken(data.clone(), true), broken(data.clone(), false)], drain);
                assert!(result.is_err(), "{options}: {} bytes gave a picture", data.len());
                if matches!(result, Err(DecodeError::Chain { .. })) {
                    chain = chain_for(&red);
                }
                let frame = chain.decode(&red[..1], true).unwrap();
                assert!(is_about(colour(&frame.to_bgr()), RED), "{options}: {:?}", colour(&frame.to_bgr()));
            }
        }
    }
}
