//! A second roster, as slow and as plain as can be: it asks every minute anew who is on duty, and resolves no time zone
//! but by watching the clock on the wall.

use std::collections::BTreeSet;

use gridwatch_roster::*;
use jiff::{SignedDuration, Timestamp, civil::DateTime};

/// A minute, and the latest time that the wall clock had shown by then: where clocks are put back it waits.
#[derive(Clone, Copy, Debug)]
pub struct Minute {
    pub at: Timestamp,
    pub clock: DateTime,
}

/// What is true in one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    pub present: BTreeSet<PersonId>,
    pub rostered: BTreeSet<PersonId>,
}

/// Every minute of a time.
pub fn minutes(zone: &Zone, from: Timestamp, to: Timestamp) -> Vec<Minute> {
    let mut all = Vec::new();
    // The clock is watched from some days before: it may be waiting when the time begins.
    let mut at = from - SignedDuration::from_hours(48);
    let mut clock = zone.time_zone().to_datetime(at);
    while at < to {
        clock = clock.max(zone.time_zone().to_datetime(at));
        if from <= at {
            all.push(Minute { at, clock });
        }
        at += SignedDuration::from_mins(1);
    }
    all
}

/// Who is and was to be on duty in a minute, by the entries and people alone.
pub fn truth(people: &[Person], entries: &[RosterEntry], minute: Minute) -> Truth {
    let rostered = rostered(entries, minute);
    let is_active = |who: &PersonId| people.iter().any(|person| &person.id == who && person.active);
    let is_away = |who: &PersonId| {
        entries.iter().any(|entry| match &entry.plan {
            Plan::Leave(leave) => &leave.person == who && holds(&entry.plan, minute.at),
            _ => false,
        })
    };
    let present = rostered.iter().filter(|who| is_active(who) && !is_away(who)).cloned().collect();
    Truth { present, rostered }
}

fn rostered(entries: &[RosterEntry], minute: Minute) -> BTreeSet<PersonId> {
    let mut by_age: Vec<&RosterEntry> = entries.iter().collect();
    by_age.sort_by_key(|entry| (entry.made_at, entry.id.clone()));
    let mut people = BTreeSet::new();
    let days = [2, 1, 0].map(|ago| minute.clock.date() - SignedDuration::from_hours(24 * ago));
    for day in days {
        let rotations = by_age.iter().filter_map(|entry| match &entry.plan {
            Plan::Rotation(rotation) if rotation.starts_on <= day => Some(rotation),
            _ => None,
        });
        let Some(rotation) = rotations.max_by_key(|rotation| rotation.starts_on) else { continue };
        let days_since = (day - rotation.starts_on).get_days() as usize;
        let week = &rotation.weeks[days_since / 7 % rotation.weeks.len()];
        for shift in week.shifts.iter().filter(|shift| shift.weekday == Weekday::of(day)) {
            let end_day = if shift.to > shift.from { day } else { day.tomorrow().unwrap() };
            if day.to_datetime(shift.from) <= minute.clock && minute.clock < end_day.to_datetime(shift.to) {
                people.extend(shift.people.iter().cloned());
            }
        }
    }
    for entry in &by_age {
        if let Plan::Swap(swap) = &entry.plan
            && holds(&entry.plan, minute.at)
            && people.remove(&swap.gives)
        {
            people.insert(swap.takes.clone());
        }
    }
    for entry in &by_age {
        if let Plan::Override(change) = &entry.plan
            && holds(&entry.plan, minute.at)
        {
            people = change.people.iter().cloned().collect();
        }
    }
    people
}

fn holds(plan: &Plan, at: Timestamp) -> bool {
    plan.time().is_some_and(|(from, to)| from <= at && at < to)
}
