//! The hand-over sheet: what one shift leaves to the next.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    coverage::Uncovered,
    entry::{Plan, RosterEntry},
    language::Language,
    post::Post,
    roster::{Roster, Span},
    text::{Name, PersonId, Phone},
};

/// How far back a shift's begin is looked for, and how far ahead its end: more than a week, so that somebody who is on for
/// a whole week has a sheet too.
const REACH: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What one shift of a post leaves to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Handover {
    /// Which post.
    pub post: Post,
    /// The shift that ends. A time more than eight days away from the moment asked for is cut there, in both shifts.
    pub outgoing: Span,
    /// The shift that begins then; nobody is on it where its list is empty.
    pub incoming: Span,
    /// When nobody will be on duty during the incoming shift where somebody has to be.
    pub uncovered: Vec<Uncovered>,
    /// Swaps, leave and overrides that shape the incoming shift, in the order in which they were made.
    pub notes: Vec<RosterEntry>,
    /// Everybody whom the sheet names, by id.
    pub people: Vec<Contact>,
}

/// By what name and number somebody is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// Who.
    pub id: PersonId,
    /// The name.
    pub name: Name,
    /// The phone number, if there is one.
    #[schema(required)]
    pub phone: Option<Phone>,
}

/// A hand-over with what is still open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandoverSheet<T> {
    /// The hand-over.
    #[serde(flatten)]
    pub handover: Handover,
    /// What is still open, the most urgent first.
    pub open: Vec<T>,
}

// === impl Roster ===

impl Roster {
    /// The hand-over of the shift that is on at a moment to the one after it: a shift is a time in which the same people are
    /// on duty. `required` are the posts where somebody has to be during the incoming shift.
    ///
    /// None where nobody comes or goes at the post within eight days.
    pub fn handover(&self, post: &Post, required: &[Post], at: Timestamp) -> Option<Handover> {
        let begin = at.checked_sub(REACH).unwrap_or(Timestamp::MIN);
        let end = at.checked_add(REACH).unwrap_or(Timestamp::MAX);
        let mut spans = self.timeline(post, begin, end).into_iter().skip_while(|span| span.to <= at);
        let outgoing = spans.next()?;
        let incoming = spans.next()?;

        let (from, to) = (incoming.from, incoming.to);
        let uncovered = self.uncovered(required, from, to);
        let rostered: Vec<PersonId> =
            self.stretches(post, from, to).into_iter().flat_map(|stretch| stretch.rostered).collect();
        let notes = self.changes(post, &rostered, from, to);
        let mut handover =
            Handover { post: post.clone(), outgoing, incoming, uncovered, notes, people: Vec::new() };
        handover.people = self.contacts(&handover);
        Some(handover)
    }

    fn contacts(&self, handover: &Handover) -> Vec<Contact> {
        let on_duty = handover.outgoing.people.iter().chain(&handover.incoming.people);
        let away = handover.uncovered.iter().flat_map(|uncovered| uncovered.why.people());
        let noted = handover.notes.iter().flat_map(|entry| entry.plan.people());
        let mut ids: Vec<&PersonId> = on_duty.chain(away).chain(noted).collect();
        ids.sort_unstable();
        ids.dedup();
        let contact = |id: &PersonId| {
            let person = self.person(id)?;
            Some(Contact { id: id.clone(), name: person.name.clone(), phone: person.phone.clone() })
        };
        ids.into_iter().filter_map(contact).collect()
    }
}

// === impl HandoverSheet ===

impl<T> HandoverSheet<T> {
    /// The sheet as plain text, by the place's clocks; `line` puts one open thing into a line.
    pub fn text(&self, zone: &TimeZone, language: Language, line: impl Fn(&T) -> String) -> String {
        let words = Words { handover: &self.handover, zone, language };
        let open: Vec<String> = self.open.iter().map(line).collect();
        words.sheet(&open)
    }
}

/// Puts a hand-over into words.
struct Words<'a> {
    handover: &'a Handover,
    zone: &'a TimeZone,
    language: Language,
}

// === impl Words ===

impl Words<'_> {
    fn sheet(&self, open: &[String]) -> String {
        let Handover { post, outgoing, incoming, uncovered, notes, .. } = self.handover;
        let pick = |zh, en| self.language.pick(zh, en);
        let mut text = String::new();
        // Writing into a text never fails.
        let _ = writeln!(text, "{}{}", pick("交接班单：", "Hand-over sheet: "), post.label(self.language));
        self.shift(&mut text, pick("交班", "Outgoing"), outgoing);
        self.shift(&mut text, pick("接班", "Incoming"), incoming);

        let uncovered: Vec<String> = uncovered.iter().map(|uncovered| self.uncovered(uncovered)).collect();
        self.list(
            &mut text,
            pick("接班时段无人在岗", "Nobody on duty during the incoming shift"),
            &uncovered,
        );
        let notes: Vec<String> = notes.iter().filter_map(|entry| self.note(&entry.plan)).collect();
        self.list(&mut text, pick("班次变动", "Changes of the roster"), &notes);
        self.list(&mut text, pick("未结告警", "Open alerts"), open);
        text
    }

    fn shift(&self, text: &mut String, title: &str, shift: &Span) {
        let colon = self.language.pick("：", ": ");
        let _ = writeln!(text, "\n{title}{colon}{}", self.time(shift.from, shift.to));
        for person in &shift.people {
            let _ = writeln!(text, "  {}", self.contact(person));
        }
        if shift.people.is_empty() {
            let _ = writeln!(text, "  {}", self.language.pick("无人在岗", "nobody"));
        }
    }

    fn list(&self, text: &mut String, title: &str, lines: &[String]) {
        let none = self.language.pick("无", "none");
        let count = if lines.is_empty() { none.to_owned() } else { lines.len().to_string() };
        let colon = self.language.pick("：", ": ");
        let _ = writeln!(text, "\n{title}{colon}{count}");
        for (number, line) in (1..).zip(lines) {
            let _ = writeln!(text, "  {number}. {line}");
        }
    }

    fn uncovered(&self, uncovered: &Uncovered) -> String {
        let post = uncovered.post.label(self.language);
        let why = uncovered.why.sentence(self.language, |person| self.name(person));
        let time = self.time(uncovered.from, uncovered.to);
        self.language.pick(format!("{post}：{time}，{why}"), format!("{post}: {time}, {why}"))
    }

    /// None for a rotation, which changes nothing.
    fn note(&self, plan: &Plan) -> Option<String> {
        let (from, to) = plan.time()?;
        let time = self.time(from, to);
        let (zh, en) = match plan {
            Plan::Rotation(_) => return None,
            Plan::Swap(swap) => {
                let (gives, takes, why) = (self.name(&swap.gives), self.name(&swap.takes), &swap.reason);
                (
                    format!("换班：{takes}替{gives}，{time}（{why}）"),
                    format!("swap: {takes} for {gives}, {time} ({why})"),
                )
            }
            Plan::Leave(leave) => {
                let (who, why) = (self.name(&leave.person), &leave.reason);
                (format!("请假：{who}，{time}（{why}）"), format!("leave: {who}, {time} ({why})"))
            }
            Plan::Override(change) => {
                let names: Vec<String> = change.people.iter().map(|person| self.name(person)).collect();
                let (who, why) = (names.join(self.language.pick("、", ", ")), &change.reason);
                if names.is_empty() {
                    (
                        format!("临时调整：不设人，{time}（{why}）"),
                        format!("override: nobody, {time} ({why})"),
                    )
                } else {
                    (format!("临时调整：{who}，{time}（{why}）"), format!("override: {who}, {time} ({why})"))
                }
            }
        };
        Some(self.language.pick(zh, en))
    }

    fn time(&self, from: Timestamp, to: Timestamp) -> String {
        let moment = |at: Timestamp| self.zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string();
        let (from, to) = (moment(from), moment(to));
        self.language.pick(format!("{from} 至 {to}"), format!("{from} to {to}"))
    }

    fn contact(&self, person: &PersonId) -> String {
        let phone = self.find(person).and_then(|contact| contact.phone.as_ref());
        let name = self.name(person);
        phone.map_or_else(|| name.clone(), |phone| format!("{name}  {phone}"))
    }

    /// The name, or the id of somebody who is not known any more.
    fn name(&self, person: &PersonId) -> String {
        self.find(person).map_or_else(|| person.to_string(), |contact| contact.name.to_string())
    }

    fn find(&self, person: &PersonId) -> Option<&Contact> {
        let people = &self.handover.people;
        people.binary_search_by(|contact| contact.id.cmp(person)).ok().map(|place| &people[place])
    }
}
