//! Figures worked out by hand.

use FigureName as Name;
use gridwatch_reports::*;
use jiff::tz::TimeZone;

use super::support::*;

#[test]
fn rates_are_as_worked_out_by_hand() {
    let late = handled(2, [61, 242, 301, 900]);
    let reopened = Case { reopened: 1, closed_at: None, ..handled(3, [20, 100, 200, 600]) };
    let cases = [handled(1, [60, 240, 300, 700]), late, reopened, judged_false(4), opened(5)];
    let report = of_cases(&cases);
    let closed = figure(&report, Name::Closed);
    assert_eq!((closed.value, &closed.alerts[..], closed.of.len()), (Some(0.6), &[1, 2, 4][..], 5));
    let reopened = figure(&report, Name::Reopened);
    assert_eq!(
        (reopened.value, &reopened.alerts[..], &reopened.of[..]),
        (Some(0.25), &[3][..], &[1, 2, 3, 4][..])
    );
    assert_eq!(
        figure(&report, Name::ClosedInTime).alerts,
        [1],
        "300 s is in time, 301 s and a reopened case are not"
    );
    assert_eq!(value(&report, Name::ClosedInTime), Some(1.0 / 3.0));
    assert_eq!(figure(&report, Name::AcceptedInTime).alerts, [1, 3]);
    assert_eq!(
        figure(&report, Name::ArrivedInTime).alerts,
        [1, 3],
        "180 s from acceptance, not from dispatch"
    );
    assert_eq!((value(&report, Name::False), value(&report, Name::AcceptMedian)), (Some(0.25), Some(60.0)));
    assert_eq!(value(&report, Name::CloseP95), Some(900.0), "a false alarm does not make closing look quick");
}

#[test]
fn quantiles_are_by_nearest_rank_and_name_the_alert() {
    let cases: Vec<Case> = (1..=20).map(|n| handled(n, [n * 10, 500, 600, 700])).collect();
    let report = of_cases(&cases);
    let p95 = figure(&report, Name::AcceptP95);
    assert_eq!((p95.value, p95.numerator, p95.alerts.last()), (Some(190.0), 19.0, Some(&19)));
    assert_eq!(value(&report, Name::AcceptMedian), Some(100.0));
    assert_eq!(value(&of_cases(&cases[..1]), Name::AcceptP95), Some(10.0));
}

#[test]
fn nothing_to_count_among_is_no_value() {
    for figure in of_cases(&[]).figures {
        assert_eq!((figure.value, figure.upper_95), (None, None), "{}", figure.name.as_str());
    }
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_quicker_than_at_once() {
    assert_eq!(value(&of_cases(&[handled(1, [-30, 0, 10, 20])]), Name::AcceptMedian), Some(0.0));
}

#[test]
fn each_case_is_held_against_the_rules_of_its_time() {
    let strict = Targets { accept_s: 30, ..Targets::default() };
    let cases = [
        Case { targets: strict, ..handled(1, [31, 100, 200, 300]) },
        Case { targets: strict, ..handled(2, [30, 100, 200, 300]) },
        handled(3, [60, 100, 200, 300]),
    ];
    let report = of_cases(&cases);
    let accepted = figure(&report, Name::AcceptedInTime);
    assert_eq!(accepted.alerts, [2, 3]);
    assert!(accepted.definition.zh.contains("30 至 60 秒") && accepted.definition.en.contains("30 to 60 s"));
    assert!(figure(&report, Name::ArrivedInTime).definition.en.contains("within 180 s"));
    assert!(figure(&of_cases(&[]), Name::AcceptedInTime).definition.en.contains("within 60 s"));
}

#[test]
fn time_on_hold_counts_for_nobody() {
    let case = handled(1, [60, 640, 700, 900]);
    let after = |s: i64| case.opened_at + jiff::SignedDuration::from_secs(s);
    let pause = |from, to: Option<i64>| Pause { from: after(from), to: to.map(after) };
    // 460 s of the way, and 10 s before it; the last one begins when all is over.
    let on_hold = vec![pause(50, Some(520)), pause(2000, None)];
    let report = of_cases(&[Case { on_hold, ..case.clone() }]);
    let values = [Name::AcceptMedian, Name::ArriveMedian, Name::CloseMedian].map(|name| value(&report, name));
    assert_eq!(values, [Some(50.0), Some(120.0), Some(430.0)]);
    assert_eq!(value(&report, Name::ArrivedInTime), Some(1.0));
    assert_eq!(value(&of_cases(&[case]), Name::ArrivedInTime), Some(0.0));
}

#[test]
fn false_alarms_are_counted_by_their_reason() {
    let because = |id, reason: &str| {
        let case = judged_false(id);
        let judged =
            case.judged.clone().map(|judged| Judgement { reason: Some(reason.to_owned()), ..judged });
        Case { judged, ..case }
    };
    let report =
        of_cases(&[because(1, "长椅"), because(2, "衣物"), because(3, " 长椅 "), handled(4, [1, 2, 3, 4])]);
    let rows = &table(&report, TableName::FalseReasons).rows;
    let row = |reason: &str, count| vec![Cell::Text(reason.to_owned()), Cell::Number(count)];
    assert_eq!(rows[..], [row("长椅", 2.0), row("衣物", 1.0)]);
}

#[test]
fn drills_and_merged_alerts_are_named_and_left_out() {
    let drill = Case { drill: true, merged: true, ..judged_false(1) };
    let merged = Case { merged: true, ..judged_false(2) };
    let report = of_cases(&[drill, merged, opened(3)]);
    assert_eq!(report.left_out, LeftOut { drills: vec![1], merged: vec![2] });
    assert_eq!(figure(&report, Name::Closed).of, [3]);
}

#[test]
fn camera_rates_are_weighted_by_time_and_print_the_hours() {
    let camera = |id: &str, watched_s, online_s, usable_s| CameraTime {
        id: id.to_owned(),
        grid: None,
        watched_s,
        online_s,
        usable_s,
    };
    // 24 h and 12 h; the second says it was online for longer than it was watched.
    let cameras = [camera("b", 86_400, 43_200, 21_600), camera("a", 43_200, 90_000, 21_600)];
    let cases =
        [judged_false(1), Case { kind: CaseKind::Crowd, ..judged_false(2) }, handled(3, [1, 2, 3, 4])];
    let facts = Facts { cases: &cases, cameras: &cameras, activity: &[] };
    let report = daily(facts, day("2026-03-01"), &shanghai()).unwrap();
    let online = figure(&report, Name::CamerasOnline);
    assert_eq!((online.numerator, online.denominator, online.value), (24.0, 36.0, Some(24.0 / 36.0)));
    assert!(online.definition.en.contains("36.0") && online.definition.zh.contains("36.0"));
    assert_eq!(value(&report, Name::CamerasUsable), Some(12.0 / 36.0));
    let nuisance = figure(&report, Name::Nuisance);
    assert_eq!((nuisance.value, &nuisance.alerts[..]), (Some(4.0), &[1, 2][..]), "two in half a camera-day");
    assert!((nuisance.upper_95.unwrap() - 2.0 * 6.2958).abs() < 1e-3);
    assert_eq!(figure(&report, Name::NuisanceCrowds).alerts, [2]);
    assert_eq!(table(&report, TableName::Cameras).rows[0][0], Cell::Text("a".to_owned()));
}

/// Half the 95 % quantile of χ² with 2(k + 1) degrees of freedom, from printed tables.
#[test]
fn poisson_bounds_are_those_of_the_tables() {
    for (events, bound) in [(1, 4.744), (2, 6.296), (5, 10.513), (10, 16.962)] {
        assert!((poisson_upper_95(events) - bound).abs() < 1e-3, "{events}");
    }
    assert_eq!(poisson_upper_95(0) / 60.0, 0.05, "60 camera-days with none");
    let many = poisson_upper_95(2000);
    assert!((2073.0..2078.0).contains(&many), "about 2000 + 1.645 √2000 + 1.4: {many}");
}

#[test]
fn an_idle_grid_is_on_duty_and_silent_for_seven_days() {
    let grid = |code: &str, on_duty, last: Option<&str>| GridActivity {
        grid: code.to_owned(),
        name: code.to_owned(),
        on_duty,
        last_activity_at: last.map(at),
    };
    // The day ends at 16:00 UTC; seven days before is 2026-02-22T16:00Z.
    let activity = [
        grid("d", true, None),
        grid("a", true, Some("2026-02-22T16:00:00Z")),
        grid("b", true, Some("2026-02-22T15:59:59Z")),
        grid("c", false, None),
    ];
    let facts = Facts { activity: &activity, ..Facts::default() };
    let report = daily(facts, day("2026-03-01"), &shanghai()).unwrap();
    let codes: Vec<&Cell> = table(&report, TableName::IdleGrids).rows.iter().map(|row| &row[0]).collect();
    assert_eq!(codes, [&Cell::Text("b".to_owned()), &Cell::Text("d".to_owned())]);
    assert_eq!(value(&report, Name::IdleGrids), Some(2.0 / 3.0));
}

#[test]
fn days_on_which_clocks_change_have_23_and_25_hours() {
    let zone = TimeZone::get("America/New_York").unwrap();
    for (text, hours) in [("2026-03-08", 23), ("2026-11-01", 25), ("2026-06-01", 24)] {
        let period = Period::day(day(text), &zone).unwrap();
        assert_eq!(period.to().duration_since(period.from()).as_hours(), hours, "{text}");
        let next = Period::day(day(text).tomorrow().unwrap(), &zone).unwrap();
        assert!(!period.contains(period.to()) && next.contains(period.to()), "no moment twice, none lost");
    }
}

#[test]
fn there_is_no_thirteenth_month_and_no_fifth_quarter() {
    assert!(matches!(Period::month(2026, 13, &shanghai()), Err(ReportError::NoSuchMonth { month: 13, .. })));
    assert!(matches!(
        Period::quarter(2026, 5, &shanghai()),
        Err(ReportError::NoSuchQuarter { quarter: 5, .. })
    ));
    assert!(matches!(Period::day(jiff::civil::Date::MAX, &shanghai()), Err(ReportError::Period { .. })));
    assert_eq!(Period::quarter(2026, 4, &shanghai()).unwrap().last_day(), day("2026-12-31"));
}
