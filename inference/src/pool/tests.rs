//! Workers with models that do what they should not, watched by a clock that the test holds.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use proptest::prelude::*;
use tokio::sync::oneshot;

use super::*;
use crate::{
    batch::{Batch, Seen},
    canary::{self, Canary},
    detection::{Detection, Sighting, View},
    detector::BatchPolicy,
    geometry::{Part, Rect},
    letterbox::{Fit, Input, InputSize, Pixels},
    testing::frame,
    turned::ALL_VIEWS,
    worker::{Eyes, Job},
};

const SIZE: InputSize = InputSize { width: 32, height: 32 };

/// Frames of these greys make the stand-in misbehave.
const THROWS: u8 = 255;
const SAYS_NAN: u8 = 254;
const HANGS: u8 = 253;
const PANICS: u8 = 252;

/// Sees in every row one box whose score tells the picture's first pixel.
struct StandIn {
    views: &'static [View],
    world: Arc<World>,
}

/// What the stand-ins of a test share with it.
struct World {
    /// Whether new sessions cannot be opened.
    shut: AtomicBool,
    /// Whether sessions see nobody.
    blind: AtomicBool,
    opened: AtomicU64,
    /// Told by each that begins to hang.
    hanging: Sender<()>,
    /// Closed when those that hang are to come back.
    release: Receiver<()>,
}

impl BatchModel for StandIn {
    fn input(&self) -> Input {
        Input { size: SIZE, fit: Fit::Letterbox, pixels: Pixels::BGR, views: self.views }
    }

    fn run(&mut self, batch: &Batch) -> Result<Vec<Sighting>, String> {
        let rows = batch.tensor().chunks_exact(self.input().values());
        // The grey is at the left of a picture that was turned by 90°.
        let corners = rows.map(|row| if row[0] == 114.0 { row[SIZE.width - 1] } else { row[0] });
        let boxes = corners.map(|corner| {
            let score = match corner.round() as u8 {
                THROWS => return Err("refused".to_owned()),
                PANICS => panic!("a stand-in panics, as it was told to"),
                HANGS => {
                    self.world.hanging.send(()).unwrap();
                    self.world.release.recv().unwrap_err();
                    corner
                }
                SAYS_NAN => f32::NAN,
                _ => corner,
            };
            let seen = Detection { rect: Rect::new(0.0, 0.0, 32.0, 32.0), score, view: View::Upright };
            Ok((!self.world.blind.load(Relaxed)).then_some(seen).into_iter().collect())
        });
        boxes.collect()
    }
}

/// A pool of stand-ins, and its queue.
struct Test {
    pool: Arc<Pool>,
    jobs: Sender<Job>,
    world: Arc<World>,
    hanging: Receiver<()>,
    release: Option<Sender<()>>,
    start: Instant,
}

impl Test {
    fn new(sessions: usize, views: &'static [View], frames_max: usize) -> Self {
        let (jobs, queue) = bounded(2048);
        let (hang, hanging) = unbounded();
        let (release, released) = bounded(0);
        let world = Arc::new(World {
            shut: AtomicBool::new(false),
            blind: AtomicBool::new(false),
            opened: AtomicU64::new(0),
            hanging: hang,
            release: released,
        });
        let mut first = StandIn { views, world: world.clone() };
        let picture = canary::picture().unwrap();
        let reference = Eyes::default().look_at(&mut first, &picture).unwrap();
        let opener = world.clone();
        let shared = Shared {
            name: "stand-in".to_owned(),
            open: Box::new(move || {
                opener.opened.fetch_add(1, Relaxed);
                if opener.shut.load(Relaxed) {
                    return Err("shut".to_owned());
                }
                Ok(Box::new(StandIn { views, world: opener.clone() }))
            }),
            canary: Canary::new(picture, reference),
            policy: BatchPolicy { frames_max, wait_max: Duration::ZERO },
            queue,
            counters: Default::default(),
            changed: Default::default(),
        };
        let start = Instant::now();
        let stand_in = || Box::new(StandIn { views, world: world.clone() }) as Box<dyn BatchModel + Send>;
        let models = (0..sessions).map(|_| stand_in()).collect();
        let pool = Pool::start(shared, Limits::default(), models, start);
        Self { pool, jobs, world, hanging, release: Some(release), start }
    }

    fn ask(&self, grey: u8) -> oneshot::Receiver<Result<Seen, DetectError>> {
        let (reply, seen) = oneshot::channel();
        // Sizes differ too, so that a box mapped back by another row's letterbox shows.
        let frame = frame(&format!("cam-{grey}"), 32 + u32::from(grey), 64, [grey; 3]);
        let part = Part::whole(frame.width, frame.height);
        self.jobs.send(Job { frame, part, reply }).unwrap();
        seen
    }

    /// Looks after the pool as if it were so many seconds after its start.
    fn watch_at(&self, seconds: f64) {
        self.pool.watch(self.start + Duration::from_secs_f64(seconds));
    }

    /// Looks after the pool at that second until what a worker does meanwhile has made `so` true.
    async fn watch_until(&self, seconds: f64, so: impl Fn(&Pool) -> bool) {
        loop {
            self.watch_at(seconds);
            if so(&self.pool) {
                return;
            }
            self.pool.shared.changed.notified().await;
        }
    }

    async fn ready(&self, seconds: f64, count: usize) {
        self.watch_until(seconds, |pool| pool.condition().ready == count).await;
    }

    fn count(&self, counter: impl Fn(&crate::worker::Counters) -> &AtomicU64) -> u64 {
        counter(&self.pool.shared.counters).load(Relaxed)
    }
}

proptest! {
    #[test]
    fn every_row_goes_back_to_its_camera(
        greys in prop::collection::vec(0u8..252, 1..40), frames_max in 1usize..12, sessions in 1usize..4, turned: bool
    ) {
        let views = if turned { ALL_VIEWS } else { &[View::Upright] };
        let test = Test::new(sessions, views, frames_max);
        let waiting: Vec<_> = greys.iter().map(|grey| (*grey, test.ask(*grey))).collect();
        for (grey, answer) in waiting {
            let seen = answer.blocking_recv().unwrap().unwrap();
            prop_assert_eq!(seen.camera.as_str(), format!("cam-{grey}"));
            let seen_in: Vec<View> = seen.detections.iter().map(|d| d.view).collect();
            prop_assert_eq!(seen_in, views, "one box of each view");
            for detection in &seen.detections {
                prop_assert!((detection.score - f32::from(grey)).abs() < 1.0);
                // The box filled the input, so in every view it is the whole frame.
                let whole = Rect::new(0.0, 0.0, 32.0 + f32::from(grey), 64.0);
                prop_assert!(detection.rect.iou(&whole) > 0.999, "{:?}", detection);
            }
        }
    }
}

/// One batch is lost, another session goes on, and after a second there are as many as before.
async fn costs_one_batch(grey: u8, what: &str) {
    let test = Test::new(2, &[View::Upright], 1);
    test.ready(0.0, 2).await;
    let lost = test.ask(grey).await.unwrap().unwrap_err();
    assert_eq!(lost, DetectError::Model(what.to_owned()));
    test.ready(0.5, 1).await;
    assert_eq!(test.pool.condition().problem.as_deref(), Some(what));
    for grey in 0..20 {
        test.ask(grey).await.unwrap().unwrap();
    }
    test.ready(1.0, 2).await;
    assert_eq!(test.pool.condition().problem, None);
    assert_eq!((test.count(|c| &c.restarts), test.world.opened.load(Relaxed)), (1, 1));
}

#[tokio::test]
async fn a_model_that_throws_costs_one_batch_and_is_started_again() {
    costs_one_batch(THROWS, "refused").await;
}

#[tokio::test]
async fn a_model_that_says_nan_costs_one_batch_and_is_started_again() {
    costs_one_batch(SAYS_NAN, "the output holds values that are no numbers").await;
}

#[tokio::test]
async fn a_model_that_panics_costs_one_batch_and_is_started_again() {
    costs_one_batch(PANICS, "the thread panicked").await;
}

#[tokio::test]
async fn one_that_hangs_is_left_behind_after_ten_seconds_and_the_others_go_on_meanwhile() {
    let mut test = Test::new(2, &[View::Upright], 1);
    test.ready(0.0, 2).await;
    let mut lost = test.ask(HANGS);
    test.hanging.recv().unwrap();
    test.watch_at(5.0);
    for grey in 0..20 {
        test.ask(grey).await.unwrap().unwrap();
    }
    test.watch_at(14.9);
    assert!(lost.try_recv().is_err(), "it has its ten seconds");
    test.watch_at(15.0);
    assert_eq!(lost.await.unwrap(), Err(DetectError::Hung));
    test.ready(15.0, 2).await;
    assert_eq!((test.count(|c| &c.hung), test.count(|c| &c.abandoned)), (1, 1));
    test.release = None;
    test.watch_until(15.0, |pool| pool.shared.counters.abandoned.load(Relaxed) == 0).await;
    test.ask(1).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_model_that_always_hangs_takes_no_more_than_four_threads() {
    let test = Test::new(1, &[View::Upright], 1);
    let mut seconds = 0.0;
    for _ in 0..ABANDONED_MAX {
        test.ready(seconds, 1).await;
        let lost = test.ask(HANGS);
        test.hanging.recv().unwrap();
        test.watch_at(seconds);
        seconds += 100.0;
        test.watch_at(seconds);
        assert_eq!(lost.await.unwrap(), Err(DetectError::Hung));
        seconds += 100.0;
    }
    let refused = test.ask(1);
    test.watch_at(seconds + 1000.0);
    let refused = refused.await.unwrap().unwrap_err().to_string();
    assert_eq!(refused, "the model failed: no session works: it hung for 10 s");
    assert_eq!(test.count(|c| &c.abandoned), ABANDONED_MAX);
}

#[tokio::test]
async fn one_that_does_not_see_the_canary_is_not_believed_until_it_does() {
    let test = Test::new(1, &[View::Upright], 1);
    test.ready(0.0, 1).await;
    test.world.blind.store(true, Relaxed);
    test.watch_at(59.0);
    assert_eq!(test.ask(7).await.unwrap().unwrap().detections, [], "nobody has noticed yet");
    test.watch_until(60.0, |pool| pool.condition().problem.is_some()).await;
    assert!(test.pool.condition().problem.unwrap().starts_with("the canary: somebody at"));
    // It is started again, and is still blind.
    test.watch_until(62.0, |pool| pool.shared.counters.canary_failed.load(Relaxed) == 2).await;
    let refused = test.ask(7);
    test.watch_at(62.1);
    assert!(refused.await.unwrap().is_err());
    test.world.blind.store(false, Relaxed);
    test.ready(70.0, 1).await;
    assert_eq!(test.ask(7).await.unwrap().unwrap().detections.len(), 1);
}

#[tokio::test]
async fn one_that_passes_the_canary_each_minute_is_left_alone() {
    let test = Test::new(2, &[View::Upright], 1);
    test.ready(0.0, 2).await;
    for minute in 1..5 {
        let begun = |test: &Test| -> u64 { test.pool.begun().iter().sum() };
        let before = begun(&test);
        test.watch_at(60.0 * f64::from(minute));
        while begun(&test) < before + 2 {
            thread::yield_now();
        }
    }
    assert_eq!((test.count(|c| &c.restarts), test.pool.condition().ready), (0, 2));
}

#[tokio::test]
async fn one_that_cannot_be_opened_is_tried_less_and_less_often() {
    let test = Test::new(1, &[View::Upright], 1);
    test.ready(0.0, 1).await;
    test.world.shut.store(true, Relaxed);
    test.ask(THROWS).await.unwrap().unwrap_err();
    let at_rest = |pool: &Pool| matches!(pool.places.lock()[..], [Place::Resting { .. }]);
    for half_second in 0..1200 {
        test.watch_until(f64::from(half_second) / 2.0, at_rest).await;
    }
    let tried = test.world.opened.load(Relaxed);
    assert!((12..=18).contains(&tried), "1, 2, 4, 8, 16, 32 and then 60 s apart, for 600 s: {tried}");
    test.world.shut.store(false, Relaxed);
    test.ready(700.0, 1).await;
}
