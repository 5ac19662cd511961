//! What becomes of a crowd: one alert for each zone, which rises and falls with its level.

use gridwatch_alerts::{
    ActorRole, Alert, AlertFilter, AlertId, CrowdUnit, Desk, EndReason as Ended, EvidenceKind, EvidenceState,
    HeldBack, Level, Move, Outcome, Piece, Recorder,
};
use gridwatch_inference::{
    self as inference, EndReason, Finding, Observation, Phase,
    crowd::{Amount, CrowdLevel},
};
use jiff::SignedDuration;

use crate::support::{LEFT, TestClock, actor, at, crowd, desk, evidence_at, problems, seen};

const ENDED: Phase = Phase::Ended(EndReason::Dispersed);

/// The same, so many seconds later.
fn later(seconds: i64, observation: Observation) -> Observation {
    Observation { at: observation.at + SignedDuration::from_secs(seconds), ..observation }
}

async fn alert(desk: &Desk, id: AlertId) -> Alert {
    desk.store().alert(id).await.unwrap().unwrap()
}

async fn opened(desk: &Desk, observation: &Observation) -> AlertId {
    match desk.observe(observation).await.unwrap() {
        Outcome::Opened(id) => id,
        other => panic!("not opened but {other:?}"),
    }
}

#[tokio::test]
async fn a_crowd_is_one_alert_that_rises_and_falls() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let id = opened(&desk, &crowd("a", "gate", 1, Phase::Alert, CrowdLevel::Attention, 3.21834)).await;
    let first = alert(&desk, id).await;
    assert_eq!((first.level, first.raised_at, first.score), (Level::BLUE, None, None));
    let known = first.crowd.unwrap();
    assert_eq!((known.zone.as_str(), known.amount, known.unit), ("gate", 3.22, CrowdUnit::PerSquareMetre));

    clock.turn(1);
    let danger = later(1, crowd("a", "gate", 1, Phase::LevelUp, CrowdLevel::Danger, 5.2));
    assert_eq!(desk.observe(&danger).await.unwrap(), Outcome::Raised(id, 1));
    // Given again, as after a write of unknown fate, it is the same step of the same course.
    assert_eq!(desk.observe(&danger).await.unwrap(), Outcome::Raised(id, 1));
    let raised = alert(&desk, id).await;
    assert_eq!((raised.level, raised.raised_at, raised.id), (Level::ORANGE, Some(at(1)), id));

    clock.turn(1);
    let less = later(2, crowd("a", "gate", 1, Phase::LevelDown, CrowdLevel::Warning, 3.6));
    assert_eq!(desk.observe(&less).await.unwrap(), Outcome::Updated(id), "a new level is written at once");
    let ended = later(3, crowd("a", "gate", 1, ENDED, CrowdLevel::Attention, 0.4));
    assert_eq!(desk.observe(&ended).await.unwrap(), Outcome::Ended(id));

    let ended = alert(&desk, id).await;
    assert_eq!(ended.end_reason, Some(Ended::Dispersed));
    assert_eq!((ended.level, ended.raised_at), (Level::YELLOW, Some(at(1))));
    let known = ended.crowd.unwrap();
    assert_eq!((known.amount, known.peak), (0.4, 5.2));
    let course: Vec<_> =
        known.course.iter().map(|step| (step.level.into(), step.snapshot.is_some())).collect();
    let expected = [(CrowdLevel::Attention, false), (CrowdLevel::Danger, true), (CrowdLevel::Warning, false)];
    assert_eq!(course[..3], expected);
}

#[tokio::test]
async fn each_zone_has_its_own_alert_and_a_fall_beside_it_another() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    let gate = opened(&desk, &crowd("a", "gate", 1, Phase::Alert, CrowdLevel::Warning, 4.0)).await;
    let steps = opened(&desk, &crowd("a", "steps", 1, Phase::Alert, CrowdLevel::Warning, 4.0)).await;
    let fall = opened(&desk, &seen("a", 1, Phase::Alert, LEFT)).await;
    assert!(gate != steps && steps != fall);
    let again = desk.observe(&crowd("a", "gate", 2, Phase::Alert, CrowdLevel::Warning, 4.0)).await.unwrap();
    assert_eq!(again, Outcome::Noted(gate), "another incident of the same zone is the same crowd");
    assert_eq!(desk.open_incidents().await.unwrap().len(), 3);
    desk.observe(&crowd("a", "gate", 2, ENDED, CrowdLevel::Warning, 0.0)).await.unwrap();
    let open: Vec<_> = desk.open_incidents().await.unwrap().into_iter().map(|open| open.alert).collect();
    assert_eq!(open, [steps, fall]);
    let back = desk.observe(&crowd("a", "gate", 3, Phase::Alert, CrowdLevel::Warning, 4.0)).await.unwrap();
    assert_eq!(back, Outcome::Updated(gate), "nobody has answered for the first one yet");
    assert!(alert(&desk, gate).await.is_lasting());
    desk.observe(&crowd("a", "gate", 3, ENDED, CrowdLevel::Warning, 0.0)).await.unwrap();
    let nothing = Move::Dismiss { reason: "a queue".to_owned() };
    desk.act(gate, nothing, actor("officer", ActorRole::DutyOfficer), None).await.unwrap();
    // The zone is free again.
    let next = opened(&desk, &crowd("a", "gate", 4, Phase::Alert, CrowdLevel::Warning, 4.0)).await;
    assert!(next != gate);
}

#[tokio::test]
async fn after_a_restart_a_crowd_goes_on_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let before = desk(folder.path(), &clock).await;
    let id = opened(&before, &crowd("a", "gate", 7, Phase::Alert, CrowdLevel::Danger, 5.5)).await;
    before.store().close().await;
    drop(before);

    let after = desk(folder.path(), &clock).await;
    let [open] = after.open_incidents().await.unwrap().try_into().unwrap();
    let known = open.crowd.unwrap();
    assert_eq!((open.alert, known.zone.as_str(), known.level.into()), (id, "gate", CrowdLevel::Danger));
    assert_eq!(known.peak, 5.5);
    let goes_on = crowd("a", "gate", 900, Phase::Ongoing, CrowdLevel::Danger, 5.1);
    assert_eq!(after.observe(&goes_on).await.unwrap(), Outcome::Noted(id));
    let ended = crowd("a", "gate", 900, ENDED, CrowdLevel::Danger, 0.0);
    assert_eq!(after.observe(&ended).await.unwrap(), Outcome::Ended(id));
}

#[tokio::test]
async fn a_crowd_whose_zone_nobody_watches_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    let id = opened(&desk, &crowd("a", "gate", 1, Phase::Alert, CrowdLevel::Danger, 5.5)).await;
    for _ in 0..2 {
        desk.end_unwatched(id).await.unwrap();
        let ended = alert(&desk, id).await;
        assert_eq!(ended.end_reason, Some(Ended::Unwatched));
        assert_eq!(ended.seq, 2, "ended once");
    }
}

#[tokio::test]
async fn a_zone_that_is_not_judged_says_so_at_once_and_is_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    let id = opened(&desk, &crowd("a", "gate", 1, Phase::Alert, CrowdLevel::Warning, 4.0)).await;
    let held = |why| {
        let mut observation = later(4, crowd("a", "gate", 1, Phase::Ongoing, CrowdLevel::Warning, 4.0));
        if let Finding::Crowd(finding) = &mut observation.finding {
            finding.held_back = why;
        }
        observation
    };
    let moved = held(Some(inference::HeldBack::Moved));
    assert_eq!(desk.observe(&moved).await.unwrap(), Outcome::Updated(id));
    let told = alert(&desk, id).await;
    assert_eq!((told.crowd.unwrap().held_back, told.last_seen_at), (Some(HeldBack::Moved), at(0)));
    assert_eq!(desk.observe(&held(None)).await.unwrap(), Outcome::Updated(id));
    let told = alert(&desk, id).await;
    assert_eq!((told.crowd.unwrap().held_back, told.last_seen_at), (None, at(4)));
}

#[tokio::test]
async fn a_crowd_that_comes_and_goes_keeps_a_bounded_course() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    let id = opened(&desk, &crowd("a", "gate", 1, Phase::Alert, CrowdLevel::Attention, 3.0)).await;
    for second in 1..100 {
        let (phase, level) = match second % 2 {
            1 => (Phase::LevelUp, CrowdLevel::Warning),
            _ => (Phase::LevelDown, CrowdLevel::Attention),
        };
        desk.observe(&later(second, crowd("a", "gate", 1, phase, level, 3.5))).await.unwrap();
    }
    let alert = alert(&desk, id).await;
    assert_eq!((alert.level, alert.crowd.unwrap().course.len()), (Level::YELLOW, 16));
}

#[tokio::test]
async fn amounts_that_are_no_numbers_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    let mut odd = crowd("a", "gate", 1, Phase::Alert, CrowdLevel::Warning, 4.0);
    if let Finding::Crowd(finding) = &mut odd.finding {
        (finding.amount, finding.peak) = (Amount::PerSquareMetre(f64::NAN), f64::INFINITY);
    }
    let id = opened(&desk, &odd).await;
    let known = alert(&desk, id).await.crowd.unwrap();
    assert_eq!((known.amount, known.peak), (0.0, 0.0));
}

/// A picture when it begins and one when it rises, and a clip: each is asked for once, and is noted where it belongs.
#[tokio::test]
async fn evidence_is_asked_for_when_it_begins_and_when_it_rises() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let (recorder, recording, mut orders) = Recorder::new(desk.clone(), problems(&clock));
    let task = tokio::spawn(recording.run());
    for observation in [
        crowd("a", "gate", 1, Phase::Alert, CrowdLevel::Attention, 3.0),
        later(1, crowd("a", "gate", 1, Phase::LevelUp, CrowdLevel::Warning, 3.6)),
        later(2, crowd("a", "gate", 1, Phase::LevelDown, CrowdLevel::Attention, 3.0)),
        later(3, crowd("a", "gate", 1, Phase::Ongoing, CrowdLevel::Attention, 3.0)),
        later(4, crowd("a", "gate", 1, Phase::LevelUp, CrowdLevel::Critical, 6.6)),
    ] {
        recorder.send(observation).await.unwrap();
    }
    drop(recorder);
    task.await.unwrap();
    let mut ordered = Vec::new();
    while let Some(order) = orders.recv().await {
        ordered.push(order.pieces);
    }
    use EvidenceKind::{Clip, Snapshot, Step};
    assert_eq!(ordered, [vec![Snapshot, Clip], vec![Step(1)], vec![Step(3)]]);

    let store = evidence_at(&folder.path().join("e"), &desk, &problems(&clock)).await;
    let [alert] = alerts(&desk).await.try_into().unwrap();
    // Opening the evidence folder settles what an earlier run had left open: nothing was made here.
    assert!(alert.evidence().all(|(_, evidence)| evidence.state == EvidenceState::Failed));
    store.store(alert.id, Piece::new(Step(3), b"picture".to_vec())).await.unwrap();
    let [alert] = alerts(&desk).await.try_into().unwrap();
    let ready: Vec<_> = alert.evidence().filter(|(_, evidence)| evidence.url.is_some()).collect();
    assert_eq!(ready.len(), 1);
    assert_eq!(ready[0].0, Step(3));
}

async fn alerts(desk: &Desk) -> Vec<Alert> {
    desk.store().alerts(AlertFilter { limit: 9, ..AlertFilter::default() }).await.unwrap()
}

/// An alert as version 0.1 stored it, before there were crowds.
#[tokio::test]
async fn alerts_of_an_older_version_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let id = opened(&desk, &seen("a", 1, Phase::Alert, LEFT)).await;
    let mut old = serde_json::to_value(alert(&desk, id).await).unwrap();
    for key in ["raised_at", "transitions", "crowd"] {
        assert!(old.as_object_mut().unwrap().remove(key).is_some(), "{key}");
    }
    let read: Alert = serde_json::from_value(old).unwrap();
    assert_eq!(read, alert(&desk, id).await);
}
