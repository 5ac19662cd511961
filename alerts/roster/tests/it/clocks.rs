//! Daylight saving: no moment is lost and none is counted twice, whatever is done to the clocks.

use gridwatch_roster::*;
use jiff::{SignedDuration, civil::Time};
use proptest::prelude::*;

use super::support::*;

/// Weeks in which clocks are changed, forward and back: by an hour, by half an hour, by a whole day left out, and never.
const WEEKS: [(&str, &str); 7] = [
    ("America/New_York", "2026-03-06"),
    ("America/New_York", "2026-10-30"),
    ("Australia/Lord_Howe", "2026-04-03"),
    ("Australia/Lord_Howe", "2026-10-02"),
    ("Pacific/Apia", "2011-12-28"),
    ("Africa/Casablanca", "2026-02-13"),
    ("Asia/Shanghai", "2026-03-06"),
];

const WEEK_MIN: u32 = 7 * 24 * 60;

fn clock(minute: u32) -> (Weekday, Time) {
    let day = Weekday::ALL[(minute / (24 * 60) % 7) as usize];
    (day, Time::new((minute / 60 % 24) as i8, (minute % 60) as i8, 0, 0).unwrap())
}

/// Shifts that follow one another through the whole week, each with a person of its own.
fn chain(mut cuts: Vec<u32>) -> (Vec<Person>, Week) {
    // No shift lasts more than a day.
    cuts.extend((0..7).map(|day| day * 24 * 60 + 17));
    cuts.sort_unstable();
    cuts.dedup();
    let mut people = Vec::new();
    let mut week = Week::default();
    for (number, &cut) in cuts.iter().enumerate() {
        let next = cuts.get(number + 1).copied().unwrap_or(cuts[0] + WEEK_MIN);
        let who = person(&format!("p{number}"));
        let ((weekday, from), (_, to)) = (clock(cut), clock(next % WEEK_MIN));
        week.shifts.push(Shift { weekday, from, to, people: vec![who.id.clone()] });
        people.push(who);
    }
    (people, week)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn shifts_that_follow_one_another_leave_no_gap_and_do_not_overlap(
        (zone, starts_on) in prop::sample::select(&WEEKS[..]),
        // Many cuts in the small hours, when clocks are changed.
        cuts in prop::collection::vec(
            prop_oneof![0..WEEK_MIN, (0..7u32, 30..200u32).prop_map(|(day, minute)| day * 24 * 60 + minute)],
            0..40,
        ),
    ) {
        let (people, week) = chain(cuts);
        let rotation = Rotation { post: seat(), starts_on: date(starts_on), weeks: vec![week] };
        let zone = Zone::new(zone).unwrap();
        let begin = date(starts_on).to_zoned(zone.time_zone().clone()).unwrap().timestamp() + SignedDuration::from_hours(24);
        let end = begin + SignedDuration::from_hours(24 * 6);
        let roster = Roster::new(zone, people, [entry(1, Plan::Rotation(rotation))]);
        let spans = roster.timeline(&seat(), begin, end);
        prop_assert_eq!((spans[0].from, spans[spans.len() - 1].to), (begin, end));
        for pair in spans.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
        }
        for span in &spans {
            prop_assert!(span.from < span.to);
            prop_assert_eq!(span.people.len(), 1, "from {} to {}", span.from, span.to);
        }
        prop_assert!(roster.uncovered([&seat()], begin, end).is_empty());
    }
}

/// In Berlin clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
#[test]
fn a_shift_that_begins_in_the_hour_that_is_left_out_or_comes_twice_leaves_nobody_out() {
    let plan = daily(seat(), "2026-01-01", &[("02:30", "14:30", &["ann"]), ("14:30", "02:30", &["ben"])]);
    let roster =
        Roster::new(Zone::new("Europe/Berlin").unwrap(), ["ann", "ben"].map(person), [entry(1, plan)]);
    for (from, to) in
        [("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"), ("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z")]
    {
        for span in roster.timeline(&seat(), at(from), at(to)) {
            assert_eq!(span.people.len(), 1, "from {} to {}", span.from, span.to);
        }
        assert!(roster.uncovered([&seat()], at(from), at(to)).is_empty());
    }
    // Clocks jump from 02:00 to 03:00: who begins at 02:30 begins then. In autumn the first 02:30 counts.
    assert_eq!(hours(&roster, "ben", "2026-03-28T13:30:00Z", "2026-03-29T12:30:00Z"), 11.5);
    assert_eq!(hours(&roster, "ben", "2026-10-24T12:30:00Z", "2026-10-25T13:30:00Z"), 12.0);
}

fn new_york(shifts: &[(&str, &str, &[&str])]) -> Roster {
    let plan = daily(seat(), "2026-01-01", shifts);
    Roster::new(Zone::new("America/New_York").unwrap(), ["ann", "ben"].map(person), [entry(1, plan)])
}

fn hours(roster: &Roster, who: &str, from: &str, to: &str) -> f64 {
    let spans = roster.timeline(&seat(), at(from), at(to));
    let own = spans.iter().filter(|span| span.people.contains(&id(who)));
    own.map(|span| span.to.duration_since(span.from).as_secs_f64() / 3600.0).sum()
}

#[test]
fn the_night_is_an_hour_shorter_in_spring_and_longer_in_autumn() {
    let roster = new_york(&[("08:00", "20:00", &["ann"]), ("20:00", "08:00", &["ben"])]);
    // Noon to noon, local time.
    assert_eq!(hours(&roster, "ben", "2026-03-06T17:00:00Z", "2026-03-07T17:00:00Z"), 12.0);
    assert_eq!(hours(&roster, "ben", "2026-03-07T17:00:00Z", "2026-03-08T16:00:00Z"), 11.0);
    assert_eq!(hours(&roster, "ben", "2026-10-31T16:00:00Z", "2026-11-01T17:00:00Z"), 13.0);
    assert_eq!(hours(&roster, "ann", "2026-10-31T16:00:00Z", "2026-11-01T17:00:00Z"), 12.0);
}

#[test]
fn a_shift_in_the_hour_that_is_left_out_is_no_shift_and_one_that_ends_there_ends_when_clocks_change() {
    let roster = new_york(&[("02:15", "02:45", &["ann"]), ("01:00", "02:30", &["ben"])]);
    let spans = roster.timeline(&seat(), at("2026-03-08T05:00:00Z"), at("2026-03-08T12:00:00Z"));
    let manned: Vec<&Span> = spans.iter().filter(|span| !span.people.is_empty()).collect();
    assert_eq!(
        manned,
        [&Span { from: at("2026-03-08T06:00:00Z"), to: at("2026-03-08T07:00:00Z"), people: ids(&["ben"]) }]
    );
}

#[test]
fn a_zone_has_a_name_that_goes_out_and_comes_back() {
    let zone: Zone = serde_json::from_str("\"America/New_York\"").unwrap();
    assert_eq!(
        (zone.name(), serde_json::to_string(&zone).unwrap().as_str()),
        ("America/New_York", "\"America/New_York\"")
    );
    assert_eq!(Zone::default().name(), "Asia/Shanghai");
    let unknown = serde_json::from_str::<Zone>("\"Asia/Nowhere\"").unwrap_err();
    assert!(unknown.to_string().contains("Asia/Nowhere"), "{unknown}");
}
