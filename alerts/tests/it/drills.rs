//! A drill goes the way of an alert, beside what really happens, and every clock of it is told.

use std::{path::Path, sync::Arc};

use gridwatch_alerts::{
    Actor, ActorRole, Alert, AlertId, AlertState, ClockKind, Desk, Drill, DrillEnd, DrillOrder, DrillRefused,
    Drills, EndReason, Error, Move, Outcome, Recorder,
};
use gridwatch_inference::{Observation, Phase, Recorded, crowd::CrowdLevel};
use gridwatch_roster::RungName;
use tokio::sync::mpsc;

use crate::support::{LEFT, Shift, TestClock, actor, at, crowd, desk_of, open_one, problems, seen};

fn officer() -> Actor {
    actor("officer", ActorRole::DutyOfficer)
}

fn worker() -> Actor {
    actor("wang", ActorRole::GridWorker)
}

async fn start(folder: &Path, clock: &TestClock) -> Desk {
    desk_of(folder, clock, Shift::default().with(RungName::Primary, &["wang"])).await
}

async fn drills(desk: &Desk, folder: &Path) -> (Drills, mpsc::Receiver<DrillOrder>) {
    let clips = folder.join("clips");
    std::fs::create_dir_all(&clips).unwrap();
    for name in ["fall.mp4", "crowd.MKV", "truth.json"] {
        std::fs::write(clips.join(name), "a clip").unwrap();
    }
    Drills::open(desk.clone(), clips, true).await.unwrap()
}

async fn begin(drills: &Drills, camera: &str) -> Result<Drill, Error> {
    drills.begin(camera.to_owned(), "fall.mp4".to_owned(), "the new shift".to_owned(), officer()).await
}

/// What is seen in a recording.
fn recorded(seen: Observation) -> Observation {
    Observation { recorded: Some(Arc::new(Recorded::default())), ..seen }
}

async fn opened(desk: &Desk, observation: &Observation) -> AlertId {
    match desk.observe(observation).await.unwrap() {
        Outcome::Opened(id) => id,
        other => panic!("{other:?}"),
    }
}

async fn alert(desk: &Desk, id: AlertId) -> Alert {
    desk.store().alert(id).await.unwrap().unwrap()
}

/// Ends a drill the way whoever plays it does.
async fn end(desk: &Desk, clock: &TestClock, drill: Drill, end: DrillEnd) {
    let (recorder, recording, _orders) = Recorder::new(desk.clone(), problems(clock));
    recorder.drill_over(drill, end).await.unwrap();
    drop(recorder);
    recording.run().await;
}

#[tokio::test]
async fn a_drill_is_ordered_once_at_a_camera_and_played_by_whoever_takes_orders() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let desk = start(folder.path(), &clock).await;
    let (drills, mut orders) = drills(&desk, folder.path()).await;
    assert_eq!(drills.clips().await.unwrap(), ["crowd.MKV", "fall.mp4"]);
    let drill = begin(&drills, "a").await.unwrap();
    let order = orders.try_recv().unwrap();
    assert_eq!((order.drill, order.file), (drill.clone(), folder.path().join("clips/fall.mp4")));
    assert!(matches!(begin(&drills, "a").await, Err(Error::DrillRefused(DrillRefused::AtThisCamera))));

    clock.turn(40);
    end(&desk, &clock, drill.clone(), DrillEnd::Played).await;
    let all = drills.all().await.unwrap();
    assert_eq!((all[0].ended_at, all[0].end), (Some(at(40)), Some(DrillEnd::Played)));
    begin(&drills, "a").await.unwrap();
    assert_eq!(drills.all().await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_a_drill_is_refused() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let desk = start(folder.path(), &clock).await;
    let (drills, _orders) = drills(&desk, folder.path()).await;
    let begin = async |camera: &str, clip: &str, reason: &str, by: Actor| {
        drills.begin(camera.to_owned(), clip.to_owned(), reason.to_owned(), by).await
    };
    for (camera, clip, reason, by, wrong) in [
        ("nowhere", "fall.mp4", "x", officer(), "camera"),
        ("a", "other.mp4", "x", officer(), "clip"),
        ("a", "../clips/fall.mp4", "x", officer(), "clip"),
        ("a", "truth.json", "x", officer(), "clip"),
        ("a", "fall.mp4", " ", officer(), "reason"),
        ("a", "fall.mp4", "x", worker(), "by"),
    ] {
        match begin(camera, clip, reason, by).await {
            Err(Error::BadMove { field, .. }) => assert_eq!(field, wrong),
            other => panic!("{other:?}"),
        }
    }
    let (blind, _) = Drills::open(desk.clone(), folder.path().join("clips"), false).await.unwrap();
    assert!(matches!(
        blind.begin("a".to_owned(), "fall.mp4".to_owned(), "x".to_owned(), officer()).await,
        Err(Error::DrillRefused(DrillRefused::NobodyLooks))
    ));
    let (without, _) = Drills::open(desk, folder.path().join("nowhere"), true).await.unwrap();
    assert!(without.clips().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_really_happens_meanwhile_is_an_alert_of_its_own() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let desk = start(folder.path(), &clock).await;
    let (drills, _orders) = drills(&desk, folder.path()).await;
    let drill = begin(&drills, "a").await.unwrap();

    let drilled = opened(&desk, &recorded(seen("a", 1, Phase::Alert, LEFT))).await;
    let real = opened(&desk, &seen("a", 1, Phase::Alert, LEFT)).await;
    let square = |phase| crowd("a", "square", 2, phase, CrowdLevel::Gathering, 2.0);
    let drilled_crowd = opened(&desk, &recorded(square(Phase::Alert))).await;
    let real_crowd = opened(&desk, &square(Phase::Alert)).await;
    for (id, is_drill) in [(drilled, true), (real, false), (drilled_crowd, true), (real_crowd, false)] {
        assert_eq!(alert(&desk, id).await.drill, is_drill);
    }
    assert!(alert(&desk, drilled_crowd).await.merge_suggestions.is_empty());
    let merge = Move::Merge { into: drilled };
    assert!(matches!(
        desk.act(real, merge, officer(), None).await,
        Err(Error::BadMove { field: "into", .. })
    ));
    // After a restart the rules go on with what is real alone.
    let going_on: Vec<AlertId> =
        desk.open_incidents().await.unwrap().iter().map(|incident| incident.alert).collect();
    assert_eq!(going_on, [real, real_crowd]);

    end(&desk, &clock, drill, DrillEnd::Played).await;
    for (id, is_over) in [(drilled, true), (drilled_crowd, true), (real, false), (real_crowd, false)] {
        assert_eq!(alert(&desk, id).await.end_reason, is_over.then_some(EndReason::Unwatched));
    }
    let report = drills.report(&drills.all().await.unwrap()[0].id).await.unwrap().unwrap();
    assert_eq!(report.alerts.iter().map(|alert| alert.alert).collect::<Vec<_>>(), [drilled, drilled_crowd]);
}

#[tokio::test]
async fn the_report_tells_every_clock() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let desk = start(folder.path(), &clock).await;
    let (drills, _orders) = drills(&desk, folder.path()).await;
    open_one(&desk).await;
    let drill = begin(&drills, "b").await.unwrap();
    clock.turn(20);
    let id = opened(&desk, &recorded(seen("b", 1, Phase::Alert, LEFT))).await;
    clock.turn(10);
    desk.act(id, Move::Confirm, officer(), None).await.unwrap();
    desk.act(id, Move::Dispatch { to: None }, officer(), None).await.unwrap();
    // Nobody accepts within 60 s: it is called again, and accepted 5 s after that.
    clock.turn(60);
    while desk.tick().await.unwrap() > 0 {}
    clock.turn(5);
    desk.act(id, Move::Accept, worker(), None).await.unwrap();
    end(&desk, &clock, drill.clone(), DrillEnd::Played).await;
    // On the scene after 200 s, 20 s late; and not reported yet.
    clock.turn(200);
    while desk.tick().await.unwrap() > 0 {}
    desk.act(id, Move::Arrive, worker(), None).await.unwrap();

    let report = drills.report(&drill.id).await.unwrap().unwrap();
    let [drilled] = report.alerts.as_slice() else { panic!("{report:?}") };
    assert_eq!((drilled.alert, drilled.state, drilled.opened_at), (id, AlertState::OnScene, at(20)));
    let told: Vec<_> = drilled
        .clocks
        .iter()
        .map(|clock| {
            (clock.kind.name(), clock.due_at, clock.fired_at, clock.met_at, clock.left_s, clock.runs)
        })
        .collect();
    let expected = [
        ("judge", at(50), None, Some(at(30)), Some(20.0), false),
        ("accept", at(90), Some(at(90)), None, None, false),
        ("accept", at(150), None, Some(at(95)), Some(55.0), false),
        ("arrive", at(275), Some(at(295)), Some(at(295)), Some(-20.0), false),
        ("supervise 1", at(320), None, None, None, true),
        ("report", at(330), None, None, None, true),
        ("supervise 2", at(1820), None, None, None, true),
        ("supervise 3", at(7220), None, None, None, true),
    ];
    let expected =
        expected.map(|(name, due, fired, met, left, runs)| (name.to_owned(), due, fired, met, left, runs));
    assert_eq!(told, expected);
    assert!(drilled.clocks.iter().all(|clock| !matches!(clock.kind, ClockKind::Resume)));
    assert!(drilled.deliveries.iter().all(|delivery| delivery.notice.drill));
    assert!(!drilled.deliveries.is_empty(), "people are really called");
    assert!(drills.report("0").await.unwrap().is_none());
}

#[tokio::test]
async fn a_drill_does_not_outlive_the_server() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let desk = start(folder.path(), &clock).await;
    let (before, _orders) = drills(&desk, folder.path()).await;
    begin(&before, "a").await.unwrap();
    let drilled = opened(&desk, &recorded(seen("a", 1, Phase::Alert, LEFT))).await;
    desk.store().close().await;
    drop((desk, before));

    clock.turn(100);
    let desk = start(folder.path(), &clock).await;
    let (drills, _orders) = drills(&desk, folder.path()).await;
    let all = drills.all().await.unwrap();
    assert_eq!((all[0].ended_at, all[0].end), (Some(at(100)), Some(DrillEnd::Stopped)));
    let alert = alert(&desk, drilled).await;
    assert_eq!((alert.end_reason, alert.life.state()), (Some(EndReason::Unwatched), AlertState::Pending));
    begin(&drills, "a").await.unwrap();
}
