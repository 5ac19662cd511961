//! A silence calls nobody and loses nothing.

use gridwatch_alerts::{
    Actor, ActorRole, Alert, AlertId, AlertKind, AlertState, Desk, Error, Happening, Level, Move, Outcome,
    Reach, Route, SILENCE_MAX, Scope, Setup, Told,
};
use gridwatch_inference::{EndReason, Phase, crowd::CrowdLevel, geometry::Rect};
use gridwatch_roster::RungName;
use jiff::SignedDuration;
use std::sync::Arc;

use crate::support::{LEFT, RIGHT, Shift, TestClock, actor, at, crowd, desk_of, seen, setup};

const CENTRE: &str = "centre";

async fn start(folder: &std::path::Path, clock: &TestClock) -> Desk {
    let desk = desk_of(folder, clock, Shift::default()).await;
    let route = Route {
        channel: CENTRE.to_owned(),
        reaches: Reach::Systems,
        level: Level::BLUE,
        grid: None,
        alarms_only: false,
    };
    let shift = Shift::default().with(RungName::Primary, &["wang"]);
    desk.set_up(Setup { routes: Arc::new([route]), ..setup(shift) });
    desk
}

fn officer() -> Actor {
    actor("officer", ActorRole::DutyOfficer)
}

fn of_camera(id: &str) -> Scope {
    Scope { camera: Some(id.to_owned()), ..Scope::default() }
}

async fn silence(desk: &Desk, scope: Scope, seconds: i64) -> String {
    let until = desk.now() + SignedDuration::from_secs(seconds);
    desk.silence(scope, "market day".to_owned(), until, officer()).await.unwrap().id
}

async fn opened(desk: &Desk, camera: &str, incident: u64, phase: Phase, place: Rect) -> AlertId {
    match desk.observe(&seen(camera, incident, phase, place)).await.unwrap() {
        Outcome::Opened(id) => id,
        other => panic!("{other:?}"),
    }
}

async fn alert(desk: &Desk, id: AlertId) -> Alert {
    desk.store().alert(id).await.unwrap().unwrap()
}

async fn told(desk: &Desk, id: AlertId) -> Vec<Told> {
    desk.store().deliveries(id).await.unwrap().iter().map(|delivery| delivery.notice.why).collect()
}

async fn tick(desk: &Desk) {
    while desk.tick().await.unwrap() > 0 {}
}

#[tokio::test]
async fn what_is_seen_in_a_silence_calls_nobody_and_rings_at_once_when_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = start(folder.path(), &clock).await;
    silence(&desk, of_camera("a"), 600).await;
    let long_lie = opened(&desk, "a", 1, Phase::LongLie, LEFT).await;
    let elsewhere = opened(&desk, "b", 2, Phase::LongLie, LEFT).await;

    let held = alert(&desk, long_lie).await;
    assert_eq!((held.life.state(), held.level), (AlertState::Pending, Level::RED));
    let hold = held.life.on_hold().unwrap();
    assert_eq!((hold.reason.as_str(), hold.until), ("market day", at(600)));
    assert_eq!(told(&desk, long_lie).await, []);
    assert!(!told(&desk, elsewhere).await.is_empty(), "another camera is not meant");

    clock.turn(599);
    desk.observe(&seen("a", 1, Phase::Ongoing, LEFT)).await.unwrap();
    tick(&desk).await;
    assert_eq!(told(&desk, long_lie).await, []);

    clock.turn(1);
    tick(&desk).await;
    let rung = alert(&desk, long_lie).await;
    assert_eq!(rung.life.state(), AlertState::Dispatched, "a long lie dispatches itself");
    assert_eq!(rung.life.times().dispatched, Some(at(600)));
    assert!(told(&desk, long_lie).await.contains(&Told::Opened));
    assert!(desk.silences().is_empty());
}

#[tokio::test]
async fn what_is_over_when_the_silence_ends_lapses_and_is_no_false_alert() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = start(folder.path(), &clock).await;
    silence(&desk, of_camera("a"), 600).await;
    let id = opened(&desk, "a", 1, Phase::Alert, LEFT).await;
    clock.turn(100);
    desk.observe(&seen("a", 1, Phase::Ended(EndReason::Upright), LEFT)).await.unwrap();
    clock.turn(500);
    tick(&desk).await;
    let lapsed = alert(&desk, id).await;
    assert_eq!(lapsed.life.state(), AlertState::Closed);
    assert_eq!(lapsed.life.judged(), None);
    let entries = desk.store().timeline(id).await.unwrap();
    let moves: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.what {
            Happening::Moved { done, .. } => Some((done.clone(), entry.by.name.clone())),
            _ => None,
        })
        .collect();
    let hold = Move::Hold { reason: "market day".to_owned(), until: at(600) };
    let by_system = |mv| (mv, "gridwatch".to_owned());
    assert_eq!(moves, [(hold, "officer".to_owned()), by_system(Move::Resume), by_system(Move::Lapse)]);
}

#[tokio::test]
async fn a_silence_holds_what_waits_already_and_lifting_it_lets_it_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = start(folder.path(), &clock).await;
    let waiting = opened(&desk, "a", 1, Phase::Alert, LEFT).await;
    let judged = opened(&desk, "a", 2, Phase::Alert, RIGHT).await;
    desk.act(judged, Move::Confirm, officer(), None).await.unwrap();
    clock.turn(10);
    let id = silence(&desk, of_camera("a"), 600).await;
    assert!(alert(&desk, waiting).await.life.on_hold().is_some());
    assert!(alert(&desk, judged).await.life.on_hold().is_none(), "somebody answers for it already");
    assert_eq!(desk.silences().len(), 1);

    clock.turn(60);
    assert!(desk.lift_silence(&id, officer()).await.unwrap());
    assert!(!desk.lift_silence(&id, officer()).await.unwrap());
    let alert = alert(&desk, waiting).await;
    assert!(alert.life.on_hold().is_none());
    assert_eq!(alert.life.next_due(), Some(at(90)), "20 s were left to judge it");
}

#[tokio::test]
async fn a_silence_and_its_lifting_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = start(folder.path(), &clock).await;
    let in_grid = Scope { grid: Some("11".to_owned()), kind: Some(AlertKind::Crowd), ..Scope::default() };
    let id = silence(&desk, in_grid, 600).await;
    desk.store().close().await;
    drop(desk);

    let desk = start(folder.path(), &clock).await;
    assert_eq!(desk.silences()[0].id, id);
    let crowded = crowd("a", "square", 1, Phase::Alert, CrowdLevel::Danger, 5.2);
    let Outcome::Opened(crowded) = desk.observe(&crowded).await.unwrap() else { panic!("not opened") };
    let fallen = opened(&desk, "a", 2, Phase::Alert, LEFT).await;
    assert!(alert(&desk, crowded).await.life.silence().is_some());
    assert!(alert(&desk, fallen).await.life.silence().is_none(), "a fall is not meant");
    // Lifted, and killed before what it held could go on: the next server sees to it.
    desk.store()
        .put_documents(
            gridwatch_alerts::DocumentKind::Silence,
            &[(id, &desk.silences()[0])],
            true,
            "officer",
            desk.now(),
        )
        .await
        .unwrap();
    desk.store().close().await;
    drop(desk);
    let desk = start(folder.path(), &clock).await;
    tick(&desk).await;
    assert_eq!(alert(&desk, crowded).await.life.state(), AlertState::Dispatched);
}

#[tokio::test]
async fn a_silence_has_a_place_a_reason_an_owner_and_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = start(folder.path(), &clock).await;
    let minutes = |minutes| at(0) + SignedDuration::from_mins(minutes);
    let worker = actor("wang", ActorRole::GridWorker);
    let of_grid = |code: &str| Scope { grid: Some(code.to_owned()), ..Scope::default() };
    let tried = [
        ("until", of_camera("a"), "r", minutes(8 * 60 + 1), officer()),
        ("until", of_camera("a"), "r", at(0), officer()),
        ("reason", of_camera("a"), " \n", minutes(5), officer()),
        ("scope", Scope { kind: Some(AlertKind::Fall), ..Scope::default() }, "r", minutes(5), officer()),
        ("scope.camera", of_camera("nowhere"), "r", minutes(5), officer()),
        ("scope.grid", of_grid("99"), "r", minutes(5), officer()),
        ("by", of_camera("a"), "r", minutes(5), worker),
    ];
    for (wrong, scope, reason, until, by) in tried {
        match desk.silence(scope, reason.to_owned(), until, by).await {
            Err(Error::BadMove { field, .. }) => assert_eq!(field, wrong),
            other => panic!("{wrong}: {other:?}"),
        }
    }
    let longest = at(0) + SILENCE_MAX;
    desk.silence(of_grid("11"), "r".to_owned(), longest, officer()).await.unwrap();
}
