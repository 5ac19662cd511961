//! What the pictures of the last seconds say of a stream: rate, distance of key pictures, bitrate.

use std::time::Duration;

use crate::access_unit::AccessUnit;

/// Two pictures further apart than this many usual distances have a gap between them: lost pictures, or a clock that
/// was set.
const GAP: f64 = 5.0;

/// One picture, in decoding order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Presentation time.
    pub(crate) pts: Duration,
    /// Whether a decoder can begin here.
    pub(crate) key: bool,
    /// Its encoded size.
    pub(crate) bytes: usize,
}

/// What is known of the stream; nothing where too little was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    /// Pictures a second.
    pub(crate) fps: Option<f64>,
    /// The longest distance between two key pictures, in seconds.
    pub(crate) gop_s: Option<f64>,
    /// The longest time without a key picture at the beginning or the end of the look, in seconds.
    pub(crate) gop_over_s: Option<f64>,
    /// In 1000 bits a second.
    pub(crate) bitrate_kbps: Option<f64>,
}

impl Seen {
    pub(crate) fn of(unit: &AccessUnit) -> Self {
        Self { pts: unit.pts, key: unit.key, bytes: unit.data.len() }
    }
}

/// Measures. All lengths are counted in pictures, so that a clock that jumps spoils none of them.
pub(crate) fn figures(pictures: &[Seen]) -> Figures {
    let Some(interval) = interval_s(pictures) else { return Figures::default() };
    let keys: Vec<usize> = (0..pictures.len()).filter(|&n| pictures[n].key).collect();
    let gop = keys.windows(2).map(|pair| pair[1] - pair[0]).max();
    let open = match (keys.first(), keys.last()) {
        (Some(first), Some(last)) => *first.max(&(pictures.len() - last)),
        _ => pictures.len(),
    };
    // Key pictures are many times larger than others: only over whole groups do they have their due weight.
    let measured = match keys[..] {
        [first, .., last] => &pictures[first..last],
        _ => pictures,
    };
    let bytes: usize = measured.iter().map(|picture| picture.bytes).sum();
    Figures {
        fps: Some(1.0 / interval),
        gop_s: gop.map(|length| length as f64 * interval),
        gop_over_s: Some(open as f64 * interval),
        bitrate_kbps: Some(bytes as f64 * 8.0 / 1000.0 / (measured.len() as f64 * interval)),
    }
}

/// The mean distance of two pictures in seconds, gaps left out; nothing where time stands still.
fn interval_s(pictures: &[Seen]) -> Option<f64> {
    // B-pictures come in another order than they are shown in.
    let mut times: Vec<Duration> = pictures.iter().map(|picture| picture.pts).collect();
    times.sort_unstable();
    let mut distances: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    distances.retain(|distance| *distance > 0.0);
    distances.sort_unstable_by(f64::total_cmp);
    let longest = GAP * distances.get(distances.len() / 2)?;
    distances.retain(|distance| *distance <= longest);
    Some(distances.iter().sum::<f64>() / distances.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pictures at these times; every `gop`-th from `first_key` on is a key picture of 5000 bytes, others have 1000.
    fn seen(times: impl IntoIterator<Item = f64>, first_key: usize, gop: usize) -> Vec<Seen> {
        let picture = |(n, at): (usize, f64)| {
            let key = n >= first_key && (n - first_key).is_multiple_of(gop);
            Seen { pts: Duration::from_secs_f64(at), key, bytes: if key { 5000 } else { 1000 } }
        };
        times.into_iter().enumerate().map(picture).collect()
    }

    fn is_about(found: Option<f64>, wanted: f64) -> bool {
        found.is_some_and(|found| (found - wanted).abs() <= wanted * 0.01)
    }

    #[test]
    fn a_steady_stream_is_measured_over_whole_groups() {
        let found = figures(&seen((0..75).map(|n| f64::from(n) / 25.0), 10, 50));
        assert!(is_about(found.fps, 25.0), "{found:?}");
        assert!(is_about(found.gop_s, 2.0), "{found:?}");
        // One key picture and 49 others in 2 s.
        assert!(is_about(found.bitrate_kbps, 54.0 * 8.0 / 2.0), "{found:?}");
    }

    #[test]
    fn times_rounded_to_milliseconds_give_the_true_rate() {
        let found = figures(&seen((0..90).map(|n| (f64::from(n) / 0.03).floor() / 1000.0), 0, 30));
        assert!(is_about(found.fps, 30.0), "{found:?}");
    }

    #[test]
    fn pictures_out_of_order_lost_pictures_and_a_clock_that_jumps_do_not_matter() {
        let shown = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11, 15, 13, 14];
        let found = figures(&seen(shown.map(|n| f64::from(n) / 10.0), 0, 8));
        assert!(is_about(found.fps, 10.0) && is_about(found.gop_s, 0.8), "{found:?}");
        let jump = (0..100).map(|n| f64::from(n) / 10.0 + if n < 30 { 0.0 } else { 3600.0 });
        let found = figures(&seen(jump, 0, 20));
        assert!(is_about(found.fps, 10.0) && is_about(found.gop_s, 2.0), "{found:?}");
    }

    #[test]
    fn a_group_without_an_end_is_not_guessed() {
        let found = figures(&seen((0..90).map(|n| f64::from(n) / 10.0), 10, 1000));
        assert_eq!(found.gop_s, None);
        assert!(is_about(found.gop_over_s, 8.0), "{found:?}");
        let found = figures(&seen((0..90).map(|n| f64::from(n) / 10.0), 70, 1000));
        assert!(is_about(found.gop_over_s, 7.0), "{found:?}");
        let found = figures(&seen((0..30).map(|n| f64::from(n) / 10.0), 1000, 10));
        assert_eq!(found.gop_s, None);
        assert!(is_about(found.fps, 10.0) && is_about(found.gop_over_s, 3.0), "{found:?}");
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(figures(&[]), Figures::default());
        assert_eq!(figures(&seen([1.0], 0, 1)), Figures::default());
        assert_eq!(figures(&seen([1.0; 50], 0, 10)), Figures::default());
    }
}
