//! What is written for a channel is sent, in the order of urgency, again under the same key, and never twice at once.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use futures::{FutureExt, future::BoxFuture};
use gridwatch_alerts::{
    ActorRole, AlertId, DeliveryState, Desk, Lease, Level, Move, Reach, Route, SendOutcome, Setup, Transport,
    run_sender,
};
use gridwatch_inference::Phase;
use gridwatch_roster::RungName;
use jiff::{SignedDuration, Timestamp};
use rand::{SeedableRng, rngs::StdRng};
use tokio::sync::watch;

use crate::support::{LEFT, RIGHT, Shift, TestClock, actor, desk_of, seen, setup};

/// Notes what it is given, and says what it was told to say; otherwise that it was sent.
struct Notebook {
    sent: Mutex<Vec<Lease>>,
    answers: Mutex<VecDeque<SendOutcome>>,
    count: watch::Sender<usize>,
}

impl Notebook {
    fn new(answers: impl IntoIterator<Item = SendOutcome>) -> Arc<Self> {
        let answers = Mutex::new(answers.into_iter().collect());
        Arc::new(Self { sent: Mutex::default(), answers, count: watch::Sender::new(0) })
    }

    /// The first so many, as soon as there are as many.
    async fn first(&self, count: usize) -> Vec<Lease> {
        self.count.subscribe().wait_for(|sent| *sent >= count).await.unwrap();
        self.sent.lock().unwrap()[..count].to_vec()
    }
}

impl Transport for Notebook {
    fn send<'a>(&'a self, leases: &'a [Lease], _: Timestamp) -> BoxFuture<'a, Vec<SendOutcome>> {
        async move {
            let mut answers = self.answers.lock().unwrap();
            let sent = || SendOutcome::Sent { delivered: false, answer: "ok".to_owned() };
            let outcomes = leases.iter().map(|_| answers.pop_front().unwrap_or_else(sent)).collect();
            self.sent.lock().unwrap().extend(leases.iter().cloned());
            self.count.send_modify(|count| *count += leases.len());
            outcomes
        }
        .boxed()
    }
}

const SMS: &str = "sms";

fn with_sms() -> Setup {
    let route = Route {
        channel: SMS.to_owned(),
        reaches: Reach::People,
        level: Level::BLUE,
        grid: None,
        alarms_only: false,
    };
    Setup { routes: Arc::new([route]), ..setup(Shift::default().with(RungName::Primary, &["wang", "li"])) }
}

async fn start(folder: &std::path::Path, clock: &TestClock) -> Desk {
    let desk = desk_of(folder, clock, Shift::default()).await;
    desk.set_up(with_sms());
    desk
}

async fn dispatch(
    desk: &Desk,
    camera: &str,
    phase: Phase,
    place: gridwatch_inference::geometry::Rect,
) -> AlertId {
    desk.observe(&seen(camera, 1, phase, place)).await.unwrap();
    let id = desk.open_incidents().await.unwrap().last().unwrap().alert;
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    if alert.life.times().dispatched.is_none() {
        desk.act(id, Move::Dispatch { to: None }, actor("officer", ActorRole::DutyOfficer), None)
            .await
            .unwrap();
    }
    id
}

async fn until(desk: &Desk, id: AlertId, person: &str, state: DeliveryState) {
    loop {
        let all = desk.store().deliveries(id).await.unwrap();
        if all.iter().any(|d| d.channel == SMS && d.recipient == person && d.state == state) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_most_urgent_goes_first_and_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = start(folder.path(), &clock).await;
    let orange = dispatch(&desk, "a", Phase::Alert, LEFT).await;
    let red = dispatch(&desk, "b", Phase::LongLie, RIGHT).await;
    let notebook = Notebook::new([]);
    let sender =
        tokio::spawn(run_sender(desk.clone(), SMS.to_owned(), notebook.clone(), StdRng::seed_from_u64(1)));
    let sent = notebook.first(4).await;
    let alerts: Vec<_> = sent.iter().map(|lease| lease.alert.unwrap()).collect();
    assert_eq!(alerts, [red, red, orange, orange]);
    until(&desk, orange, "li", DeliveryState::Sent).await;
    // What comes later is sent too, and nothing is sent again.
    clock.turn(60);
    while desk.tick().await.unwrap() > 0 {}
    let more = notebook.first(8).await;
    let mut keys: Vec<_> = more.iter().map(|lease| lease.key.clone()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 8);
    sender.abort();
}

#[tokio::test]
async fn what_fails_is_sent_again_under_the_same_key_and_what_never_works_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = start(folder.path(), &clock).await;
    let id = dispatch(&desk, "a", Phase::Alert, LEFT).await;
    let notebook = Notebook::new([
        SendOutcome::Later { after: Some(SignedDuration::from_secs(7)), answer: "busy".to_owned() },
        SendOutcome::Never { answer: "no such number".to_owned() },
    ]);
    let sender =
        tokio::spawn(run_sender(desk.clone(), SMS.to_owned(), notebook.clone(), StdRng::seed_from_u64(1)));
    let first = notebook.first(2).await;
    until(&desk, id, "li", DeliveryState::Failed).await;
    until(&desk, id, "wang", DeliveryState::Queued).await;
    // The receiver asked for 7 s; the change that follows wakes the sender.
    clock.turn(9);
    desk.act(id, Move::Confirm, actor("officer", ActorRole::DutyOfficer), None).await.ok();
    desk.act(
        id,
        Move::Note { text: "still there".to_owned() },
        actor("officer", ActorRole::DutyOfficer),
        None,
    )
    .await
    .unwrap();
    let again = notebook.first(3).await[2].clone();
    assert_eq!((&again.key, again.attempts), (&first[0].key, 1));
    until(&desk, id, "wang", DeliveryState::Sent).await;
    let failed = desk.store().deliveries(id).await.unwrap();
    let failed = failed.iter().find(|d| d.state == DeliveryState::Failed).unwrap();
    assert_eq!(failed.answer.as_deref(), Some("no such number"));
    sender.abort();
}

/// A sender dies between sending and noting: after 30 s another one sends the same, under the same key.
#[tokio::test]
async fn a_sender_that_dies_leaves_what_it_held_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = start(folder.path(), &clock).await;
    let id = dispatch(&desk, "a", Phase::Alert, LEFT).await;
    let held = desk.store().lease_deliveries(SMS, 10, clock.clock().now()).await.unwrap();
    assert_eq!(held.len(), 2);
    assert!(desk.store().lease_deliveries(SMS, 10, clock.clock().now()).await.unwrap().is_empty());
    clock.turn(30);
    let notebook = Notebook::new([]);
    let sender =
        tokio::spawn(run_sender(desk.clone(), SMS.to_owned(), notebook.clone(), StdRng::seed_from_u64(1)));
    let keys = |leases: &[Lease]| leases.iter().map(|lease| lease.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&notebook.first(2).await), keys(&held));
    until(&desk, id, "wang", DeliveryState::Sent).await;
    sender.abort();
}

#[tokio::test]
async fn a_channel_that_bears_no_more_costs_no_try() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = start(folder.path(), &clock).await;
    let id = dispatch(&desk, "a", Phase::Alert, LEFT).await;
    let wait = || SendOutcome::Wait { after: SignedDuration::from_secs(5) };
    let notebook = Notebook::new([wait(), wait()]);
    let sender =
        tokio::spawn(run_sender(desk.clone(), SMS.to_owned(), notebook.clone(), StdRng::seed_from_u64(1)));
    notebook.first(2).await;
    loop {
        let all = desk.store().deliveries(id).await.unwrap();
        if all
            .iter()
            .filter(|d| d.channel == SMS)
            .all(|d| d.attempts == 0 && d.state == DeliveryState::Queued)
        {
            break;
        }
        tokio::task::yield_now().await;
    }
    // Somebody comes before the channel has room: nobody else is told.
    desk.act(id, Move::Accept, actor("wang", ActorRole::GridWorker), None).await.unwrap();
    until(&desk, id, "wang", DeliveryState::Accepted).await;
    until(&desk, id, "li", DeliveryState::Cancelled).await;
    sender.abort();
}
