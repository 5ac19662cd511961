//! What is wrong with entries.

use gridwatch_roster::*;

use super::support::*;

const DAY: (&str, &str) = ("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");

/// Ann on every day; Old is not active.
fn checked(plan: Plan) -> Vec<RosterFault> {
    let mut roster = roster(&["ann", "ben"], vec![always("2026-03-02"), leave("ben", DAY.0, DAY.1)]);
    roster.put_person(inactive("old"));
    assert_eq!(roster.problems(), []);
    let candidate = entry(9, plan);
    let problems = roster.check(&candidate);
    let mut with = roster.clone();
    match with.put(candidate.clone()) {
        Ok(()) => assert!(problems.is_empty()),
        Err(said) => assert_eq!(said, problems),
    }
    assert!(problems.iter().all(|problem| problem.entry == candidate.id));
    problems.into_iter().map(|problem| problem.fault).collect()
}

fn always(starts_on: &str) -> Plan {
    daily(seat(), starts_on, &[("00:00", "00:00", &["ann"])])
}

#[test]
fn nobody_who_does_not_exist_or_work_here_is_rostered() {
    let plan = override_with(seat(), DAY.0, DAY.1, &["ghost", "ann", "old", "ghost"]);
    let expected = [
        RosterFault::UnknownPerson { person: id("ghost") },
        RosterFault::InactivePerson { person: id("old") },
    ];
    assert_eq!(checked(plan), expected);
    let takes = swap(seat(), DAY.0, DAY.1, "ann", "old");
    assert_eq!(checked(takes), [RosterFault::InactivePerson { person: id("old") }]);
    assert_eq!(checked(leave("old", DAY.0, DAY.1)), [], "who is gone may have been away before");
}

#[test]
fn a_time_goes_forward_and_is_not_endless() {
    let backward = RosterFault::EndsBeforeStart { from: at(DAY.1), to: at(DAY.0) };
    assert_eq!(checked(override_with(seat(), DAY.1, DAY.0, &["ann"])), std::slice::from_ref(&backward));
    assert_eq!(checked(swap(seat(), DAY.1, DAY.0, "ann", "ben")), std::slice::from_ref(&backward));
    assert_eq!(checked(leave("ben", DAY.1, DAY.0)), [backward]);
    let at_once = RosterFault::EndsBeforeStart { from: at(DAY.0), to: at(DAY.0) };
    assert_eq!(checked(leave("ann", DAY.0, DAY.0)), [at_once]);

    let too_long = RosterFault::TooLong { days_max: 367 };
    assert_eq!(checked(leave("ann", "2026-01-01T00:00:00Z", "2027-01-03T00:00:00Z")), []);
    assert_eq!(
        checked(leave("ann", "2026-01-01T00:00:00Z", "2027-01-03T00:00:01Z")),
        std::slice::from_ref(&too_long)
    );
    // Through all of time: said at once, without a search for the giver.
    assert_eq!(
        checked(swap(seat(), "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "ben", "ann")),
        [too_long]
    );
}

#[test]
fn only_who_is_on_can_give() {
    let not_on = RosterFault::GiverNotOn { person: id("ben"), post: seat() };
    assert_eq!(checked(swap(seat(), DAY.0, DAY.1, "ben", "ann")), [not_on]);
    let before = swap(seat(), "2026-02-01T00:00:00Z", "2026-03-01T16:00:00Z", "ann", "ben");
    assert_eq!(checked(before), [RosterFault::GiverNotOn { person: id("ann"), post: seat() }]);
    let touching = swap(seat(), "2026-02-01T00:00:00Z", "2026-03-01T16:00:01Z", "ann", "ben");
    assert_eq!(checked(touching), []);
    assert_eq!(
        checked(swap(seat(), DAY.0, DAY.1, "ann", "ann")),
        [RosterFault::SwapWithSelf { person: id("ann") }]
    );
}

#[test]
fn what_an_earlier_swap_gave_can_be_given_on_and_a_swap_can_be_changed() {
    let mut roster = roster(&["ann", "ben", "eve"], vec![always("2026-03-02")]);
    roster.put(entry(5, swap(seat(), DAY.0, DAY.1, "ann", "ben"))).unwrap();
    assert!(roster.check(&entry(4, swap(seat(), DAY.0, DAY.1, "ben", "eve"))).len() == 1, "made before");
    roster.put(entry(6, swap(seat(), DAY.0, DAY.1, "ben", "eve"))).unwrap();
    // The same entry, made anew: its own earlier form does not stand in its way.
    let anew = RosterEntry {
        made_at: at("2026-03-01T00:00:00Z"),
        ..entry(6, swap(seat(), DAY.0, DAY.1, "ben", "ann"))
    };
    roster.put(anew).unwrap();
    assert_eq!(roster.problems(), []);
}

#[test]
fn leave_overlaps_no_other_leave_of_the_same_person() {
    let overlaps = RosterFault::LeaveOverlaps { person: id("ben"), other: entry(2, always("2026-03-02")).id };
    assert_eq!(checked(leave("ben", "2026-03-03T23:59:59Z", "2026-03-05T00:00:00Z")), [overlaps]);
    assert_eq!(checked(leave("ben", DAY.1, "2026-03-05T00:00:00Z")), [], "one after the other");
    assert_eq!(checked(leave("ben", "2026-03-02T00:00:00Z", DAY.0)), [], "one before the other");
    assert_eq!(checked(leave("ann", DAY.0, DAY.1)), [], "somebody else's");
}

#[test]
fn rotations_are_of_a_size_and_do_not_begin_together() {
    let same = RosterFault::SameStart { other: entry(1, always("2026-03-02")).id };
    assert_eq!(checked(always("2026-03-02")), [same]);
    let of = |weeks| Plan::Rotation(Rotation { post: seat(), starts_on: date("2026-04-01"), weeks });
    assert_eq!(checked(of(vec![])), [RosterFault::Weeks { weeks_max: 53 }]);
    assert_eq!(checked(of(vec![Week::default(); 54])), [RosterFault::Weeks { weeks_max: 53 }]);
    assert_eq!(checked(of(vec![Week::default(); 53])), []);
    let one = shift(Weekday::Monday, "08:00", "09:00", &["ann"]);
    let week = Week { shifts: vec![one.clone(); 337] };
    assert_eq!(checked(of(vec![week])), [RosterFault::Shifts { shifts_max: 336 }]);
    let full = Shift { people: vec![id("ann"); 501], ..one };
    let people = [RosterFault::People { people_max: 500 }];
    assert_eq!(checked(of(vec![Week { shifts: vec![full] }])), people);
    let change = Override {
        post: seat(),
        from: at(DAY.0),
        to: at(DAY.1),
        people: vec![id("ann"); 501],
        reason: reason(),
    };
    assert_eq!(checked(Plan::Override(change)), people);
}

#[test]
fn a_roster_with_problems_tells_all_of_them_and_still_answers() {
    let plans = vec![
        always("2026-03-02"),
        swap(seat(), DAY.0, DAY.1, "ghost", "ann"),
        leave("ann", DAY.1, DAY.0),
        daily(seat(), "2026-03-05", &[("08:00", "09:00", &["ghost"])]),
    ];
    let roster = roster(&["ann"], plans);
    let codes: Vec<String> = roster
        .problems()
        .iter()
        .map(|problem| {
            let fault = serde_json::to_value(&problem.fault).unwrap();
            format!("{} {}", problem.entry, fault["code"].as_str().unwrap())
        })
        .collect();
    let expected =
        ["e0002 unknown_person", "e0002 giver_not_on", "e0003 ends_before_start", "e0004 unknown_person"];
    assert_eq!(codes, expected);
    assert_eq!(names(&roster.on_duty(&seat(), at("2026-03-03T12:00:00Z"))), ["ann"]);
}
