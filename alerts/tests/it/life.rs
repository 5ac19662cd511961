//! From pending to closed: moves, clocks, who is called, and what is refused.

use gridwatch_alerts::{
    ActorRole, Alert, AlertId, AlertState, CallReason, ClockKind, DeliveryState, Desk, Error, Happening,
    Move, MoveKind, Why,
};
use gridwatch_inference::Phase;
use gridwatch_roster::RungName;
use proptest::prelude::*;

use crate::support::{LEFT, RIGHT, Shift, TestClock, actor, at, desk_of, seen};

const OFFICER: ActorRole = ActorRole::DutyOfficer;
const WORKER: ActorRole = ActorRole::GridWorker;

fn shift() -> Shift {
    Shift::default()
        .with(RungName::Primary, &["wang"])
        .with(RungName::Leader, &["li"])
        .with(RungName::Patrol, &["zhao", "qian"])
}

async fn fall(desk: &Desk) -> AlertId {
    desk.observe(&seen("a", 1, Phase::Alert, LEFT)).await.unwrap();
    desk.open_incidents().await.unwrap()[0].alert
}

async fn act(desk: &Desk, id: AlertId, who: &str, role: ActorRole, mv: Move) -> Alert {
    desk.act(id, mv, actor(who, role), None).await.unwrap()
}

async fn refused(
    desk: &Desk,
    id: AlertId,
    who: &str,
    role: ActorRole,
    mv: Move,
) -> gridwatch_alerts::Refused {
    match desk.act(id, mv, actor(who, role), None).await.unwrap_err() {
        Error::Refused(_, refused) => *refused,
        other => panic!("{other}"),
    }
}

/// Who was called, and why, oldest first.
async fn calls(desk: &Desk, id: AlertId) -> Vec<(CallReason, Vec<String>)> {
    let timeline = desk.store().timeline(id).await.unwrap();
    let called = timeline.into_iter().filter_map(|entry| match entry.what {
        Happening::Called { why, people, .. } => Some((why, people)),
        _ => None,
    });
    called.collect()
}

fn people(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

async fn tick(desk: &Desk, clock: &TestClock, seconds: i64) {
    clock.turn(seconds);
    while desk.tick().await.unwrap() > 0 {}
}

#[tokio::test]
async fn a_case_goes_from_pending_to_closed_and_its_timeline_says_how() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk_of(folder.path(), &clock, shift()).await;
    let id = fall(&desk).await;
    clock.turn(10);
    act(&desk, id, "officer", OFFICER, Move::Confirm).await;
    act(&desk, id, "officer", OFFICER, Move::Dispatch { to: None }).await;
    clock.turn(20);
    let accepted = act(&desk, id, "wang", WORKER, Move::Accept).await;
    assert!(
        accepted.life.clocks().iter().any(|clock| clock.kind == ClockKind::Arrive && clock.due_at == at(210))
    );
    assert!(!accepted.life.clocks().iter().any(|clock| clock.kind == ClockKind::Accept), "it was met");
    act(&desk, id, "wang", WORKER, Move::Arrive).await;
    let text = "an old man, taken to hospital by 120".to_owned();
    act(&desk, id, "wang", WORKER, Move::Report { text }).await;

    let own = refused(&desk, id, "wang", ActorRole::GridLeader, Move::Verify).await;
    assert_eq!(own.why, Why::OwnCase, "in whatever role");
    act(&desk, id, "li", ActorRole::GridLeader, Move::Verify).await;
    let closed = act(&desk, id, "officer", OFFICER, Move::Close { reason: None }).await;
    assert_eq!((closed.life.state(), closed.life.step()), (AlertState::Closed, 7));
    assert!(closed.life.clocks().is_empty() && !closed.life.is_open());
    let times = closed.life.times();
    assert_eq!((times.judged, times.dispatched, times.accepted), (Some(at(10)), Some(at(10)), Some(at(30))));

    let timeline = desk.store().timeline(id).await.unwrap();
    let moves: Vec<_> = timeline
        .iter()
        .filter_map(|entry| match &entry.what {
            Happening::Moved { from, to, .. } => Some((entry.by.name.as_str(), *from, *to)),
            _ => None,
        })
        .collect();
    assert_eq!(moves[0], ("officer", AlertState::Pending, AlertState::Confirmed));
    assert_eq!(moves.len(), 7);
    assert!(moves.windows(2).all(|pair| pair[0].2 == pair[1].1), "each begins where the one before ended");
}

#[tokio::test]
async fn two_officers_at_once_one_wins_and_the_other_is_told_by_whom() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk_of(folder.path(), &TestClock::new(), shift()).await;
    let id = fall(&desk).await;
    let known = desk.store().alert(id).await.unwrap().unwrap().life.step();
    let dismiss = Move::Dismiss { reason: "a bag".to_owned() };
    let (first, second) = tokio::join!(
        desk.act(id, Move::Confirm, actor("zhou", OFFICER), Some(known)),
        desk.act(id, dismiss, actor("wu", OFFICER), Some(known)),
    );
    let lost = match (first, second) {
        (Ok(_), Err(Error::Refused(_, lost))) => lost,
        (Err(Error::Refused(_, lost)), Ok(_)) => lost,
        other => panic!("{other:?}"),
    };
    assert_eq!((lost.why, lost.step), (Why::Overtaken, 1));
    let winner = lost.last_move.unwrap().by.name;
    assert!(winner == "zhou" || winner == "wu");
    assert!(!lost.allowed.is_empty());
}

#[tokio::test]
async fn rungs_are_called_one_after_the_other_and_empty_ones_are_skipped_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk_of(folder.path(), &clock, shift()).await;
    let id = fall(&desk).await;
    act(&desk, id, "officer", OFFICER, Move::Dispatch { to: None }).await;
    assert_eq!(calls(&desk, id).await, [(CallReason::Dispatch, people(&["wang"]))]);
    tick(&desk, &clock, 59).await;
    assert_eq!(calls(&desk, id).await.len(), 1, "there is a minute");
    tick(&desk, &clock, 1).await;
    // There is no backup: the leader is called in the same second.
    assert_eq!(calls(&desk, id).await[1], (CallReason::Dispatch, people(&["li"])));
    let skipped: Vec<_> = desk.store().timeline(id).await.unwrap();
    assert!(skipped.iter().any(|e| e.what == Happening::NobodyOnDuty { rung: "backup".to_owned() }));
    act(&desk, id, "li", WORKER, Move::Return { reason: "far away".to_owned() }).await;
    assert_eq!(calls(&desk, id).await[2], (CallReason::Dispatch, people(&["zhao", "qian"])));
    tick(&desk, &clock, 60).await;
    let again = calls(&desk, id).await;
    assert_eq!(again[3], (CallReason::Again, people(&["wang", "zhao", "qian", "lead"])), "li has said no");
}

#[tokio::test]
async fn an_acceptance_stops_the_other_calls() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let shift = Shift::default().with(RungName::Primary, &["wang", "zhang"]);
    let desk = desk_of(folder.path(), &clock, shift).await;
    let id = fall(&desk).await;
    act(&desk, id, "officer", OFFICER, Move::Dispatch { to: None }).await;
    act(&desk, id, "wang", WORKER, Move::Accept).await;
    let states: Vec<_> = desk.store().deliveries(id).await.unwrap();
    let of = |person: &str| states.iter().find(|delivery| delivery.recipient == person).unwrap().state;
    assert_eq!((of("wang"), of("zhang")), (DeliveryState::Accepted, DeliveryState::Cancelled));
    assert_eq!(calls(&desk, id).await[1], (CallReason::AllClear, people(&["zhang"])));
}

#[tokio::test]
async fn accepted_is_not_arrived_and_five_minutes_bring_help() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk_of(folder.path(), &clock, shift()).await;
    let id = fall(&desk).await;
    act(&desk, id, "officer", OFFICER, Move::Dispatch { to: None }).await;
    tick(&desk, &clock, 10).await;
    act(&desk, id, "wang", WORKER, Move::Accept).await;
    tick(&desk, &clock, 180).await;
    assert_eq!(calls(&desk, id).await[1], (CallReason::NotArrived, people(&["wang", "li", "lead"])));
    tick(&desk, &clock, 110).await;
    let told = calls(&desk, id).await;
    let reasons: Vec<CallReason> = told[2..].iter().map(|(why, _)| *why).collect();
    assert_eq!(reasons, [CallReason::LeaderTold, CallReason::Reinforce, CallReason::Supervise]);
    assert_eq!(told[3].1, people(&["zhao", "qian"]));
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(alert.life.supervision(), 1);
    assert_eq!(alert.life.state(), AlertState::Accepted);
}

#[tokio::test]
async fn a_long_lie_calls_people_by_itself_and_the_officer_judges_in_parallel() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk_of(folder.path(), &TestClock::new(), shift()).await;
    let id = fall(&desk).await;
    desk.observe(&seen("a", 1, Phase::LongLie, LEFT)).await.unwrap();
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!((alert.life.state(), alert.life.judged()), (AlertState::Dispatched, None));
    let confirmed = act(&desk, id, "officer", OFFICER, Move::Confirm).await;
    assert_eq!(confirmed.life.state(), AlertState::Dispatched);
    assert!(confirmed.life.judged().unwrap().real);
    assert_eq!(refused(&desk, id, "officer", OFFICER, Move::Confirm).await.why, Why::State);
    let nothing = act(&desk, id, "officer", OFFICER, Move::Dismiss { reason: "a dog".to_owned() }).await;
    assert_eq!(nothing.life.state(), AlertState::False);
    // The rule goes on seeing it; nobody is told again.
    desk.observe(&seen("a", 1, Phase::Ongoing, LEFT)).await.unwrap();
    assert_eq!(calls(&desk, id).await.last().unwrap().0, CallReason::AllClear);
}

#[tokio::test]
async fn nobody_on_duty_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk_of(folder.path(), &TestClock::new(), Shift::default()).await;
    let id = fall(&desk).await;
    let alert = act(&desk, id, "officer", OFFICER, Move::Dispatch { to: None }).await;
    assert!(alert.life.called().nobody);
    assert_eq!(calls(&desk, id).await, [(CallReason::NobodyOnDuty, people(&["lead"]))]);
}

#[tokio::test]
async fn what_waited_through_a_downtime_fires_once_and_old_alerts_ask_first() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let before = desk_of(folder.path(), &clock, shift()).await;
    let old = fall(&before).await;
    act(&before, old, "officer", OFFICER, Move::Dispatch { to: None }).await;
    clock.turn(1500);
    while before.tick().await.unwrap() > 0 {}
    before.observe(&seen("b", 1, Phase::Alert, RIGHT)).await.unwrap();
    let new = AlertId(old.0 + 1);
    act(&before, new, "officer", OFFICER, Move::Dispatch { to: None }).await;
    let told_before = calls(&before, old).await.len();
    before.store().close().await;
    drop(before);

    clock.turn(600);
    let after = desk_of(folder.path(), &clock, shift()).await;
    while after.tick().await.unwrap() > 0 {}
    let of_new = calls(&after, new).await;
    let reasons: Vec<CallReason> = of_new.iter().map(|(why, _)| *why).collect();
    use CallReason::{Dispatch, LeaderTold, Reinforce, Supervise};
    assert_eq!(
        reasons,
        [Dispatch, Dispatch, LeaderTold, Reinforce, Supervise],
        "each overdue step once, in order"
    );
    let waits = after.store().alert(old).await.unwrap().unwrap();
    assert!(waits.life.is_backlog());
    assert_eq!(calls(&after, old).await.len(), told_before, "nobody is called before somebody says so");
    act(&after, old, "officer", OFFICER, Move::Proceed).await;
    assert_eq!(calls(&after, old).await.len(), told_before + 1);
}

#[tokio::test]
async fn holds_merges_and_departments() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk_of(folder.path(), &clock, shift()).await;
    let id = fall(&desk).await;
    desk.observe(&seen("b", 1, Phase::Alert, RIGHT)).await.unwrap();
    let other = AlertId(id.0 + 1);

    act(&desk, id, "officer", OFFICER, Move::Hold { reason: "rain".to_owned(), until: at(600) }).await;
    tick(&desk, &clock, 599).await;
    assert!(calls(&desk, id).await.is_empty(), "its clocks stand");
    tick(&desk, &clock, 1).await;
    assert!(desk.store().alert(id).await.unwrap().unwrap().life.on_hold().is_none());
    tick(&desk, &clock, 30).await;
    assert_eq!(calls(&desk, id).await[0].0, CallReason::NotJudged, "what was left of its time went on");

    act(&desk, id, "officer", OFFICER, Move::Merge { into: other }).await;
    assert_eq!(
        refused(&desk, id, "officer", OFFICER, Move::Confirm).await.allowed,
        [MoveKind::Unmerge, MoveKind::Note, MoveKind::Emergency]
    );
    let into_itself = desk.act(other, Move::Merge { into: id }, actor("officer", OFFICER), None).await;
    assert!(matches!(into_itself, Err(Error::BadMove { field: "into", .. })), "{into_itself:?}");
    let apart = act(&desk, id, "officer", OFFICER, Move::Unmerge).await;
    assert!(apart.life.is_open());

    act(&desk, id, "officer", OFFICER, Move::Confirm).await;
    let call = Move::CallIn { department: "医疗".to_owned(), reason: "unconscious".to_owned() };
    act(&desk, id, "officer", OFFICER, call).await;
    tick(&desk, &clock, 300).await;
    assert!(calls(&desk, id).await.iter().any(|(why, _)| *why == CallReason::NotAnswered));
    let answer = Move::Answer { department: "医疗".to_owned() };
    act(&desk, id, "liaison", ActorRole::Liaison, answer.clone()).await;
    assert_eq!(refused(&desk, id, "liaison", ActorRole::Liaison, answer).await.why, Why::State);
}

#[tokio::test]
async fn what_a_move_carries_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk_of(folder.path(), &TestClock::new(), shift()).await;
    let id = fall(&desk).await;
    let bad = [
        Move::Dismiss { reason: "  ".to_owned() },
        Move::Dismiss { reason: "a\u{7}bell".to_owned() },
        Move::Note { text: "x".repeat(2001) },
        Move::Hold { reason: "r".to_owned(), until: at(-1) },
        Move::Merge { into: id },
    ];
    for mv in bad {
        let answer = desk.act(id, mv.clone(), actor("officer", OFFICER), None).await;
        assert!(matches!(answer, Err(Error::BadMove { .. })), "{mv:?}: {answer:?}");
    }
    let quotes = Move::Note { text: "'; DROP TABLE alerts; -- \"quoted\"\nsecond line 结束".to_owned() };
    act(&desk, id, "officer", OFFICER, quotes.clone()).await;
    let timeline = desk.store().timeline(id).await.unwrap();
    assert!(
        timeline.iter().any(|entry| matches!(&entry.what, Happening::Moved { done, .. } if *done == quotes))
    );
    let unknown = desk.act(AlertId(999), Move::Confirm, actor("officer", OFFICER), None).await;
    assert!(matches!(unknown, Err(Error::UnknownAlert(AlertId(999)))));
}

fn any_move() -> impl Strategy<Value = Move> {
    let text = || "why".to_owned();
    prop_oneof![
        Just(Move::Confirm),
        Just(Move::Dismiss { reason: text() }),
        Just(Move::Dispatch { to: None }),
        Just(Move::Dispatch { to: Some("sun".to_owned()) }),
        Just(Move::Accept),
        Just(Move::Arrive),
        Just(Move::Report { text: text() }),
        Just(Move::Verify),
        Just(Move::Close { reason: Some(text()) }),
        Just(Move::Reassign { to: "sun".to_owned(), reason: text() }),
        Just(Move::Return { reason: text() }),
        Just(Move::Escalate { reason: text() }),
        Just(Move::Supervise { reason: text() }),
        (1..4000_i64).prop_map(move |s| Move::Hold { reason: "rain".to_owned(), until: at(s) }),
        Just(Move::Resume),
        Just(Move::Reopen { reason: text() }),
        Just(Move::Proceed),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Move(Move, &'static str, ActorRole),
    Wait(i64),
    Restart,
}

fn any_step() -> impl Strategy<Value = Step> {
    let who = prop_oneof![
        3 => Just(("officer", OFFICER)),
        2 => Just(("wang", WORKER)),
        1 => Just(("li", ActorRole::GridLeader))
    ];
    prop_oneof![
        6 => (any_move(), who).prop_map(|(mv, (person, role))| Step::Move(mv, person, role)),
        3 => (0..400_i64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Whatever people do, and however often the server is restarted: the timeline is one unbroken chain, a refused move leaves no
    /// trace, no running clock is overdue after a tick, each step fires once, and a dispatched alert is never forgotten.
    #[test]
    fn any_sequence_of_moves_and_restarts_keeps_the_promises(steps in prop::collection::vec(any_step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let clock = TestClock::new();
            let mut desk = desk_of(folder.path(), &clock, shift()).await;
            let id = fall(&desk).await;
            for step in steps {
                match step {
                    Step::Move(mv, who, role) => {
                        let before = desk.store().alert(id).await.unwrap().unwrap();
                        let allowed = before.life.allowed(role).contains(&mv.kind());
                        match desk.act(id, mv, actor(who, role), None).await {
                            Ok(after) => {
                                assert!(allowed);
                                assert_eq!(after.life.step(), before.life.step() + 1);
                            }
                            Err(Error::Refused(_, refused)) => {
                                assert!(!allowed || refused.why == Why::OwnCase);
                                assert_eq!(desk.store().alert(id).await.unwrap().unwrap(), before);
                            }
                            // A hold whose end is over by now.
                            Err(Error::BadMove { field, .. }) => assert_eq!(field, "until"),
                            Err(other) => panic!("{other}"),
                        }
                    }
                    Step::Wait(seconds) => tick(&desk, &clock, seconds).await,
                    Step::Restart => {
                        desk.store().close().await;
                        drop(desk);
                        desk = desk_of(folder.path(), &clock, shift()).await;
                        while desk.tick().await.unwrap() > 0 {}
                    }
                }
                check(&desk, id, &clock).await;
            }
        });
    }
}

async fn check(desk: &Desk, id: AlertId, clock: &TestClock) {
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    let mut state = AlertState::Pending;
    let mut fired = Vec::new();
    for entry in desk.store().timeline(id).await.unwrap() {
        match entry.what {
            Happening::Moved { from, to, .. } => {
                assert_eq!(from, state, "the chain is broken");
                state = to;
            }
            Happening::ClockFired { clock, due_at } => {
                assert!(entry.at >= due_at, "before its time");
                assert!(!fired.contains(&(clock.clone(), due_at)), "{clock:?} fired twice");
                fired.push((clock, due_at));
            }
            _ => {}
        }
    }
    assert_eq!(state, alert.life.state());
    let waits = |kind: ClockKind| alert.life.clocks().iter().any(|clock| clock.kind == kind);
    let now = clock.clock().now();
    for running in alert.life.clocks().iter().filter(|clock| clock.fired_at.is_none()) {
        assert!(
            running.due_at >= now || alert.life.on_hold().is_some() || running.due_at > now,
            "{running:?} at {now}"
        );
    }
    if alert.life.state() == AlertState::Dispatched
        && alert.life.on_hold().is_none()
        && !alert.life.is_backlog()
    {
        assert!(waits(ClockKind::Accept), "nobody waits for anybody");
    }
    assert!(!alert.life.state().is_final() || alert.life.clocks().is_empty());
}
