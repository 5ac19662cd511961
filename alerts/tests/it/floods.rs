//! Many alerts at once: suggested merges, grouping for people's eyes, and nothing lost.

use std::{collections::BTreeSet, sync::Arc};

use gridwatch_alerts::{AlertFilter, CameraEntry, Cameras, Desk, GridTree, Happening, Level, Outcome, Store};
use gridwatch_inference::{Phase, crowd::CrowdLevel};

use crate::support::{LEFT, Shift, TestClock, crowd, entry, seen, setup};

/// One street of 1° with ten communities side by side in it.
fn street() -> GridTree {
    let feature = |code: &str, level: &str, parent: Option<&str>, from: f64, to: f64| {
        serde_json::json!({
            "type": "Feature",
            "properties": { "code": code, "name": code, "level": level, "parent": parent },
            "geometry": { "type": "Polygon", "coordinates": [[[from, 0.0], [to, 0.0], [to, 1.0], [from, 1.0], [from, 0.0]]] },
        })
    };
    let mut features = vec![feature("1", "street", None, 0.0, 1.0)];
    for n in 0..10_u32 {
        let west = f64::from(n) / 10.0;
        features.push(feature(&format!("1{n}"), "community", Some("1"), west, west + 0.1));
    }
    let collection = serde_json::json!({ "type": "FeatureCollection", "features": features });
    GridTree::parse(collection.to_string().as_bytes()).unwrap()
}

async fn desk_with(folder: &std::path::Path, clock: &TestClock, cameras: Vec<CameraEntry>) -> Desk {
    let store = Store::open(&crate::database(folder)).await.unwrap();
    let cameras = Arc::new(Cameras::register(cameras, &street()).unwrap());
    Desk::open(store, cameras, setup(Shift::default()), clock.clock()).await.unwrap()
}

/// One degree is 111,195 m on this sphere.
fn metres(m: f64) -> f64 {
    m / 111_195.0
}

#[tokio::test]
async fn two_cameras_near_each_other_may_see_the_same_and_people_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let near = entry("near", 0.5, 0.5 + metres(25.0));
    let far = entry("far", 0.5, 0.5 - metres(35.0));
    let desk = desk_with(folder.path(), &clock, vec![entry("a", 0.5, 0.5), near, far]).await;
    let mut ids = Vec::new();
    for (n, camera) in (1..).zip(["a", "near", "far", "a"]) {
        let place = if n == 4 { crate::support::RIGHT } else { LEFT };
        match desk.observe(&seen(camera, n, Phase::Alert, place)).await.unwrap() {
            Outcome::Opened(id) => ids.push(id),
            other => panic!("{other:?}"),
        }
    }
    let mut suggested = Vec::new();
    for id in &ids {
        suggested.push(desk.store().alert(*id).await.unwrap().unwrap().merge_suggestions);
    }
    // Never two of one camera; the last one may be what the near camera sees.
    assert_eq!(suggested, [vec![], vec![ids[0]], vec![], vec![ids[1]]]);
    let timeline = desk.store().timeline(ids[1]).await.unwrap();
    let noted = Happening::MergeSuggested { other: ids[0] };
    assert!(timeline.iter().any(|entry| entry.what == noted));
    // A minute later it is another matter.
    let mut later = seen("near", 9, Phase::Alert, crate::support::RIGHT);
    later.since += jiff::SignedDuration::from_secs(61);
    let Outcome::Opened(id) = desk.observe(&later).await.unwrap() else { panic!("not opened") };
    assert_eq!(desk.store().alert(id).await.unwrap().unwrap().merge_suggestions, []);
}

#[tokio::test]
async fn a_thousand_observations_a_minute_are_a_thousand_alerts_and_a_list_that_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    // 100 cameras in each community, 40 m and more apart.
    let camera =
        |n: u32| entry(&format!("c{n}"), f64::from(n % 10) / 10.0 + 0.05, f64::from(n / 10) / 101.0 + 0.005);
    let desk = desk_with(folder.path(), &clock, (0..1000).map(camera).collect()).await;
    for n in 0..1000_u32 {
        let id = format!("c{n}");
        let outcome = match n % 10 {
            0 => {
                desk.observe(&crowd(&id, "gate", u64::from(n), Phase::Alert, CrowdLevel::Warning, 3.6)).await
            }
            _ if n == 555 => desk.observe(&seen(&id, u64::from(n), Phase::LongLie, LEFT)).await,
            _ => desk.observe(&seen(&id, u64::from(n), Phase::Alert, LEFT)).await,
        };
        assert!(matches!(outcome.unwrap(), Outcome::Opened(_)), "{n}");
    }
    let alerts = desk.store().alerts(AlertFilter { limit: 2000, ..AlertFilter::default() }).await.unwrap();
    assert_eq!(alerts.len(), 1000);

    let queue = desk.queue(2).await.unwrap();
    assert!(queue.flood);
    // The long lie called people by itself and is judged all the same; it stands alone and first.
    assert_eq!((queue.entries[0].level, queue.entries[0].alerts.len()), (Level::RED, 1));
    assert_eq!(queue.entries.len(), 1 + 10, "one group for each community");
    assert!(queue.entries.is_sorted_by_key(|entry| entry.level));
    let listed: BTreeSet<_> = queue.entries.iter().flat_map(|entry| entry.alerts.iter().copied()).collect();
    assert_eq!(listed.len(), 1000, "nothing is left out");
    // Nine groups of falls with their crowds, if any, and one of crowds alone.
    let codes: BTreeSet<_> =
        queue.entries.iter().filter_map(|entry| Some(entry.grid.as_ref()?.code.clone())).collect();
    assert_eq!(codes.len(), 10);

    clock.turn(600);
    let calm = desk.queue(2).await.unwrap();
    assert!(!calm.flood);
    assert_eq!(calm.entries.len(), 1000);
}

#[tokio::test]
async fn ten_in_ten_minutes_are_no_flood_and_eleven_are() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let camera = |n: u32| entry(&format!("c{n}"), 0.05, f64::from(n) / 101.0 + 0.005);
    let desk = desk_with(folder.path(), &clock, (0..12).map(camera).collect()).await;
    for n in 0..11_u32 {
        assert!(!desk.queue(1).await.unwrap().flood);
        desk.observe(&seen(&format!("c{n}"), u64::from(n), Phase::Alert, LEFT)).await.unwrap();
    }
    assert!(desk.queue(1).await.unwrap().flood);
    assert!(!desk.queue(2).await.unwrap().flood, "two seats take twice as many");
}
