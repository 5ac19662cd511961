use proptest::prelude::*;

use super::*;
use crate::detection::View;

const PICTURE: (f32, f32) = (640.0, 360.0);

fn at(s: f64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_millis((s * 1000.0) as i64)
}

fn seen(x: f32, y: f32, w: f32, h: f32) -> Detection {
    Detection { rect: Rect::new(x, y, x + w, y + h), score: 0.9, view: View::Upright }
}

#[test]
fn a_walker_stays_one_track_at_one_look_every_two_seconds() {
    let mut tracks = Tracks::default();
    for step in 0..5 {
        tracks.update(&[seen(100.0 + 60.0 * step as f32, 100.0, 40.0, 100.0)], at(2.0 * f64::from(step)));
    }
    assert_eq!(tracks.iter().count(), 1);
}

#[test]
fn two_people_stay_two() {
    let mut tracks = Tracks::default();
    for step in 0..5 {
        let s = step as f32;
        tracks.update(
            &[seen(100.0 + 10.0 * s, 100.0, 40.0, 100.0), seen(300.0 - 10.0 * s, 100.0, 40.0, 100.0)],
            at(f64::from(step)),
        );
    }
    assert_eq!(tracks.iter().count(), 2);
    assert!(tracks.iter().all(|t| t.seen_at == at(4.0)));
}

#[test]
fn who_goes_down_collapses_or_vanishes_and_is_forgotten_in_the_end() {
    let mut tracks = Tracks::default();
    tracks.update(&[seen(100.0, 100.0, 40.0, 100.0)], at(0.0));
    tracks.update(&[seen(90.0, 160.0, 90.0, 40.0)], at(2.0));
    assert!(tracks.iter().all(|t| t.collapsed(at(2.0)) && t.lost_at == Some(at(2.0))));
    tracks.update(&[], at(4.0));
    assert!(tracks.iter().all(|t| t.vanished(at(4.0)) && t.standing.is_some()));
    assert!(tracks.iter().all(|t| t.lost_at == Some(at(2.0))), "since it stood last");
    tracks.update(&[], at(10.1));
    assert_eq!(tracks.iter().count(), 0);
}

/// Somebody who is seen twice, a second apart, and then no more: whether they walked out, a second later.
fn walked_out(before: Detection, last: Detection) -> bool {
    let mut tracks = Tracks::default();
    tracks.update(&[before], at(0.0));
    tracks.update(&[last], at(1.0));
    assert!(tracks.iter().all(|t| !t.walked_out(PICTURE, at(1.0))), "still there");
    tracks.update(&[], at(2.0));
    assert_eq!(tracks.iter().count(), 1);
    tracks.iter().all(|t| t.walked_out(PICTURE, at(2.0)))
}

#[test]
fn who_moves_over_the_edge_has_walked_out_and_who_goes_down_there_has_not() {
    let stands = |x: f32| seen(x, 120.0, 40.0, 100.0);
    assert!(walked_out(stands(60.0), stands(3.0)), "touches the left edge, moving left");
    assert!(!walked_out(stands(3.0), stands(5.0)), "touches it, moving in");
    assert!(walked_out(stands(480.0), stands(560.0)), "a step before the right edge");
    assert!(!walked_out(stands(300.0), stands(340.0)), "in the middle");
    assert!(!walked_out(seen(300.0, 200.0, 50.0, 130.0), seen(300.0, 255.0, 60.0, 105.0)), "at the bottom");
}

#[test]
fn tracks_are_bounded_and_the_newest_stay() {
    let mut tracks = Tracks::default();
    for step in 0..20u8 {
        // Everybody is somewhere else each time, so that no track goes on.
        let y = 1000.0 * f32::from(step);
        let crowd: Vec<_> = (0..100u8).map(|n| seen(200.0 * f32::from(n), y, 10.0, 30.0)).collect();
        tracks.update(&crowd, at(f64::from(step) / 10.0));
        let now = at(f64::from(step) / 10.0);
        assert_eq!(tracks.iter().filter(|t| !t.vanished(now)).count(), 100);
        assert!(tracks.iter().count() <= TRACKS_MAX);
    }
}

fn boxes() -> impl Strategy<Value = Vec<Detection>> {
    let one = (0f32..640.0, 0f32..360.0, 1f32..200.0, 1f32..200.0);
    prop::collection::vec(one.prop_map(|(x, y, w, h)| seen(x, y, w, h)), 0..20)
}

/// On a machine with too much to do.
#[test]
fn who_is_looked_for_every_ten_seconds_stood_a_moment_ago() {
    let standing = Detection { rect: Rect::new(100.0, 50.0, 150.0, 200.0), score: 0.8, view: View::Upright };
    let looked = |times: &[f64]| {
        let mut tracks = Tracks::default();
        tracks.update(&[standing], at(0.0));
        times.iter().for_each(|s| tracks.update(&[], at(*s)));
        let last = at(times.last().copied().unwrap());
        tracks.iter().next().map(|track| track.stood_lately(last))
    };
    assert_eq!(looked(&[10.0]), Some(Some(standing.rect)));
    assert_eq!(looked(&[10.0, 15.9]), Some(Some(standing.rect)));
    assert_eq!(looked(&[10.0, 16.1, 16.2]), None);
    assert_eq!(looked(&[2.0, 4.0, 6.0, 8.0]), Some(Some(standing.rect)));
    assert_eq!(looked(&[2.0, 4.0, 6.0, 8.1, 8.2]), None);
    assert_eq!(looked(&[25.0]), None, "nobody looked for too long");
}

proptest! {
    #[test]
    fn every_box_is_in_one_track_and_no_track_has_two(
        looks in prop::collection::vec((10i64..4000, boxes()), 1..20)
    ) {
        let (mut tracks, mut now) = (Tracks::default(), Timestamp::UNIX_EPOCH);
        for (pause, seen) in looks {
            now += SignedDuration::from_millis(pause);
            tracks.update(&seen, now);
            let newest: Vec<&Track> = tracks.iter().filter(|t| t.seen_at == now).collect();
            prop_assert_eq!(newest.len(), seen.len());
            for detection in &seen {
                prop_assert!(newest.iter().any(|t| t.rect == detection.rect));
            }
            let mut ids: Vec<u64> = tracks.iter().map(|t| t.id).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), tracks.iter().count());
            for track in tracks.iter() {
                prop_assert!(now.duration_since(track.seen_at) <= GAP_MAX);
                prop_assert_eq!(track.stands(now), track.seen_at == now && is_upright(&track.rect));
                prop_assert!(track.lost_at.is_none_or(|lost| track.standing.is_some_and(|(_, at)| at < lost)));
                prop_assert!(!(track.stands(now) && track.walked_out(PICTURE, now)));
            }
        }
    }
}
