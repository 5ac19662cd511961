//! Reports of what really went through the desk, traced to the alerts.

use gridwatch_alerts::{
    Actor, ActorRole, AlertId, CameraDay, ClockTimes, Desk, Intent, Move, Policy, PolicyRule, Registry,
    ReportOf, report,
    reports::{Cell, FigureName as Name, Report, Table, TableName},
};
use gridwatch_inference::Phase;
use gridwatch_roster::{PersonId, RungName};
use jiff::{SignedDuration, civil::Date};

use crate::support::{LEFT, RIGHT, TestClock, actor, at, camera, registry, seen};

/// Noon of the tests is four in the afternoon of this day in the place.
const DAY: Date = jiff::civil::date(2027, 1, 15);

async fn staffed(folder: &std::path::Path, clock: &TestClock) -> (Registry, Desk) {
    let (registry, desk) = registry(folder, clock).await;
    let admin = || PersonId::new("admin").unwrap();
    let people = "id,name,role,grid\nann,ann,grid_worker,11\nben,ben,shift_lead,1\n";
    let rotations = "id,post,grid,starts_on,weekday,from,to,people\n\
                     r1,primary,11,2026-01-05,daily,00:00,00:00,ann\n\
                     r2,primary,1,2026-01-05,daily,00:00,00:00,ben\n";
    let people = registry.import_people(&desk, people, admin(), Intent::TakeIn).await.unwrap();
    let rotations = registry.import_rotations(&desk, rotations, admin(), Intent::TakeIn).await.unwrap();
    assert!(people.is_whole() && rotations.is_whole(), "{people:?} {rotations:?}");
    (registry, desk)
}

fn ann() -> Actor {
    actor("ann", ActorRole::GridWorker)
}

fn ben() -> Actor {
    actor("ben", ActorRole::ShiftLead)
}

async fn open(desk: &Desk, incident: u64) -> AlertId {
    let place = if incident.is_multiple_of(2) { LEFT } else { RIGHT };
    let camera = ["a", "b"][usize::try_from(incident / 2 % 2).unwrap()];
    match desk.observe(&seen(camera, incident, Phase::Alert, place)).await.unwrap() {
        gridwatch_alerts::Outcome::Opened(id) => id,
        other => panic!("not opened but {other:?}"),
    }
}

/// Moves, each so many seconds after the one before.
async fn handle(desk: &Desk, clock: &TestClock, id: AlertId, moves: Vec<(i64, Actor, Move)>) {
    for (after_s, by, mv) in moves {
        clock.turn(after_s);
        desk.act(id, mv.clone(), by, None).await.unwrap_or_else(|error| panic!("{mv:?}: {error}"));
    }
}

fn done(accept_s: i64, arrive_s: i64) -> Vec<(i64, Actor, Move)> {
    vec![
        (0, ben(), Move::Dispatch { to: None }),
        (accept_s, ann(), Move::Accept),
        (arrive_s, ann(), Move::Arrive),
        (10, ann(), Move::Report { text: "helped up".to_owned() }),
        (10, ben(), Move::Verify),
        (10, ben(), Move::Close { reason: None }),
    ]
}

fn value(report: &Report, name: Name) -> (Option<f64>, &[i64], &[i64]) {
    let figure = report.figures.iter().find(|figure| figure.name == name).unwrap();
    (figure.value, &figure.alerts, &figure.of)
}

fn table(report: &Report, name: TableName) -> &Table {
    report.tables.iter().find(|table| table.name == name).unwrap()
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[tokio::test]
async fn a_day_is_what_was_done_and_by_the_rules_of_its_time() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (registry, desk) = staffed(folder.path(), &clock).await;
    let first = open(&desk, 0).await;
    let mut held = done(50, 400);
    let hold = Move::Hold { reason: "gate locked".to_owned(), until: at(3600) };
    held[2].0 = 200;
    held.splice(2..2, [(10, ben(), hold), (300, ben(), Move::Resume)]);
    handle(&desk, &clock, first, held).await;
    let second = open(&desk, 1).await;
    handle(&desk, &clock, second, vec![(5, ben(), Move::Dismiss { reason: "a bag".to_owned() })]).await;
    let strict = PolicyRule {
        kind: None,
        levels: Vec::new(),
        hours: None,
        times: ClockTimes { accept_s: 20, ..ClockTimes::default() },
        ladder: RungName::ALL.to_vec(),
    };
    clock.turn(1);
    registry.put_policy(&desk, Policy { rules: vec![strict] }, "ben").await.unwrap();
    let third = open(&desk, 2).await;
    handle(&desk, &clock, third, done(30, 100)).await;
    let reopened = Move::Reopen { reason: "it was not".to_owned() };
    handle(&desk, &clock, third, vec![(1, ben(), reopened)]).await;

    let report = report(&registry, &desk, ReportOf::Day(DAY)).await.unwrap();
    assert_eq!(value(&report, Name::Closed), (Some(2.0 / 3.0), &[1, 2][..], &[1, 2, 3][..]));
    assert_eq!(value(&report, Name::Reopened), (Some(1.0 / 3.0), &[3][..], &[1, 2, 3][..]));
    assert_eq!(value(&report, Name::False), (Some(1.0 / 3.0), &[2][..], &[1, 2, 3][..]));
    let accepted = value(&report, Name::AcceptedInTime);
    assert_eq!(accepted, (Some(0.5), &[1][..], &[1, 3][..]), "30 s was in time before the rule changed");
    // 210 s on the way, of which 300 s on hold do not count.
    assert_eq!(value(&report, Name::ArrivedInTime).1, [3]);
    assert_eq!(value(&report, Name::ArriveP95).0, Some(210.0));
    let reasons = &table(&report, TableName::FalseReasons).rows;
    assert_eq!(reasons[..], [vec![text("a bag"), Cell::Number(1.0)]]);

    let yesterday =
        gridwatch_alerts::report(&registry, &desk, ReportOf::Day(DAY.yesterday().unwrap())).await.unwrap();
    assert_eq!(value(&yesterday, Name::Closed), (None, &[][..], &[][..]));
    let month =
        gridwatch_alerts::report(&registry, &desk, ReportOf::Month { year: 2027, month: 1 }).await.unwrap();
    let grids: Vec<_> = table(&month, TableName::GridStars).rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(grids.len(), 2);
    let communities = &table(&month, TableName::CommunityStars).rows;
    assert!(communities.iter().any(|row| row[0] == text("11") && row[1] == text("网格 11")));
    let quarter = ReportOf::Quarter { year: 2027, quarter: 1 };
    let quarter = gridwatch_alerts::report(&registry, &desk, quarter).await.unwrap();
    assert_eq!(value(&quarter, Name::Closed).2, [1, 2, 3]);
    let none = gridwatch_alerts::report(&registry, &desk, ReportOf::Month { year: 2027, month: 13 }).await;
    assert!(none.is_err());
}

/// What a camera sees is no activity of the grid's people, and an acknowledgement is.
#[tokio::test]
async fn an_idle_grid_is_one_in_which_nobody_did_anything_for_seven_days() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (registry, desk) = staffed(folder.path(), &clock).await;
    let id = open(&desk, 0).await;
    handle(&desk, &clock, id, vec![(1, ben(), Move::Dispatch { to: None })]).await;
    let idle = async |day: Date| {
        let report = report(&registry, &desk, ReportOf::Day(day)).await.unwrap();
        let rows = &table(&report, TableName::IdleGrids).rows;
        let codes: Vec<Cell> = rows.iter().map(|row| row[0].clone()).collect();
        (value(&report, Name::IdleGrids).0, codes)
    };
    assert_eq!(
        idle(DAY).await,
        (Some(1.0), vec![text("1"), text("11")]),
        "somebody was called; nobody answered"
    );
    let mine = desk.store().deliveries_to("ann", gridwatch_alerts::APP_CHANNEL, 0, 10).await.unwrap();
    assert!(desk.store().acknowledge(mine[0].id, "ann", true, at(5)).await.unwrap());
    assert_eq!(idle(DAY).await, (Some(0.5), vec![text("1")]));
    clock.turn(8 * 86_400);
    handle(&desk, &clock, id, vec![(0, ann(), Move::Accept)]).await;
    clock.turn(86_400);
    assert_eq!(idle(DAY + SignedDuration::from_hours(24 * 7)).await.1, [text("1"), text("11")]);
    assert_eq!(idle(DAY + SignedDuration::from_hours(24 * 8)).await.1, [text("1")], "the day of the move");
}

#[tokio::test]
async fn the_time_of_cameras_is_summed_up_and_kept_for_400_days() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (registry, desk) = staffed(folder.path(), &clock).await;
    let hours = SignedDuration::from_hours;
    let time = |id: &str, day, watched, usable| CameraDay {
        camera: camera(id),
        day,
        watched: hours(watched),
        online: hours(watched),
        usable: hours(usable),
    };
    desk.store().add_camera_days(&[time("a", DAY, 2, 1), time("b", DAY, 1, 0)], DAY).await.unwrap();
    desk.store().add_camera_days(&[time("a", DAY, 1, 1)], DAY).await.unwrap();
    let report = report(&registry, &desk, ReportOf::Day(DAY)).await.unwrap();
    assert_eq!(value(&report, Name::CamerasOnline).0, Some(1.0));
    assert_eq!(value(&report, Name::CamerasUsable).0, Some(0.5));
    let rows = &table(&report, TableName::Cameras).rows;
    assert_eq!(rows[0][..3], [text("a"), text("11"), Cell::Number(3.0)]);
    let times = desk.store().camera_times(DAY, DAY).await.unwrap();
    assert_eq!(times.iter().map(|time| time.usable_s).collect::<Vec<_>>(), [7200, 0]);

    let later = DAY + jiff::Span::new().days(401);
    desk.store().add_camera_days(&[time("a", later, 1, 1)], later).await.unwrap();
    assert!(desk.store().camera_times(DAY, DAY).await.unwrap().is_empty());
    assert_eq!(desk.store().camera_times(DAY, later).await.unwrap().len(), 1);
}
