//! False alerts per camera-day, and how sure that is.

use crate::{
    fact::{Case, CaseKind},
    figure::{Figure, FigureName as Name, Unit},
    language::Words,
};

/// For no events, the rule of three: 3 is −ln 0.05 rounded up.
const UPPER_95_OF_NONE: f64 = 3.0;
/// Halvings of the interval in which the bound lies: beyond what an `f64` can tell apart.
const HALVINGS: u32 = 60;

/// Nuisance alerts per usable camera-day: of all kinds, of falls, of crowds.
pub(crate) fn nuisance(cases: &[&Case], usable_camera_days: f64) -> Vec<Figure> {
    let kinds = [
        (Name::Nuisance, None),
        (Name::NuisanceFalls, Some(CaseKind::Fall)),
        (Name::NuisanceCrowds, Some(CaseKind::Crowd)),
    ];
    kinds
        .into_iter()
        .map(|(name, kind)| {
            let of_kind = cases.iter().filter(|case| kind.is_none_or(|kind| case.kind == kind));
            let of: Vec<&Case> = of_kind.copied().collect();
            let alerts: Vec<i64> = of.iter().filter(|case| case.is_false()).map(|case| case.id).collect();
            let count = alerts.len();
            let upper_95 = (usable_camera_days > 0.0).then(|| poisson_upper_95(count) / usable_camera_days);
            Figure {
                upper_95,
                alerts,
                of: of.iter().map(|case| case.id).collect(),
                ..Figure::ratio(
                    name,
                    Unit::PerCameraDay,
                    count as f64,
                    usable_camera_days,
                    definition(usable_camera_days),
                )
            }
        })
        .collect()
}

fn definition(camera_days: f64) -> Words {
    let hours = camera_days * 24.0;
    Words::new(
        format!(
            "判为误报 ÷ 完好摄像机日（完好 {hours:.1} 摄像机小时）；上限为泊松分布 95% 单侧置信上限，0 起时取 3 ÷ 摄像机日"
        ),
        format!(
            "Judged false ÷ usable camera-days ({hours:.1} usable camera-hours); the bound is the one-sided 95 % upper bound of \
             a Poisson mean, for none 3 ÷ camera-days"
        ),
    )
}

/// The one-sided 95 % upper bound of a Poisson mean of which so many events were seen: the mean μ at which P(X ≤ `events`)
/// is 0.05 (the exact bound of Garwood, 1936), found by bisection. For none it is 3, the rule of three.
pub fn poisson_upper_95(events: usize) -> f64 {
    if events == 0 {
        return UPPER_95_OF_NONE;
    }
    let events = events as f64;
    // Four standard deviations above, and some for the small ones: certainly too high.
    let (mut low, mut high) = (events, events + 4.0 * (events + 1.0).sqrt() + 4.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if at_most(events, middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}

/// P(X ≤ `events`) of a Poisson mean. Summed by logarithms: e^−μ alone is nothing from about 745 on.
fn at_most(events: f64, mean: f64) -> f64 {
    let (mut ln_term, mut sum, mut n) = (-mean, (-mean).exp(), 0.0);
    while n < events {
        n += 1.0;
        ln_term += mean.ln() - n.ln();
        sum += ln_term.exp();
    }
    sum
}
