//! What each phase of an incident does to its alert.

use std::{future::poll_fn, task::Poll};

use gridwatch_alerts::{AlertFilter, AlertState, Desk, EndReason as Ended, Level, Outcome};
use gridwatch_inference::{EndReason, FallFinding, Finding, Phase, geometry::Rect};

use crate::support::{LEFT, RIGHT, TestClock, at, desk, seen};

async fn alerts(desk: &Desk) -> Vec<gridwatch_alerts::Alert> {
    desk.store().alerts(AlertFilter { limit: 100, ..AlertFilter::default() }).await.unwrap()
}

#[tokio::test]
async fn a_fall_is_one_alert_from_beginning_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let ended = Phase::Ended(EndReason::Upright);

    assert_eq!(desk.observe(&seen("a", 1, Phase::Suspected, LEFT)).await.unwrap(), Outcome::Nothing);
    assert!(alerts(&desk).await.is_empty());
    let Outcome::Opened(id) = desk.observe(&seen("a", 1, Phase::Alert, LEFT)).await.unwrap() else {
        panic!("not opened")
    };
    let opened = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!((opened.level, opened.life.state(), opened.seq), (Level::ORANGE, AlertState::Pending, 1));
    assert_eq!(opened.grid.as_ref().unwrap().code, "11");
    assert_eq!(opened.grid_path.iter().map(|grid| grid.code.as_str()).collect::<Vec<_>>(), ["1", "11"]);
    assert_eq!((opened.since, opened.opened_at), (at(-10), at(0)));

    clock.turn(4);
    assert_eq!(desk.observe(&seen("a", 1, Phase::Ongoing, LEFT)).await.unwrap(), Outcome::Noted(id));
    clock.turn(1);
    assert_eq!(desk.observe(&seen("a", 1, Phase::Ongoing, LEFT)).await.unwrap(), Outcome::Updated(id));
    assert_eq!(
        desk.store().alert(id).await.unwrap().unwrap().updates,
        2,
        "what was noted goes with the next write"
    );
    assert_eq!(desk.observe(&seen("a", 1, Phase::LongLie, LEFT)).await.unwrap(), Outcome::Updated(id));
    assert_eq!(desk.store().alert(id).await.unwrap().unwrap().level, Level::RED);
    assert_eq!(desk.observe(&seen("a", 1, ended, LEFT)).await.unwrap(), Outcome::Ended(id));

    for late in [Phase::Ongoing, Phase::LongLie, ended, Phase::Alert] {
        assert_eq!(desk.observe(&seen("a", 1, late, LEFT)).await.unwrap(), Outcome::Nothing);
    }
    let [ended] = alerts(&desk).await.try_into().unwrap();
    assert_eq!((ended.ended_at, ended.end_reason), (Some(at(5)), Some(Ended::Upright)));
    assert_eq!((ended.seq, ended.level), (4, Level::RED));
    assert!(ended.life.is_open(), "somebody has to answer for it");
}

#[tokio::test]
async fn what_never_sent_alert_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    assert!(matches!(desk.observe(&seen("a", 1, Phase::Ongoing, LEFT)).await.unwrap(), Outcome::Opened(_)));
    let Outcome::Opened(id) = desk.observe(&seen("a", 2, Phase::LongLie, RIGHT)).await.unwrap() else {
        panic!("not opened")
    };
    assert_eq!(desk.store().alert(id).await.unwrap().unwrap().level, Level::RED);
    let ended = seen("a", 3, Phase::Ended(EndReason::Gone), LEFT);
    assert_eq!(desk.observe(&ended).await.unwrap(), Outcome::Nothing);
}

#[tokio::test]
async fn two_people_in_one_view_stay_two_alerts_even_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    for incident in [1, 2] {
        let outcome = desk.observe(&seen("a", incident, Phase::Alert, LEFT)).await.unwrap();
        assert!(matches!(outcome, Outcome::Opened(_)));
    }
    assert_eq!(desk.open_incidents().await.unwrap().len(), 2);
}

#[tokio::test]
async fn after_a_restart_the_same_person_is_the_same_alert() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let before = desk(folder.path(), &clock).await;
    let Outcome::Opened(id) = before.observe(&seen("a", 7, Phase::Alert, LEFT)).await.unwrap() else {
        panic!("not opened")
    };
    before.store().close().await;
    drop(before);

    let after = desk(folder.path(), &clock).await;
    let [open] = after.open_incidents().await.unwrap().try_into().unwrap();
    assert_eq!((open.alert, open.camera.as_str(), open.since), (id, "a", at(-10)));
    assert!(open.place.iou(&LEFT) > 0.99);
    let elsewhere = after.observe(&seen("a", 1, Phase::Alert, RIGHT)).await.unwrap();
    assert!(matches!(elsewhere, Outcome::Opened(other) if other != id));
    let other_camera = after.observe(&seen("b", 1, Phase::Alert, LEFT)).await.unwrap();
    assert!(matches!(other_camera, Outcome::Opened(other) if other != id));
    let stirred = Rect::new(0.12, 0.61, 0.33, 0.72);
    assert!(
        matches!(after.observe(&seen("a", 2, Phase::Alert, stirred)).await.unwrap(), Outcome::Noted(same) if same == id)
    );
    let neighbour = after.observe(&seen("a", 3, Phase::Alert, LEFT)).await.unwrap();
    assert!(
        matches!(neighbour, Outcome::Opened(_)),
        "the alert has its incident again and is not taken twice"
    );
    let ended = seen("a", 2, Phase::Ended(EndReason::Gone), stirred);
    assert_eq!(after.observe(&ended).await.unwrap(), Outcome::Ended(id));
}

#[tokio::test]
async fn cameras_without_grid_or_registration_alert_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    for id in ["c", "stranger"] {
        assert!(matches!(desk.observe(&seen(id, 1, Phase::Alert, LEFT)).await.unwrap(), Outcome::Opened(_)));
    }
    for alert in alerts(&desk).await {
        assert_eq!((alert.grid, alert.grid_path.len()), (None, 0));
    }
}

#[tokio::test]
async fn values_that_are_no_numbers_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    let mut odd = seen("a", 1, Phase::Alert, Rect::new(f32::NAN, -3.0, f32::INFINITY, 0.5));
    odd.finding = Finding::Fall(FallFinding { score: f32::NAN, ..FallFinding::default() });
    assert!(matches!(desk.observe(&odd).await.unwrap(), Outcome::Opened(_)));
    let [alert] = alerts(&desk).await.try_into().unwrap();
    let Rect { x1, y1, x2, y2 } = alert.place.into();
    assert!([x1, y1, x2, y2, alert.score.unwrap()].iter().all(|value| (0.0..=1.0).contains(value)));
}

/// A call that is abandoned half-way goes to its end all the same. Given again, it makes one alert, and what
/// was committed is told.
#[tokio::test]
async fn an_abandoned_call_given_again_makes_one_alert_and_leaves_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let mut abandoned = 0;
    for incident in 0..60 {
        let observation = seen("a", incident, Phase::Alert, LEFT);
        let mut call = Box::pin(desk.observe(&observation));
        let mut done = false;
        for _ in 0..=incident % 12 {
            done = poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready())).await;
            if done {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
        abandoned += u32::from(!done);
        desk.observe(&observation).await.unwrap();
        assert_eq!(alerts(&desk).await.len() as u64, incident + 1);
    }
    assert!(abandoned > 0, "no call was abandoned, so nothing was tried");
    let told = desk.hub().events_after(0, u32::MAX).await.unwrap();
    assert!(told.iter().map(|event| event.seq).eq(1..=desk.hub().newest()));
    for alert in alerts(&desk).await {
        assert!(told.iter().any(|event| event.seq == alert.seq), "alert {} was not told", alert.id);
    }
}
