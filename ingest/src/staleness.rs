//! How old the newest look at each camera is, over all cameras.

use crate::camera::CameraId;

/// So many of the cameras that are furthest behind are named.
const BEHIND_MAX: usize = 10;

/// How old the newest decoded picture of each camera is. Where no camera has one, all ages are 0 and `never` says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Staleness {
    /// Half of the cameras were looked at no longer ago than this, in seconds.
    pub p50: f64,
    /// 95 of a hundred, in seconds.
    pub p95: f64,
    /// 99 of a hundred, in seconds.
    pub p99: f64,
    /// The one that has waited for longest, in seconds.
    pub max: f64,
    /// Cameras that play and have not been looked at yet. They are in no percentile.
    pub never: usize,
    /// Who is furthest behind, up to ten: those never looked at, then the oldest looks first.
    pub behind: Vec<CameraId>,
}

impl Staleness {
    /// Takes for each camera the age of its newest decoded picture in seconds; none where there is no picture yet.
    ///
    /// Percentiles are by nearest rank: each is the age of a camera that exists.
    pub fn of(ages: impl IntoIterator<Item = (CameraId, Option<f64>)>) -> Self {
        let mut ages: Vec<_> = ages.into_iter().collect();
        let key = |age: &Option<f64>| age.unwrap_or(f64::INFINITY);
        ages.sort_by(|(a, age_a), (b, age_b)| key(age_b).total_cmp(&key(age_a)).then_with(|| a.cmp(b)));
        let oldest_first: Vec<f64> = ages.iter().filter_map(|(_, age)| *age).collect();
        let rank = |percent: usize| {
            let rank = (oldest_first.len() * percent).div_ceil(100).max(1);
            oldest_first.len().checked_sub(rank).map_or(0.0, |at| oldest_first[at])
        };
        Self {
            p50: rank(50),
            p95: rank(95),
            p99: rank(99),
            max: rank(100),
            never: ages.len() - oldest_first.len(),
            behind: ages.into_iter().take(BEHIND_MAX).map(|(camera, _)| camera).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(n: u32) -> CameraId {
        CameraId::new(&format!("cam-{n:03}")).unwrap()
    }

    #[test]
    fn percentiles_are_ages_of_cameras_whatever_the_order() {
        let ages = |n: u32| (1..=n).rev().map(|age| (camera(age), Some(f64::from(age))));
        let all = Staleness::of(ages(200));
        assert_eq!((all.p50, all.p95, all.p99, all.max, all.never), (100.0, 190.0, 198.0, 200.0, 0));
        let few = Staleness::of(ages(3));
        assert_eq!((few.p50, few.p95, few.p99, few.max), (2.0, 3.0, 3.0, 3.0));
        let one = Staleness::of(ages(1));
        assert_eq!((one.p50, one.max), (1.0, 1.0));
    }

    #[test]
    fn who_was_never_looked_at_is_counted_apart_and_furthest_behind() {
        let ages = (1..=20).map(|n| (camera(n), (n > 2).then(|| f64::from(n))));
        let staleness = Staleness::of(ages);
        assert_eq!((staleness.never, staleness.p50, staleness.max), (2, 11.0, 20.0));
        let expected: Vec<_> = [1, 2, 20, 19, 18, 17, 16, 15, 14, 13].map(camera).into();
        assert_eq!(staleness.behind, expected);
    }

    #[test]
    fn without_a_look_there_is_no_age() {
        assert_eq!(Staleness::of([]), Staleness::default());
        let never = Staleness::of([(camera(1), None)]);
        assert_eq!(never, Staleness { never: 1, behind: vec![camera(1)], ..Staleness::default() });
    }
}
