//! The canary goes the whole way of an alert, and what does not arrive is noticed.

use std::sync::{Arc, Mutex};

use futures::{FutureExt, future::BoxFuture};
use gridwatch_alerts::{
    APP_CHANNEL, CANARY_MISSING, Desk, Lease, Level, Link, LinkKind, Problems, Reach, Recorder, Route,
    SendOutcome, Setup, Told, Transport, run_sender, send_canary,
};
use jiff::Timestamp;
use rand::{SeedableRng, rngs::StdRng};
use tokio::task::JoinHandle;

use crate::support::{Shift, TestClock, at, desk_of, problems, setup};

/// Takes everything, or nothing.
#[derive(Default)]
struct Gateway {
    is_down: Mutex<bool>,
    got: Mutex<Vec<Told>>,
}

impl Transport for Gateway {
    fn send<'a>(&'a self, leases: &'a [Lease], _: Timestamp) -> BoxFuture<'a, Vec<SendOutcome>> {
        async move {
            if *self.is_down.lock().unwrap() {
                return leases.iter().map(|_| SendOutcome::Never { answer: "gone".to_owned() }).collect();
            }
            self.got.lock().unwrap().extend(leases.iter().map(|lease| lease.notice.why));
            let sent = |_| SendOutcome::Sent { delivered: true, answer: "ok".to_owned() };
            leases.iter().map(sent).collect()
        }
        .boxed()
    }
}

struct Chain {
    desk: Desk,
    problems: Problems,
    clock: TestClock,
    recorder: Recorder,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Chain {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn route(channel: &str, reaches: Reach) -> Route {
    Route { channel: channel.to_owned(), reaches, level: Level::BLUE, grid: None, alarms_only: false }
}

async fn start(folder: &std::path::Path, gateway: &Arc<Gateway>) -> Chain {
    start_at(folder, gateway, TestClock::new()).await
}

async fn start_at(folder: &std::path::Path, gateway: &Arc<Gateway>, clock: TestClock) -> Chain {
    let desk = desk_of(folder, &clock, Shift::default()).await;
    let routes = [route("city", Reach::Systems), route("group", Reach::Group)];
    desk.set_up(Setup { routes: Arc::new(routes), ..setup(Shift::default()) });
    let problems = problems(&clock);
    let (recorder, recording, orders) = Recorder::new(desk.clone(), problems.clone());
    let gateway: Arc<dyn Transport> = Arc::<Gateway>::clone(gateway);
    let tasks = vec![
        tokio::spawn(recording.run()),
        tokio::spawn(run_sender(desk.clone(), "city".to_owned(), gateway, StdRng::seed_from_u64(1))),
        tokio::spawn(async move {
            let _orders = orders;
            std::future::pending().await
        }),
    ];
    let chain = Chain { desk, problems, clock, recorder, tasks };
    chain.send().await;
    chain
}

impl Chain {
    fn link(&self, name: &str) -> Option<Link> {
        self.desk.links().into_iter().find(|link| link.name == name)
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let came = async {
            while !is_so(self) {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(30), came).await;
        assert!(waited.is_ok(), "{what}: {:?}", self.desk.links());
    }

    /// Sends one canary, and waits until it is written and told.
    async fn send(&self) {
        let mut canaries = self.desk.hub().canaries();
        canaries.mark_unchanged();
        send_canary(&self.desk, &self.recorder, &self.problems);
        canaries.changed().await.unwrap();
    }

    async fn minute(&self) {
        self.clock.turn(60);
        self.send().await;
    }
}

#[tokio::test]
async fn each_link_says_when_it_was_last_proven() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Arc::new(Gateway::default());
    let chain = start(folder.path(), &gateway).await;
    chain.until("the channel", |chain| chain.link("city").unwrap().last_proven == Some(at(0))).await;
    assert_eq!(chain.link("chain").unwrap().last_proven, Some(at(0)));
    assert_eq!(
        chain.link("group").unwrap(),
        Link { kind: LinkKind::Channel, name: "group".to_owned(), last_proven: None, missed: None }
    );
    chain.desk.prove(LinkKind::Screen, "wall-1");
    chain.minute().await;
    chain.until("the channel again", |chain| chain.link("city").unwrap().last_proven == Some(at(60))).await;
    assert_eq!(chain.link("wall-1").unwrap().missed, Some(1));
    assert_eq!(*gateway.got.lock().unwrap(), [Told::Canary, Told::Canary]);
    assert!(chain.problems.list().is_empty());
}

#[tokio::test]
async fn three_missing_are_a_problem_and_the_lead_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Arc::new(Gateway::default());
    let chain = start(folder.path(), &gateway).await;
    chain.until("the channel", |chain| chain.link("city").unwrap().last_proven.is_some()).await;
    *gateway.is_down.lock().unwrap() = true;
    for minute in 1..=2 {
        chain.minute().await;
        assert!(chain.problems.list().is_empty(), "after {minute}");
    }
    chain.minute().await;
    let problem = chain.problems.list().remove(0);
    assert_eq!((problem.code, problem.detail.as_str()), (CANARY_MISSING, "city"));
    chain.minute().await;
    chain.minute().await;
    let told = chain.desk.store().deliveries_to("lead", APP_CHANNEL, 0, 10).await.unwrap();
    let [told] = &told[..] else { panic!("{told:?}") };
    assert_eq!((told.alert, told.notice.camera.name.as_str()), (None, "city"));

    *gateway.is_down.lock().unwrap() = false;
    chain.minute().await;
    chain.until("the channel again", |chain| chain.link("city").unwrap().missed == Some(0)).await;
    chain.minute().await;
    assert!(chain.problems.list().is_empty());
}

#[tokio::test]
async fn a_screen_that_dies_is_missed_also_over_a_restart_and_one_that_is_closed_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Arc::new(Gateway::default());
    let chain = start(folder.path(), &gateway).await;
    chain.until("the chain", |chain| chain.link("chain").unwrap().last_proven.is_some()).await;
    for screen in ["wall-1", "laptop"] {
        chain.desk.prove(LinkKind::Screen, screen);
    }
    chain.desk.forget_link(LinkKind::Screen, "laptop");
    chain.minute().await;
    let clock = chain.clock.clone();
    chain.desk.store().close().await;
    drop(chain);

    clock.turn(600);
    let chain = start_at(folder.path(), &gateway, clock).await;
    chain.until("the chain", |chain| chain.link("chain").unwrap().last_proven.is_some()).await;
    assert!(chain.link("laptop").is_none());
    // What was missed while the server was down says nothing about the screen.
    assert_eq!(chain.link("wall-1").unwrap().missed, Some(0));
    for _ in 0..3 {
        chain.minute().await;
    }
    assert!(chain.problems.list()[0].detail.contains("wall-1"));
}
