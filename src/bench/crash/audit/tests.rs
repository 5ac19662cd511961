//! The audit finds nothing in a true history, and finds each thing that is taken out of it or put into it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use axum::body::Bytes;
use futures::{FutureExt, future::BoxFuture};
use gridwatch_alerts::{Actor, ActorRole, ClockKind, Desk, Lease, Move, SendOutcome, Transport, run_sender};
use gridwatch_ingest::Clock;
use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::{
    app,
    bench::crash::{TIMES, configuration, histories, order::Sight, put},
    config::Config,
};

struct Story {
    histories: Vec<History>,
    acknowledged: Acknowledged,
    received: Received,
}

/// Notes the keys of what it sends.
#[derive(Default)]
struct Notebook(Mutex<Received>);

impl Transport for Notebook {
    fn send<'a>(&'a self, leases: &'a [Lease], _: Timestamp) -> BoxFuture<'a, Vec<SendOutcome>> {
        async move {
            let mut received = self.0.lock().unwrap();
            leases
                .iter()
                .for_each(|lease| drop(received.messages.insert(lease.key.clone(), (1, Bytes::new()))));
            leases.iter().map(|_| SendOutcome::Sent { delivered: true, answer: String::new() }).collect()
        }
        .boxed()
    }
}

impl Story {
    /// A fall whose judgement comes late and whose case is closed, and a crowd that nobody handles.
    async fn told() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = configuration(folder.path(), None, ([127, 0, 0, 1], 1).into()).unwrap();
        let config = Config::parse(&text, folder.path()).unwrap();
        let now = Arc::new(AtomicI64::new(1_800_000_000_000));
        let clock = {
            let now = now.clone();
            Clock::from_fn(move || Timestamp::from_millisecond(now.load(SeqCst)).unwrap())
        };
        let (desk, registry) = app::open_desk(&config, clock.clone()).await.unwrap();
        put(&desk, &registry).await.unwrap();
        let mut acknowledged = Acknowledged { ready_at: vec![clock.now()], ..Acknowledged::default() };

        let fall = Spot { camera: 1, place: 3, is_crowd: false };
        let crowd = Spot { camera: 2, place: 7, is_crowd: true };
        for (spot, stage) in [(fall, Stage::Begun), (crowd, Stage::Begun), (fall, Stage::Over)] {
            let sight = Sight { spot, incident: 1, stage, since: clock.now(), at: clock.now() };
            desk.observe(&sight.observation().unwrap()).await.unwrap();
            acknowledged.seen.entry(spot).or_default().push(stage);
            now.fetch_add(100, SeqCst);
        }
        pass(&desk, &now, 5_000).await;
        let reason = || "a reason".to_owned();
        let moves = [
            (Move::Confirm, ActorRole::DutyOfficer),
            (Move::Dispatch { to: None }, ActorRole::DutyOfficer),
            (Move::Accept, ActorRole::GridWorker),
            (Move::Dismiss { reason: reason() }, ActorRole::DutyOfficer),
        ];
        for (order, (mv, role)) in (1..).zip(moves) {
            let by =
                Actor { person: Some("demo-x".into()), name: "x".into(), role, from: format!("{order}") };
            desk.act(AlertId(1), mv, by, None).await.unwrap();
            acknowledged.moves.insert(order, AlertId(1));
            pass(&desk, &now, 700).await;
        }
        let notebook = Arc::new(Notebook::default());
        for channel in CHANNELS {
            let sender =
                run_sender(desk.clone(), channel.to_owned(), notebook.clone(), StdRng::seed_from_u64(1));
            let sender = tokio::spawn(sender);
            while desk.store().next_delivery(channel, desk.now()).await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
            sender.abort();
        }
        let received = notebook.0.lock().unwrap().clone();
        Self { histories: histories(&desk).await.unwrap(), acknowledged, received }
    }

    fn audit(&self) -> Findings {
        audit(&self.histories, &self.acknowledged, &self.received, &TIMES)
    }

    /// The one thing that is found.
    fn found(&self) -> String {
        let lost = self.audit().lost;
        assert_eq!(lost.len(), 1, "{lost:#?}");
        lost[0].clone()
    }

    fn judged(&self) -> usize {
        let timeline = &self.histories[0].timeline;
        let fired =
            |entry: &Entry| matches!(entry.what, Happening::ClockFired { clock: ClockKind::Judge, .. });
        timeline.iter().position(fired).unwrap()
    }
}

async fn pass(desk: &Desk, now: &AtomicI64, ms: i64) {
    for _ in 0..ms / 100 {
        now.fetch_add(100, SeqCst);
        while desk.tick().await.unwrap() > 0 {}
    }
}

#[tokio::test]
async fn a_true_history_is_in_order_and_every_change_of_it_is_found() {
    let story = Story::told().await;
    let findings = story.audit();
    assert_eq!(findings.lost, Vec::<String>::new());
    // Judge and three levels of 督办 of both.
    assert_eq!((findings.steps_due, findings.steps_fired), (8, 8));
    assert!(findings.deliveries > 10, "{findings:?}");

    let again = |change: &dyn Fn(&mut Story)| {
        let Story { histories, acknowledged, received } = &story;
        let mut story = Story {
            histories: histories.clone(),
            acknowledged: acknowledged.clone(),
            received: received.clone(),
        };
        change(&mut story);
        story
    };
    let judged = story.judged();
    let unfired = again(&|story| drop(story.histories[0].timeline.remove(judged)));
    assert!(unfired.found().contains("judge until"), "{}", unfired.found());
    assert_ne!(unfired.audit().steps_due, unfired.audit().steps_fired);
    let twice = again(&|story| {
        let entry = story.histories[0].timeline[judged].clone();
        story.histories[0].timeline.push(entry);
    });
    assert!(twice.found().contains("ran out 2 times"));
    let too_soon =
        again(&|story| story.histories[0].timeline[judged].at = story.histories[0].alert.opened_at);
    assert!(too_soon.found().contains("too soon"));
    let not_started = again(&|story| {
        for alert in &mut story.histories[1].course {
            let mut json = serde_json::to_value(&*alert).unwrap();
            let clocks = json["clocks"].as_array_mut().unwrap();
            clocks.retain(|clock| clock["clock"] != "judge");
            *alert = serde_json::from_value(json).unwrap();
        }
        let last = story.histories[1].course.last().unwrap().clone();
        story.histories[1].alert = last;
    });
    let lost = not_started.audit().lost;
    assert!(lost.iter().any(|what| what.contains("did not start")), "{lost:#?}");
    assert!(lost.iter().any(|what| what.contains("was not running")), "{lost:#?}");

    let missing = again(&|story| {
        let deliveries = &mut story.histories[0].deliveries;
        let app = deliveries.iter().position(|delivery| delivery.channel == "app").unwrap();
        deliveries.remove(app);
    });
    assert!(missing.found().contains("is missing"));
    let key = story.received.messages.keys().next().unwrap();
    let never_came = again(&|story| drop(story.received.messages.remove(key)));
    assert!(never_came.found().contains("never came"));
    let unknown = again(&|story| drop(story.received.messages.insert("99-0-0".into(), (1, Bytes::new()))));
    assert!(unknown.found().contains("not in the database"));
    let conflict = again(&|story| story.received.conflicts.push(key.clone()));
    assert!(conflict.found().contains("two messages"));

    let unmade = again(&|story| story.acknowledged.moves.extend([(77, AlertId(1))]));
    assert!(unmade.found().contains("not in the timeline"));
    let unseen = again(&|story| {
        let spot = Spot { camera: 9, place: 9, is_crowd: false };
        story.acknowledged.seen.insert(spot, vec![Stage::Begun]);
    });
    assert!(unseen.found().contains("has 0 alerts"));
    let doubled = again(&|story| {
        let twin = story.histories[1].clone();
        story.histories.push(twin);
    });
    assert!(doubled.audit().lost.iter().any(|what| what.contains("has 2 alerts")));
    let not_over = again(&|story| {
        story.acknowledged.seen.values_mut().for_each(|stages| stages.push(Stage::Over));
    });
    assert!(not_over.found().contains("it is over"));
    let moved_twice = again(&|story| {
        let timeline = &mut story.histories[0].timeline;
        let entry = timeline.iter().find(|entry| entry.by.from == "1").unwrap().clone();
        timeline.push(entry);
    });
    assert!(moved_twice.found().contains("was made 2 times"), "{}", moved_twice.found());
    let torn = again(&|story| drop(story.histories[0].course.pop()));
    assert!(torn.audit().lost.iter().any(|what| what.contains("differ")));
}
