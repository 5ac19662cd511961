//! The scheduler with an ingest and watchers that say what they judged, on paused time.

use gridwatch_ingest::IngestSettings;
use tokio::time::{Instant, sleep};

use super::*;

/// A clock that goes with tokio's.
fn clock() -> Clock {
    let began = Instant::now();
    let since = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
    Clock::from_fn(move || since + SignedDuration::try_from(began.elapsed()).unwrap())
}

fn camera(n: usize) -> CameraId {
    CameraId::new(&format!("cam-{n}")).unwrap()
}

/// A scheduler that runs, its ingest, and the clock of both.
fn running() -> (Scheduler, Ingest, Clock) {
    let clock = clock();
    let settings = IngestSettings::default();
    let scheduler = Scheduler::new(settings.sampling, SignedDuration::from_secs(8), clock.clone());
    let ingest = Ingest::new(settings, clock.clone()).unwrap();
    tokio::spawn(scheduler.clone().run(ingest.clone()));
    (scheduler, ingest, clock)
}

/// Judges frames of that age for so many seconds, five in each.
async fn judge(seats: &[Seat], clock: &Clock, age: SignedDuration, seconds: usize) {
    for n in 0..5 * seconds {
        seats[n % seats.len()].judged(clock.now() - age);
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn late_looks_make_looks_rarer_and_timely_ones_bring_them_back() {
    let (scheduler, ingest, clock) = running();
    let seats: Vec<Seat> = (0..10).map(|n| scheduler.enter(&camera(n))).collect();
    let full = SamplePolicy::default().pace();
    judge(&seats, &clock, SignedDuration::from_millis(100), 5).await;
    assert_eq!((ingest.pace(), scheduler.shares()), (full, Shares::FULL));

    judge(&seats, &clock, SignedDuration::from_secs(3), 5).await;
    assert_eq!(scheduler.shares().stage(), Stage::Turned);
    assert_eq!(ingest.pace(), Pace { quiet: Duration::from_secs(8), ..full });
    assert!(seats[0].turned_stretch() >= 2.0);
    judge(&seats, &clock, SignedDuration::from_secs(3), 40).await;
    let floor = Duration::from_secs(8);
    assert_eq!(ingest.pace(), Pace { quiet: floor, active: floor });

    judge(&seats, &clock, SignedDuration::from_millis(100), 150).await;
    assert_eq!((ingest.pace(), scheduler.shares()), (full, Shares::FULL));
}

#[tokio::test(start_paused = true)]
async fn what_was_judged_of_a_camera_is_known_until_it_leaves() {
    let (scheduler, ingest, clock) = running();
    let seat = scheduler.enter(&camera(1));
    assert_eq!(scheduler.looks(&camera(1)), Some((0, None)));
    let at = clock.now();
    seat.judged(at);
    assert_eq!(scheduler.looks(&camera(1)), Some((1, Some(at))));
    // Nothing is said of cameras from which no picture arrives.
    assert_eq!(scheduler.staleness(&ingest), StalenessByAttention::default());
    scheduler.leave(&camera(1));
    assert_eq!(scheduler.looks(&camera(1)), None);
}

#[tokio::test(start_paused = true)]
async fn floor_looks_are_as_many_as_the_cameras_need_and_fewer_when_looks_are_late() {
    let (scheduler, _ingest, clock) = running();
    let seats: Vec<Seat> = (0..80).map(|n| scheduler.enter(&camera(n))).collect();
    let count = async |age: SignedDuration| {
        let mut granted = 0;
        for n in 0..1000 {
            seats[n % seats.len()].judged(clock.now() - age);
            granted += usize::from(seats[n % seats.len()].floor_look().is_some());
            sleep(Duration::from_millis(20)).await;
        }
        granted
    };
    // 80 cameras every 8 s are 10 a second, with some room.
    let on_time = count(SignedDuration::ZERO).await;
    assert!((200..=260).contains(&on_time), "{on_time} in 20 s");
    count(SignedDuration::from_secs(8)).await;
    // A sixteenth is left, and half of that while looks are as late as the floor.
    let late = count(SignedDuration::from_secs(8)).await;
    assert!((5..=10).contains(&late), "{late} in 20 s");
}
