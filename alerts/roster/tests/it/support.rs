//! Small rosters in few words.

use gridwatch_roster::*;
use jiff::{Timestamp, civil::Date};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn id(text: &str) -> PersonId {
    PersonId::new(text).unwrap()
}

pub fn ids(texts: &[&str]) -> Vec<PersonId> {
    texts.iter().map(|text| id(text)).collect()
}

pub fn code(text: &str) -> GridCode {
    GridCode::new(text).unwrap()
}

pub fn reason() -> Reason {
    Reason::new("测试").unwrap()
}

pub fn person(text: &str) -> Person {
    Person { id: id(text), name: Name::new(text).unwrap(), phone: None, roles: Vec::new(), active: true }
}

pub fn inactive(text: &str) -> Person {
    Person { active: false, ..person(text) }
}

pub fn seat() -> Post {
    Post::Seat { name: Name::new("1号席").unwrap() }
}

/// An entry whose number says both its id and in which second it was made.
pub fn entry(number: i64, plan: Plan) -> RosterEntry {
    RosterEntry {
        id: EntryId::new(&format!("e{number:04}")).unwrap(),
        made_by: id("lead"),
        made_at: Timestamp::from_second(number).unwrap(),
        plan,
    }
}

pub fn shift(weekday: Weekday, from: &str, to: &str, people: &[&str]) -> Shift {
    Shift { weekday, from: from.parse().unwrap(), to: to.parse().unwrap(), people: ids(people) }
}

/// The same shifts every day.
pub fn daily(post: Post, starts_on: &str, shifts: &[(&str, &str, &[&str])]) -> Plan {
    let of_day = |day| shifts.iter().map(move |(from, to, people)| shift(day, from, to, people));
    let week = Week { shifts: Weekday::ALL.into_iter().flat_map(of_day).collect() };
    Plan::Rotation(Rotation { post, starts_on: date(starts_on), weeks: vec![week] })
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn swap(post: Post, from: &str, to: &str, gives: &str, takes: &str) -> Plan {
    Plan::Swap(Swap {
        post,
        from: at(from),
        to: at(to),
        gives: id(gives),
        takes: id(takes),
        reason: reason(),
    })
}

pub fn leave(who: &str, from: &str, to: &str) -> Plan {
    Plan::Leave(Leave { person: id(who), from: at(from), to: at(to), reason: reason() })
}

pub fn override_with(post: Post, from: &str, to: &str, people: &[&str]) -> Plan {
    let people = ids(people);
    Plan::Override(Override { post, from: at(from), to: at(to), people, reason: reason() })
}

/// A roster of active people in Asia/Shanghai.
pub fn roster(people: &[&str], plans: Vec<Plan>) -> Roster {
    let entries = (1..).zip(plans).map(|(number, plan)| entry(number, plan));
    Roster::new(Zone::default(), people.iter().map(|text| person(text)), entries)
}

pub fn names(people: &[PersonId]) -> Vec<&str> {
    people.iter().map(PersonId::as_str).collect()
}
