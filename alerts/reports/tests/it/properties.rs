//! What holds for any facts.

use gridwatch_reports::*;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::support::*;

fn moment() -> impl Strategy<Value = Option<jiff::Timestamp>> {
    let noon = at("2026-03-01T04:00:00Z");
    prop::option::of((-600..1200i64).prop_map(move |s| noon + SignedDuration::from_secs(s)))
}

prop_compose! {
    fn any_case()(
        drill in any::<bool>(), merged in prop::bool::weighted(0.2), real in prop::option::of(any::<bool>()),
        times in (moment(), moment(), moment(), moment(), moment()),
        opened_s in -50_000..50_000i64, reopened in 0..3u32, grid in prop::option::of(0..3u8), crowd in any::<bool>(),
    ) -> Case {
        let case = opened(0);
        Case {
            kind: if crowd { CaseKind::Crowd } else { CaseKind::Fall },
            grid: grid.map(|n| format!("g{n}")),
            drill,
            merged,
            opened_at: case.opened_at + SignedDuration::from_secs(opened_s),
            judged: real.map(|real| Judgement { real, at: case.opened_at, reason: None }),
            dispatched_at: times.0,
            accepted_at: times.1,
            on_scene_at: times.2,
            reported_at: times.3,
            closed_at: times.4,
            reopened,
            ..case
        }
    }
}

fn any_cases() -> impl Strategy<Value = Vec<Case>> {
    prop::collection::vec(any_case(), 0..30).prop_map(|mut cases| {
        (1..).zip(&mut cases).for_each(|(id, case)| case.id = id);
        cases
    })
}

fn month(cases: &[Case]) -> Report {
    monthly(Facts { cases, ..Facts::default() }, (2026, 3), &shanghai()).unwrap()
}

proptest! {
    #[test]
    fn shares_are_shares_and_count_a_part(cases in any_cases()) {
        for figure in of_cases(&cases).figures {
            prop_assert!(figure.alerts.iter().all(|id| figure.of.contains(id)));
            prop_assert!(figure.value.is_none_or(f64::is_finite));
            if !figure.of.is_empty() && figure.unit != Unit::PerCameraDay {
                prop_assert_eq!(figure.alerts.len() as f64, figure.numerator);
                prop_assert_eq!(figure.of.len() as f64, figure.denominator);
            }
            if figure.unit == Unit::Share {
                prop_assert!(figure.value.is_none_or(|value| (0.0..=1.0).contains(&value)));
                prop_assert_eq!(figure.value.is_none(), figure.denominator == 0.0);
            }
        }
    }

    #[test]
    fn a_drill_changes_no_figure_and_no_table(cases in any_cases(), drill in any_case()) {
        let mut more = cases.clone();
        more.push(Case { id: 999, drill: true, ..drill });
        let (without, with) = (of_cases(&cases), of_cases(&more));
        prop_assert_eq!((without.figures, without.tables), (with.figures, with.tables));
        prop_assert_eq!(month(&cases).tables, month(&more).tables);
    }

    #[test]
    fn order_changes_nothing(
        (cases, shuffled) in any_cases().prop_flat_map(|cases| (Just(cases.clone()), Just(cases).prop_shuffle())),
    ) {
        prop_assert_eq!(of_cases(&cases), of_cases(&shuffled));
        prop_assert_eq!(month(&cases), month(&shuffled));
    }
}

proptest! {
    #[test]
    fn days_follow_one_another_and_each_alert_is_in_one(
        zone in prop::sample::select(&["America/New_York", "Europe/Berlin", "Africa/Cairo", "Asia/Shanghai"][..]),
        ordinal in 0..364i32, second in 0..90_000i64,
    ) {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        let first = day("2026-01-01") + jiff::Span::new().days(ordinal);
        let (today, tomorrow) =
            (Period::day(first, &zone).unwrap(), Period::day(first.tomorrow().unwrap(), &zone).unwrap());
        prop_assert_eq!(today.to(), tomorrow.from());
        prop_assert!((23..=25).contains(&today.to().duration_since(today.from()).as_hours()));
        let opened_at = today.from() + SignedDuration::from_secs(second);
        let cases = [Case { opened_at, ..opened(1) }];
        let facts = Facts { cases: &cases, ..Facts::default() };
        let counted = [first, first.tomorrow().unwrap()].map(|date| {
            let report = daily(facts, date, &zone).unwrap();
            figure(&report, FigureName::Closed).of.len()
        });
        prop_assert_eq!(counted.iter().sum::<usize>(), 1);
    }
}
