//! Coverage against a check of every single minute.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use gridwatch_roster::*;
use jiff::{SignedDuration, Timestamp, civil::Time};
use proptest::prelude::*;

use super::{minutes, support::*};

/// Time zones, and days around which the rosters lie; clocks are changed at most of them.
const PLACES: [(&str, &str); 5] = [
    ("Asia/Shanghai", "2026-03-08"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Pacific/Apia", "2011-12-30"),
];

/// The last but one is not active, the last one unknown.
const PEOPLE: [&str; 6] = ["ann", "ben", "eve", "dan", "old", "ghost"];

fn people() -> Vec<Person> {
    let active = PEOPLE[..4].iter().map(|text| person(text));
    active.chain([inactive(PEOPLE[4])]).collect()
}

fn someone() -> impl Strategy<Value = PersonId> {
    prop::sample::select(&PEOPLE[..]).prop_map(id)
}

fn some() -> impl Strategy<Value = Vec<PersonId>> {
    prop::collection::vec(someone(), 0..3)
}

fn time() -> impl Strategy<Value = Time> {
    let minute = prop_oneof![0..24i32 * 60, 0..4 * 60];
    minute.prop_map(|minute| Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).unwrap())
}

fn any_shift() -> impl Strategy<Value = Shift> {
    (prop::sample::select(&Weekday::ALL[..]), time(), time(), some())
        .prop_map(|(weekday, from, to, people)| Shift { weekday, from, to, people })
}

fn any_rotation(day: &'static str) -> impl Strategy<Value = Plan> {
    let week = prop::collection::vec(any_shift(), 0..16).prop_map(|shifts| Week { shifts });
    let weeks = prop::collection::vec(week, 1..3);
    (-20i64..3, weeks).prop_map(move |(days, weeks)| {
        let starts_on = date(day) + SignedDuration::from_hours(24 * days);
        Plan::Rotation(Rotation { post: seat(), starts_on, weeks })
    })
}

/// A time of whole minutes within four days, seldom one that ends before it starts.
fn any_time(day: &'static str) -> impl Strategy<Value = (Timestamp, Timestamp)> {
    (0..4i64 * 24 * 60, -60..30i64 * 60).prop_map(move |(start, length)| {
        let from = at(&format!("{day}T00:00:00Z")) + SignedDuration::from_mins(start - 2 * 24 * 60);
        (from, from + SignedDuration::from_mins(length))
    })
}

fn any_plan(day: &'static str) -> impl Strategy<Value = Plan> {
    prop_oneof![
        2 => any_rotation(day),
        3 => (any_time(day), someone(), someone()).prop_map(|((from, to), gives, takes)| {
            Plan::Swap(Swap { post: seat(), from, to, gives, takes, reason: reason() })
        }),
        3 => (any_time(day), someone()).prop_map(|((from, to), person)| {
            Plan::Leave(Leave { person, from, to, reason: reason() })
        }),
        2 => (any_time(day), some()).prop_map(|((from, to), people)| {
            Plan::Override(Override { post: seat(), from, to, people, reason: reason() })
        }),
    ]
}

fn any_entries(day: &'static str) -> impl Strategy<Value = Vec<RosterEntry>> {
    let plans = (any_rotation(day), prop::collection::vec(any_plan(day), 0..14));
    // Some made in the same second, so that the id decides.
    plans.prop_map(|(first, rest)| {
        let numbered = (0..).zip([first].into_iter().chain(rest));
        let mut entries: Vec<RosterEntry> = numbered.map(|(number, plan)| entry(number, plan)).collect();
        for entry in &mut entries {
            entry.made_at = Timestamp::from_second(entry.made_at.as_second() / 2).unwrap();
        }
        entries
    })
}

fn why(truth: &minutes::Truth) -> UncoveredReason {
    let active: Vec<PersonId> =
        truth.rostered.iter().filter(|who| PEOPLE[..4].contains(&who.as_str())).cloned().collect();
    match (truth.rostered.is_empty(), active.is_empty()) {
        (true, _) => UncoveredReason::NobodyRostered,
        (false, true) => UncoveredReason::Inactive { people: truth.rostered.iter().cloned().collect() },
        (false, false) => UncoveredReason::OnLeave { people: active },
    }
}

fn sorted(why: &UncoveredReason) -> UncoveredReason {
    let sorted =
        |people: &Vec<PersonId>| people.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    match why {
        UncoveredReason::NobodyRostered => UncoveredReason::NobodyRostered,
        UncoveredReason::OnLeave { people } => UncoveredReason::OnLeave { people: sorted(people) },
        UncoveredReason::Inactive { people } => UncoveredReason::Inactive { people: sorted(people) },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_minute_is_as_a_check_of_every_minute_says(
        (zone, entries) in prop::sample::select(&PLACES[..]).prop_flat_map(|(zone, day)| {
            any_entries(day).prop_map(move |entries| ((zone, day), entries))
        }),
    ) {
        let (zone, day) = (Zone::new(zone.0).unwrap(), zone.1);
        let from = at(&format!("{day}T00:00:00Z")) - SignedDuration::from_hours(48);
        let to = from + SignedDuration::from_hours(4 * 24);
        let roster = Roster::new(zone.clone(), people(), entries.clone());
        let spans = roster.timeline(&seat(), from, to);
        let uncovered = roster.uncovered([&seat()], from, to);

        prop_assert_eq!((spans[0].from, spans[spans.len() - 1].to), (from, to));
        for pair in spans.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from, "no gap");
            prop_assert_ne!(&pair[0].people, &pair[1].people, "as long as can be");
        }
        for minute in minutes::minutes(&zone, from, to) {
            let truth = minutes::truth(&people(), &entries, minute);
            let span = spans.iter().find(|span| span.from <= minute.at && minute.at < span.to).unwrap();
            let present: BTreeSet<PersonId> = span.people.iter().cloned().collect();
            prop_assert_eq!(present.len(), span.people.len(), "each once");
            prop_assert_eq!(&present, &truth.present, "at {}", minute.at);
            let mut gaps = uncovered.iter().filter(|gap| gap.from <= minute.at && minute.at < gap.to);
            let expected = truth.present.is_empty().then(|| why(&truth));
            prop_assert_eq!(gaps.next().map(|gap| sorted(&gap.why)), expected, "at {}", minute.at);
            prop_assert!(gaps.next().is_none());
        }
        for span in &spans {
            prop_assert_eq!(&roster.on_duty(&seat(), span.from), &span.people);
            let last = span.to - SignedDuration::from_nanos(1);
            prop_assert_eq!(&roster.on_duty(&seat(), last), &span.people);
        }
    }
}

#[test]
fn a_post_of_which_no_entry_speaks_is_never_covered() {
    let roster = roster(&["ann"], vec![]);
    let (from, to) = (at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z"));
    let gap = Uncovered { post: seat(), from, to, why: UncoveredReason::NobodyRostered };
    assert_eq!(roster.uncovered([&seat()], from, to), [gap]);
    assert_eq!(roster.uncovered([&seat()], to, from), [], "an empty range has no gap");
    assert_eq!(roster.timeline(&seat(), from, from), []);
}

#[test]
fn reasons_are_told_in_both_languages() {
    let name = |who: &PersonId| format!("<{who}>");
    let away = UncoveredReason::OnLeave { people: ids(&["ann", "ben"]) };
    assert_eq!(away.sentence(Language::Zh, name), "请假：<ann>、<ben>");
    assert_eq!(away.sentence(Language::En, name), "on leave: <ann>, <ben>");
    let gone = UncoveredReason::Inactive { people: ids(&["old"]) };
    assert_eq!(gone.sentence(Language::Zh, name), "已停用：<old>");
    assert_eq!(UncoveredReason::NobodyRostered.sentence(Language::Zh, name), "无人排班");
}

/// The size of a street: well under a second, also on a slow machine and unoptimised.
#[test]
#[expect(clippy::disallowed_methods, reason = "it is the machine's own speed that is asked for")]
fn a_street_s_four_weeks_are_looked_through_quickly() {
    let mut people = Vec::new();
    let mut plans = Vec::new();
    for number in 0..143 {
        let (day, night) = (format!("d{number}"), format!("n{number}"));
        let shifts: [(&str, &str, &[&str]); 2] = [("08:00", "20:00", &[&day]), ("20:00", "08:00", &[&night])];
        for position in [Position::Primary, Position::Backup] {
            let post = Post::grid(&code(&format!("g{number:03}")), position);
            plans.push(daily(post, "2026-01-05", &shifts));
        }
        people.extend([person(&day), person(&night)]);
    }
    let entries = (1..).zip(plans).map(|(number, plan)| entry(number, plan));
    let roster = Roster::new(Zone::default(), people, entries);
    assert_eq!(roster.posts().len(), 286);
    let (from, to) = (at("2026-03-02T00:00:00Z"), at("2026-03-30T00:00:00Z"));
    let begin = Instant::now();
    assert!(roster.uncovered(roster.posts(), from, to).is_empty());
    let spent = begin.elapsed();
    assert!(spent < Duration::from_secs(1), "{spent:?}");
}
