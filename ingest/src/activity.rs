//! How much goes on before a camera, told from the sizes of its encoded pictures, without decoding any.
//!
//! An encoder spends bytes on what changed. So the mean size of the pictures between two key pictures, held against what
//! is usual for this camera, says whether something moves. A camera that is held to a constant bit rate spends its
//! bytes in any case, and so is always as usual: a score says where to look sooner, never where not to look.

use std::time::Duration;

use crate::access_unit::{AccessUnit, REORDER_MAX};

/// Sizes are taken together for so long: a mean over less swings between large and small kinds of pictures.
const WINDOW: Duration = Duration::from_millis(500);
/// No window counts for longer: behind it is a gap in the stream.
const WINDOW_MAX: Duration = Duration::from_secs(2);
/// So many pictures after a key picture mend what it was coarse about, and say little of what goes on.
const AFTER_KEY: u8 = 3;
/// Bytes of a picture in which as good as nothing changed; less is not told apart.
const NOTHING_BYTES: f32 = 200.0;
/// The level follows the windows within so many seconds.
const LEVEL_S: f32 = 0.5;
/// What is usual falls to a lower level within so many seconds, for a moment of rest shows what rest is; and rises to a higher
/// one so slowly that a person crossing the picture is not usual yet when they have left, but a new bit rate soon is.
const USUAL_FALLS_S: f32 = 5.0;
const USUAL_RISES_S: f32 = 60.0;
/// What is usual is not known before so much has been seen.
const KNOWN_AFTER_S: f32 = 5.0;
/// A camera becomes active above the one score, and quiet below the other.
const ACTIVE_ABOVE: f32 = 1.5;
const QUIET_BELOW: f32 = 1.2;

/// The activity of one camera. Pure: time is the pictures' own.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// Since when, how many and how large: the pictures that are taken together.
    window_from: Option<Duration>,
    pictures: u32,
    bytes: u64,
    since_key: u8,
    /// Bytes of a picture now, and usually; nothing before the first window.
    level: f32,
    usual: f32,
    seen_s: f32,
    active: bool,
}

impl Activity {
    /// Takes the next access unit, in decoding order.
    pub fn on_access_unit(&mut self, unit: &AccessUnit) {
        let from = match self.window_from {
            Some(from) if unit.pts + REORDER_MAX >= from => from,
            Some(_) | None => {
                self.restart();
                unit.pts
            }
        };
        self.window_from = Some(from);
        if unit.key {
            self.since_key = 0;
        } else if self.since_key < AFTER_KEY {
            self.since_key += 1;
        } else {
            self.pictures += 1;
            self.bytes += unit.data.len() as u64;
        }
        let passed = unit.pts.saturating_sub(from);
        if passed >= WINDOW {
            self.close_window(passed.min(WINDOW_MAX).as_secs_f32());
            self.window_from = Some(unit.pts);
        }
    }

    /// Forgets the window that was begun, as after a reconnect. What is usual stays.
    pub fn restart(&mut self) {
        self.window_from = None;
        self.pictures = 0;
        self.bytes = 0;
        // Nothing is known of what came before.
        self.since_key = 0;
    }

    /// How large the pictures are now, where 1 is as usual. Also 1 while nothing is known.
    pub fn score(&self) -> f32 {
        if self.usual > 0.0 { self.level / self.usual } else { 1.0 }
    }

    /// Whether more goes on than usual. Also as long as what is usual is not known, be it at the beginning or because there
    /// is nothing but key pictures: not knowing is no reason to look away.
    pub fn is_active(&self) -> bool {
        self.active || !self.is_known()
    }

    /// Whether enough has been seen to say what is usual.
    pub fn is_known(&self) -> bool {
        self.seen_s >= KNOWN_AFTER_S
    }

    fn close_window(&mut self, passed_s: f32) {
        let (pictures, bytes) = (std::mem::take(&mut self.pictures), std::mem::take(&mut self.bytes));
        if pictures == 0 {
            return;
        }
        let mean = (bytes as f32 / pictures as f32).max(NOTHING_BYTES);
        if self.usual == 0.0 {
            (self.level, self.usual) = (mean, mean);
        }
        approach(&mut self.level, mean, passed_s / LEVEL_S);
        let slowness_s = if self.level < self.usual { USUAL_FALLS_S } else { USUAL_RISES_S };
        approach(&mut self.usual, self.level, passed_s / slowness_s);
        self.seen_s = (self.seen_s + passed_s).min(KNOWN_AFTER_S);
        self.active = self.score() > if self.active { QUIET_BELOW } else { ACTIVE_ABOVE };
    }
}

/// Moves `value` towards `goal`, as far as an exponential average does in `share` of its time.
fn approach(value: &mut f32, goal: f32, share: f32) {
    *value += (goal - *value) * (1.0 - (-share).exp());
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::{camera::CameraId, testing};

    /// A stream of one camera, put together piece by piece.
    struct Stream {
        activity: Activity,
        pictures: u64,
        now_s: f64,
        gop: u64,
    }

    impl Stream {
        fn new(gop: u64) -> Self {
            Self { activity: Activity::default(), pictures: 0, now_s: 0.0, gop }
        }

        /// Runs pictures of these sizes, in turn, for so long; the share of them after which the camera was active.
        fn run(&mut self, seconds: f64, rate: f64, sizes: &[usize]) -> f64 {
            let (mut active, pictures) = (0, (seconds * rate).round() as usize);
            for n in 0..pictures {
                let key = self.pictures.is_multiple_of(self.gop);
                let size = if key { 60_000 } else { sizes[n % sizes.len()] };
                let unit = AccessUnit {
                    data: Bytes::from(vec![0; size]),
                    ..(*testing::unit(self.pictures, self.now_s, key)).clone()
                };
                self.activity.on_access_unit(&unit);
                active += usize::from(self.activity.is_active());
                self.pictures += 1;
                self.now_s += 1.0 / rate;
            }
            active as f64 / pictures as f64
        }
    }

    #[test]
    fn a_person_crossing_shows_at_once_and_is_over_soon() {
        let mut stream = Stream::new(50);
        stream.run(30.0, 25.0, &[900, 1100]);
        assert!(!stream.activity.is_active());
        assert!((stream.activity.score() - 1.0).abs() < 0.1, "{}", stream.activity.score());
        assert!(stream.run(10.0, 25.0, &[3800, 4200]) > 0.85);
        assert!(stream.activity.score() > 2.5);
        assert!(stream.run(10.0, 25.0, &[900, 1100]) < 0.3);
        assert!(!stream.activity.is_active());
    }

    #[test]
    fn another_bit_rate_or_picture_rate_does_not_stay_active_for_ever() {
        for (rate, sizes) in
            [(25.0, [8000, 8000]), (25.0, [300, 300]), (8.0, [3000, 3000]), (50.0, [600, 600])]
        {
            let mut stream = Stream::new(50);
            stream.run(30.0, 25.0, &[1000, 1000]);
            stream.run(120.0, rate, &sizes);
            assert!(!stream.activity.is_active(), "{rate} {sizes:?}");
            // And what is usual now is known well enough to see something again.
            let more = sizes.map(|size| size * 3);
            assert!(stream.run(5.0, rate, &more) > 0.7, "{rate} {sizes:?}");
        }
    }

    #[test]
    fn key_pictures_and_what_mends_them_are_left_out() {
        let mut stream = Stream::new(25);
        let mut sizes = vec![1000; 25];
        sizes[1..=3].fill(20_000);
        assert!(stream.run(30.0, 25.0, &sizes) < 0.2, "only until it is known what is usual");
        assert!((stream.activity.score() - 1.0).abs() < 1e-3, "{}", stream.activity.score());
    }

    #[test]
    fn between_the_two_limits_a_camera_stays_what_it_is() {
        let mut stream = Stream::new(1_000_000);
        stream.run(60.0, 25.0, &[1000]);
        assert_eq!(stream.run(2.0, 25.0, &[1350]), 0.0);
        stream.run(2.0, 25.0, &[2000]);
        assert!(stream.activity.is_active());
        assert_eq!(stream.run(2.0, 25.0, &[1450]), 1.0);
    }

    #[test]
    fn who_cannot_be_told_counts_as_active() {
        let mut only_keys = Stream::new(1);
        assert_eq!(only_keys.run(60.0, 5.0, &[0]), 1.0);
        assert_eq!(only_keys.activity.score(), 1.0);
        let mut begun = Stream::new(50);
        assert_eq!(begun.run(4.0, 25.0, &[1000]), 1.0);
    }

    #[test]
    fn time_that_jumps_spoils_nothing() {
        let mut stream = Stream::new(50);
        for now_s in [0.0, 5000.0, 3.0, 400.0, 0.5] {
            stream.now_s = now_s;
            stream.run(8.0, 25.0, &[1000]);
            stream.activity.restart();
        }
        assert!(!stream.activity.is_active() && (stream.activity.score() - 1.0).abs() < 1e-3);
    }

    /// A real camera that people cross one by one, with nothing between. When somebody is there was read off the
    /// differences of the decoded pictures.
    #[test]
    fn people_who_cross_a_real_picture_show() {
        let folder = std::env::var_os("GRIDWATCH_DATA").map(PathBuf::from).filter(|folder| folder.is_dir());
        let Some(folder) = folder else { return };
        gstreamer::init().unwrap();
        let clip = folder.join("clips/intel/one-by-one-person-detection.mp4");
        let units =
            crate::recording::read(&clip, &CameraId::new("cam").unwrap(), Timestamp::UNIX_EPOCH).unwrap();
        let mut activity = Activity::default();
        let mut seen = Vec::new();
        for unit in &units {
            activity.on_access_unit(unit);
            seen.push((unit.pts.as_secs_f32(), activity.is_active(), activity.score()));
        }
        let share = |from: f32, to: f32| {
            let within: Vec<_> = seen.iter().filter(|(at, ..)| (from..to).contains(at)).collect();
            within.iter().filter(|(_, active, _)| *active).count() as f32 / within.len() as f32
        };
        for (from, to) in [(7.5, 9.0), (19.0, 20.5), (45.0, 46.0), (50.5, 52.5), (68.5, 71.0), (76.0, 78.0)] {
            assert!(share(from, to) > 0.7, "{from}..{to}: {}", share(from, to));
        }
        for (from, to) in [(40.0, 42.0), (48.5, 49.5), (72.5, 74.0), (89.0, 91.0)] {
            assert!(share(from, to) < 0.5, "{from}..{to}: {}", share(from, to));
        }
    }
}
