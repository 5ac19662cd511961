//! Who is on duty, by the book: each layer over the one below.

use gridwatch_roster::*;

use super::support::*;

/// Ann by day, Ben by night, every day from Monday 2 March 2026; 08:00 in Shanghai is midnight in UTC.
fn day_and_night() -> Plan {
    daily(seat(), "2026-03-02", &[("08:00", "20:00", &["ann"]), ("20:00", "08:00", &["ben"])])
}

fn on(roster: &Roster, time: &str) -> String {
    names(&roster.on_duty(&seat(), at(time))).join(" ")
}

#[test]
fn shifts_begin_and_end_to_the_second_by_the_place_s_clocks() {
    let roster = roster(&["ann", "ben"], vec![day_and_night()]);
    assert_eq!(on(&roster, "2026-03-01T23:59:59Z"), "", "before the first day");
    assert_eq!(on(&roster, "2026-03-02T00:00:00Z"), "ann");
    assert_eq!(on(&roster, "2026-03-02T11:59:59Z"), "ann");
    assert_eq!(on(&roster, "2026-03-02T12:00:00Z"), "ben");
    assert_eq!(on(&roster, "2026-03-02T23:59:59Z"), "ben", "past midnight");
    assert_eq!(on(&roster, "2036-03-02T00:00:00Z"), "ann", "a rotation has no end");
    assert_eq!(on(&roster, "9999-12-29T22:00:00Z"), "ben");
    assert!(roster.on_duty(&seat(), jiff::Timestamp::MAX).is_empty());
    assert!(roster.on_duty(&seat(), jiff::Timestamp::MIN).is_empty());
}

#[test]
fn weeks_follow_one_another_from_the_first_day() {
    let week = |who: &str| Week {
        shifts: Weekday::ALL.into_iter().map(|day| shift(day, "00:00", "00:00", &[who])).collect(),
    };
    // A Wednesday: so weeks begin on Wednesdays.
    let starts_on = date("2026-03-04");
    let rotation = Rotation { post: seat(), starts_on, weeks: vec![week("ann"), week("ben"), week("eve")] };
    let roster = roster(&["ann", "ben", "eve"], vec![Plan::Rotation(rotation)]);
    let spans = roster.timeline(&seat(), at("2026-03-03T16:00:00Z"), at("2026-04-07T16:00:00Z"));
    let weeks: Vec<(String, String)> =
        spans.iter().map(|span| (span.from.to_string(), names(&span.people).join(" "))).collect();
    let expected = [
        ("2026-03-03T16:00:00Z", "ann"),
        ("2026-03-10T16:00:00Z", "ben"),
        ("2026-03-17T16:00:00Z", "eve"),
        ("2026-03-24T16:00:00Z", "ann"),
        ("2026-03-31T16:00:00Z", "ben"),
    ];
    assert_eq!(weeks, expected.map(|(from, who)| (from.to_owned(), who.to_owned())));
}

#[test]
fn a_later_rotation_takes_the_place_of_an_earlier_one_and_a_night_begun_is_finished() {
    let later = daily(seat(), "2026-03-09", &[("06:00", "22:00", &["eve"])]);
    let end = Plan::Rotation(Rotation {
        post: seat(),
        starts_on: date("2026-03-16"),
        weeks: vec![Week::default()],
    });
    let roster = roster(&["ann", "ben", "eve"], vec![end, later, day_and_night()]);
    assert_eq!(on(&roster, "2026-03-08T20:00:00Z"), "ben", "04:00 on Monday, a shift that began on Sunday");
    assert_eq!(on(&roster, "2026-03-08T22:30:00Z"), "eve ben".split(' ').rev().collect::<Vec<_>>().join(" "));
    assert_eq!(on(&roster, "2026-03-09T00:00:00Z"), "eve");
    assert!(roster.is_set_up(&seat(), at("2026-03-15T15:59:59Z")));
    assert!(!roster.is_set_up(&seat(), at("2026-03-15T16:00:00Z")), "one without shifts ends the post");
    assert_eq!(on(&roster, "2026-03-16T00:00:00Z"), "");
}

#[test]
fn override_beats_swap_beats_rotation_and_leave_beats_all() {
    let noon = ("2026-03-03T04:00:00Z", "2026-03-03T06:00:00Z");
    let plans = vec![
        day_and_night(),
        swap(seat(), "2026-03-03T02:00:00Z", "2026-03-03T08:00:00Z", "ann", "eve"),
        override_with(seat(), noon.0, noon.1, &["dan", "ben", "dan"]),
        leave("ben", "2026-03-03T05:00:00Z", "2026-03-03T13:00:00Z"),
    ];
    let roster = roster(&["ann", "ben", "eve", "dan"], plans);
    assert_eq!(roster.problems(), []);
    let expected = [
        ("2026-03-03T01:00:00Z", "2026-03-03T02:00:00Z", "ann"),
        ("2026-03-03T02:00:00Z", "2026-03-03T04:00:00Z", "eve"),
        ("2026-03-03T04:00:00Z", "2026-03-03T05:00:00Z", "dan ben"),
        ("2026-03-03T05:00:00Z", "2026-03-03T06:00:00Z", "dan"),
        ("2026-03-03T06:00:00Z", "2026-03-03T08:00:00Z", "eve"),
        ("2026-03-03T08:00:00Z", "2026-03-03T12:00:00Z", "ann"),
        ("2026-03-03T12:00:00Z", "2026-03-03T13:00:00Z", ""),
        ("2026-03-03T13:00:00Z", "2026-03-03T14:00:00Z", "ben"),
    ];
    let spans = roster.timeline(&seat(), at(expected[0].0), at(expected[7].1));
    let expected = expected.map(|(from, to, who)| Span {
        from: at(from),
        to: at(to),
        people: who.split_whitespace().map(id).collect(),
    });
    assert_eq!(spans, expected);
}

#[test]
fn of_contradicting_entries_the_later_made_counts_in_whatever_order_they_come() {
    let whole = ("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    let entries = [
        entry(1, day_and_night()),
        entry(2, override_with(seat(), whole.0, whole.1, &["dan"])),
        entry(3, override_with(seat(), "2026-03-03T03:00:00Z", "2026-03-03T04:00:00Z", &[])),
        entry(4, swap(seat(), "2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z", "ann", "eve")),
        entry(5, swap(seat(), "2026-03-05T02:00:00Z", "2026-03-06T00:00:00Z", "eve", "dan")),
    ];
    let people = ["ann", "ben", "eve", "dan"].map(person);
    for turn in 0..entries.len() {
        let mut turned = entries.to_vec();
        turned.rotate_left(turn);
        let roster = Roster::new(Zone::default(), people.clone(), turned);
        assert_eq!(on(&roster, "2026-03-03T02:00:00Z"), "dan");
        assert_eq!(on(&roster, "2026-03-03T03:00:00Z"), "", "an override may say that nobody is");
        assert_eq!(on(&roster, "2026-03-05T01:00:00Z"), "eve");
        assert_eq!(on(&roster, "2026-03-05T02:00:00Z"), "dan", "what was taken may be given on");
    }
}

#[test]
fn a_swap_with_somebody_who_is_on_already_leaves_that_one_alone() {
    let both = daily(seat(), "2026-03-02", &[("08:00", "20:00", &["ann", "ben"])]);
    let given = swap(seat(), "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z", "ann", "ben");
    let roster = roster(&["ann", "ben"], vec![both, given]);
    assert_eq!(on(&roster, "2026-03-02T02:00:00Z"), "ann ben");
    assert_eq!(on(&roster, "2026-03-03T02:00:00Z"), "ben");
}

#[test]
fn who_is_unknown_or_not_active_is_never_on_duty() {
    let plan = daily(seat(), "2026-03-02", &[("00:00", "00:00", &["ann", "ghost", "old"])]);
    let roster = Roster::new(Zone::default(), [person("ann"), inactive("old")], [entry(1, plan)]);
    assert_eq!(on(&roster, "2026-03-03T00:00:00Z"), "ann");
}

#[test]
fn entries_come_and_go() {
    let mut roster = roster(&["ann", "ben", "eve"], vec![day_and_night()]);
    let noon = "2026-03-03T04:00:00Z";
    let change =
        |who| entry(7, override_with(seat(), "2026-03-03T00:00:00Z", "2026-03-03T12:00:00Z", &[who]));
    roster.put(change("ben")).unwrap();
    assert_eq!(on(&roster, noon), "ben");
    roster.put(change("eve")).unwrap();
    assert_eq!(on(&roster, noon), "eve", "the same id takes its place");
    assert_eq!(roster.entries().len(), 2);
    assert!(roster.put(change("ghost")).is_err());
    assert_eq!(on(&roster, noon), "eve", "nothing has changed");
    roster.remove(&change("eve").id).unwrap();
    assert_eq!(on(&roster, noon), "ann");
    assert!(roster.remove(&change("eve").id).is_none());
    roster.put_person(inactive("ann"));
    assert_eq!(on(&roster, noon), "");
}

#[test]
fn leads_and_supervisors_are_those_who_are_there() {
    let mut plans =
        vec![daily(Post::ShiftLead, "2026-03-02", &[("08:00", "20:00", &["lead"])]), day_and_night()];
    plans.push(leave("lead", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"));
    plans.push(leave("director", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"));
    let mut roster = roster(&["ann", "ben", "lead"], plans);
    let role = RoleBinding { role: Role::CentreDirector, grid: code("11") };
    roster.put_person(Person { roles: vec![role], ..person("director") });
    assert_eq!(names(&roster.leads(at("2026-03-02T02:00:00Z"))), ["lead"]);
    assert_eq!(names(&roster.leads(at("2026-03-03T02:00:00Z"))), ["ann"], "the lead is away: the seats");
    assert_eq!(names(&roster.supervisors(1, at("2026-03-02T02:00:00Z"))), ["director"]);
    assert!(roster.supervisors(1, at("2026-03-03T02:00:00Z")).is_empty());
    assert!(roster.supervisors(2, at("2026-03-02T02:00:00Z")).is_empty());
    assert!(roster.supervisors(0, at("2026-03-02T02:00:00Z")).is_empty());
}
