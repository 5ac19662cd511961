//! Medians and percentiles by nearest rank: the value is always the time of one alert that can be looked up.

use jiff::SignedDuration;

use crate::{
    fact::Case,
    figure::{Figure, FigureName, Unit},
    language::Words,
};

/// The `percent`-th percentile of the times that the cases have: with n times in rising order, the one at rank
/// ⌈n · percent ÷ 100⌉ (nearest rank). `what` says which time it is.
pub(crate) fn quantile(
    name: FigureName,
    cases: &[&Case],
    percent: usize,
    time: impl Fn(&Case) -> Option<SignedDuration>,
    what: &Words,
) -> Figure {
    let mut times: Vec<(SignedDuration, i64)> =
        cases.iter().filter_map(|case| Some((time(case)?, case.id))).collect();
    times.sort_unstable();
    let rank = (times.len() * percent).div_ceil(100);
    let mut of: Vec<i64> = times.iter().map(|(_, id)| *id).collect();
    let alerts = of[..rank].to_vec();
    of.sort_unstable();
    let definition = Words::new(
        format!("{}；按用时升序取第 ⌈n×{percent}%⌉ 个（最近秩法）", what.zh),
        format!("{}; the one at rank ⌈n × {percent} %⌉ in rising order (nearest rank)", what.en),
    );
    Figure {
        value: rank.checked_sub(1).map(|last| times[last].0.as_secs_f64()),
        alerts,
        of,
        ..Figure::ratio(name, Unit::Seconds, rank as f64, times.len() as f64, definition)
    }
}
