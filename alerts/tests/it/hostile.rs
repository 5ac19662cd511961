//! A machine's clock that goes back, words that nobody would type, and answers that nobody would give.

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use gridwatch_alerts::{
    Actor, ActorRole, Alert, AlertFilter, AlertId, AlertState, CameraEntry, Cameras, ClockKind,
    DeliveryState, Desk, Happening, Lease, Level, Move, OpenError, Reach, Route, SendOutcome, Setup, Store,
    Transport, run_sender,
};
use gridwatch_inference::{Phase, crowd::CrowdLevel};
use gridwatch_roster::RungName;
use jiff::Timestamp;
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

use crate::support::{LEFT, Shift, TestClock, actor, at, crowd, desk_of, entry, seen, setup, street};

const HOUR: i64 = 3600;
const OFFICER: ActorRole = ActorRole::DutyOfficer;

fn shift() -> Shift {
    Shift::default().with(RungName::Primary, &["wang"]).with(RungName::Leader, &["li"])
}

async fn dispatched(desk: &Desk) -> AlertId {
    desk.observe(&seen("a", 1, Phase::Alert, LEFT)).await.unwrap();
    let id = desk.open_incidents().await.unwrap()[0].alert;
    desk.act(id, Move::Dispatch { to: None }, actor("officer", OFFICER), None).await.unwrap();
    id
}

async fn tick(desk: &Desk, clock: &TestClock, seconds: i64) {
    clock.turn(seconds);
    while desk.tick().await.unwrap() > 0 {}
}

/// Until when each clock was that ran out, in order.
async fn fired(desk: &Desk, id: AlertId) -> Vec<(ClockKind, Timestamp)> {
    let timeline = desk.store().timeline(id).await.unwrap();
    let fired = timeline.into_iter().filter_map(|entry| match entry.what {
        Happening::ClockFired { clock, due_at } => Some((clock, due_at)),
        _ => None,
    });
    fired.collect()
}

async fn alert(desk: &Desk, id: AlertId) -> Alert {
    desk.store().alert(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_clock_from_the_future_begins_anew_and_runs_out_once() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk_of(folder.path(), &clock, shift()).await;
    let id = dispatched(&desk).await;
    tick(&desk, &clock, -8 * HOUR).await;
    let now = at(-8 * HOUR);
    assert_eq!(desk.next_due().await.unwrap(), Some(now + jiff::SignedDuration::from_secs(60)));
    let begun = desk.store().timeline(id).await.unwrap();
    let anew = begun.iter().filter(|entry| matches!(entry.what, Happening::ClockBegunAnew { .. }));
    // To accept, to report, and the three levels of 督办; it was judged by being dispatched.
    assert_eq!(anew.count(), 5);
    tick(&desk, &clock, 59).await;
    assert_eq!(fired(&desk, id).await, []);
    tick(&desk, &clock, 1).await;
    assert_eq!(fired(&desk, id).await, [(ClockKind::Accept, now + jiff::SignedDuration::from_secs(60))]);
    // The time is set right again: what ran out does not run out again.
    tick(&desk, &clock, 8 * HOUR).await;
    let all = fired(&desk, id).await;
    assert_eq!(all.iter().filter(|(kind, _)| *kind == ClockKind::Report).count(), 1);
    assert_eq!(all.iter().filter(|of| **of == all[0]).count(), 1);
}

#[tokio::test]
async fn it_is_the_same_where_the_time_goes_back_while_nobody_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let before = desk_of(folder.path(), &clock, shift()).await;
    let id = dispatched(&before).await;
    before.store().close().await;
    drop(before);
    clock.turn(-8 * HOUR);
    let after = desk_of(folder.path(), &clock, shift()).await;
    tick(&after, &clock, 0).await;
    tick(&after, &clock, 60).await;
    let all = fired(&after, id).await;
    assert_eq!(all, [(ClockKind::Accept, at(60 - 8 * HOUR))]);
}

#[tokio::test]
async fn a_small_step_back_changes_nothing_but_the_wait() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk_of(folder.path(), &clock, shift()).await;
    let id = dispatched(&desk).await;
    tick(&desk, &clock, 50).await;
    tick(&desk, &clock, -30).await;
    tick(&desk, &clock, 39).await;
    assert_eq!(fired(&desk, id).await, []);
    tick(&desk, &clock, 1).await;
    assert_eq!(
        fired(&desk, id).await,
        [(ClockKind::Accept, at(60))],
        "by the machine's time, as it was said"
    );
}

#[tokio::test]
async fn a_hold_ends_as_long_after_as_it_was_to_last() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk_of(folder.path(), &clock, shift()).await;
    let id = dispatched(&desk).await;
    let hold = Move::Hold { reason: "a gate is locked".to_owned(), until: at(600) };
    desk.act(id, hold, actor("officer", OFFICER), None).await.unwrap();
    tick(&desk, &clock, -HOUR).await;
    assert_eq!(alert(&desk, id).await.life.on_hold().unwrap().until, at(600 - HOUR));
    tick(&desk, &clock, 600).await;
    assert!(alert(&desk, id).await.life.on_hold().is_none());
}

/// Says of everything that it was sent, with an answer that no database wants.
struct Rude;

impl Transport for Rude {
    fn send<'a>(&'a self, leases: &'a [Lease], _: Timestamp) -> BoxFuture<'a, Vec<SendOutcome>> {
        let answer = "ok\0\u{1b}[31m'; DROP TABLE alerts; --".to_owned();
        async move { vec![SendOutcome::Sent { delivered: false, answer }; leases.len()] }.boxed()
    }
}

#[tokio::test]
async fn a_message_from_the_future_is_sent_and_a_rude_answer_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk_of(folder.path(), &clock, shift()).await;
    let sms = Route {
        channel: "sms".to_owned(),
        reaches: Reach::People,
        level: Level::BLUE,
        grid: None,
        alarms_only: false,
    };
    desk.set_up(Setup { routes: Arc::new([sms]), ..setup(shift()) });
    let id = dispatched(&desk).await;
    clock.turn(-8 * HOUR);
    assert!(desk.store().next_delivery("sms", desk.now()).await.unwrap().unwrap() <= desk.now());
    let sender = run_sender(desk.clone(), "sms".to_owned(), Arc::new(Rude), StdRng::seed_from_u64(1));
    let sender = tokio::spawn(sender);
    while desk.store().next_delivery("sms", desk.now()).await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    sender.abort();
    let deliveries = desk.store().deliveries(id).await.unwrap();
    let sent = deliveries.iter().find(|delivery| delivery.channel == "sms").unwrap();
    assert_eq!(sent.state, DeliveryState::Sent);
    assert_eq!(sent.answer.as_deref(), Some("ok  [31m'; DROP TABLE alerts; --"));
}

/// What a server that was killed was about to send goes out at once when the next one is there, not after its lease.
#[tokio::test]
async fn what_a_dead_server_held_is_free_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let before = desk_of(folder.path(), &clock, shift()).await;
    let id = dispatched(&before).await;
    let held = before.store().lease_deliveries("app", 10, clock.clock().now()).await.unwrap();
    assert!(!held.is_empty());
    before.store().close().await;
    drop(before);
    let after = desk_of(folder.path(), &clock, shift()).await;
    let again = after.store().lease_deliveries("app", 10, clock.clock().now()).await.unwrap();
    let keys = |leases: &[Lease]| leases.iter().map(|lease| lease.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&again), keys(&held));
    assert_eq!(again[0].alert, Some(id));
}

#[tokio::test]
async fn names_and_words_come_back_as_they_were_given() {
    let quoted = r#"O'Hara "小区" \"; DROP TABLE alerts; -- <script>$1 %s {} 🚶"#;
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let store = crate::database(folder.path());
    let named = CameraEntry { name: quoted.to_owned(), ..entry("a", 0.5, 0.5) };
    let cameras = Arc::new(Cameras::register([named], &street()).unwrap());
    let store = Store::open(&store).await.unwrap();
    let desk = Desk::open(store, cameras, setup(shift()), clock.clock()).await.unwrap();
    desk.observe(&crowd("a", quoted, 1, Phase::Alert, CrowdLevel::Attention, 3.0)).await.unwrap();
    let all = desk.store().alerts(AlertFilter { limit: 9, ..AlertFilter::default() }).await.unwrap();
    assert_eq!((all[0].camera.name.as_str(), all[0].zone()), (quoted, Some(quoted)));
    let by = Actor { name: quoted.to_owned(), ..actor("officer", OFFICER) };
    let note = Move::Note { text: quoted.to_owned() };
    desk.act(all[0].id, note.clone(), by.clone(), None).await.unwrap();
    let timeline = desk.store().timeline(all[0].id).await.unwrap();
    let entry = timeline.last().unwrap();
    assert_eq!(
        (&entry.by, &entry.what),
        (&by, &Happening::Moved { done: note, from: AlertState::Pending, to: AlertState::Pending })
    );
    for text in ["\0", "a\u{7}", "\u{1b}[2J", "", " ", &"长".repeat(2001)] {
        let refused = desk.act(all[0].id, Move::Note { text: text.to_owned() }, by.clone(), None).await;
        assert!(refused.unwrap_err().to_string().contains("1 to 2000 characters"), "{text:?}");
    }
    // The second crowd of a zone whose name is alike but for the case is another one.
    desk.observe(&crowd("a", &quoted.to_lowercase(), 2, Phase::Alert, CrowdLevel::Attention, 3.0))
        .await
        .unwrap();
    assert_eq!(desk.open_incidents().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_second_server_is_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let database = crate::database(folder.path());
    let _first = Store::open(&database).await.unwrap();
    let refused = Store::open(&database).await.unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }));
    let sentence =
        format!("{database} is in use by another gridwatch; stop that one or name another database");
    assert!(refused.to_string().contains(&sentence), "{refused}");
}

#[derive(Clone, Debug)]
enum Step {
    Turn(i64),
    Accept,
    Return,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..200_i64).prop_map(Step::Turn),
        2 => (-9 * HOUR..9 * HOUR).prop_map(Step::Turn),
        1 => Just(Step::Accept),
        1 => Just(Step::Return),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However the machine's time jumps: no clock runs out twice or too soon, and none has more time left than it had at first.
    #[test]
    fn no_jump_of_time_loses_or_doubles_a_clock(steps in prop::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            play(folder.path(), &steps).await;
        });
    }
}

async fn play(folder: &std::path::Path, steps: &[Step]) {
    let clock = TestClock::new();
    let mut desk = desk_of(folder, &clock, shift()).await;
    let id = dispatched(&desk).await;
    for step in steps {
        match step {
            Step::Turn(seconds) => clock.turn(*seconds),
            // Refused where the state does not allow it, which is right.
            Step::Accept => {
                drop(desk.act(id, Move::Accept, actor("wang", ActorRole::GridWorker), None).await)
            }
            Step::Return => {
                let back = Move::Return { reason: "far away".to_owned() };
                drop(desk.act(id, back, actor("wang", ActorRole::GridWorker), None).await);
            }
            Step::Restart => {
                desk.store().close().await;
                drop(desk);
                desk = desk_of(folder, &clock, shift()).await;
            }
        }
        while desk.tick().await.unwrap() > 0 {}
        let now = desk.now();
        for clock in alert(&desk, id).await.life.clocks().iter().filter(|clock| clock.fired_at.is_none()) {
            let left = clock.due_at.duration_since(now);
            assert!(left.is_positive(), "{clock:?} is due and did not run out");
            let length = clock.due_at.duration_since(clock.started_at);
            assert!(left <= length + jiff::SignedDuration::from_secs(1), "{clock:?} at {now}");
        }
    }
    for entry in desk.store().timeline(id).await.unwrap() {
        if let Happening::ClockFired { due_at, .. } = entry.what {
            assert!(entry.at >= due_at, "{entry:?}");
        }
    }
    let fired = fired(&desk, id).await;
    for (n, one) in fired.iter().enumerate() {
        let once = matches!(one.0, ClockKind::Report | ClockKind::Supervise { .. });
        assert!(!once || fired[..n].iter().all(|(kind, _)| *kind != one.0), "{one:?} ran out twice");
    }
}
