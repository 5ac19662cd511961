//! The roster: all people and entries of one place, and what follows from them.

mod check;
mod plans;

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    entry::{Plan, RosterEntry},
    person::{Person, Role},
    post::Post,
    problem::RosterProblem,
    text::{EntryId, PersonId},
    zone::Zone,
};

use plans::{Layers, Plans};

/// Who is on duty when.
///
/// Always usable: an entry that makes no sense has no effect beyond what it can mean, and [`Roster::problems`] tells of
/// it. Somebody who is not known is treated like somebody who is not active.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    zone: Zone,
    people: BTreeMap<PersonId, Person>,
    entries: BTreeMap<EntryId, RosterEntry>,
    plans: Plans,
}

/// A time in which the same people are on duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Span {
    /// From then on.
    pub from: Timestamp,
    /// Until before then.
    pub to: Timestamp,
    /// Who; nobody where it is empty.
    pub people: Vec<PersonId>,
}

/// A time in which nothing changes on a post: who was to be there, and who of them is.
pub(crate) struct Stretch {
    pub from: Timestamp,
    pub to: Timestamp,
    pub rostered: Vec<PersonId>,
    pub present: Vec<PersonId>,
}

// === impl Roster ===

impl Roster {
    /// A roster of these people and entries. Of two with one id the later in the list counts.
    pub fn new(
        zone: Zone,
        people: impl IntoIterator<Item = Person>,
        entries: impl IntoIterator<Item = RosterEntry>,
    ) -> Self {
        let people = people.into_iter().map(|person| (person.id.clone(), person)).collect();
        let entries: BTreeMap<_, _> =
            entries.into_iter().map(|entry: RosterEntry| (entry.id.clone(), entry)).collect();
        let plans = Plans::of(entries.values());
        Self { zone, people, entries, plans }
    }

    /// The place's time zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Everybody, by id.
    pub fn people(&self) -> impl ExactSizeIterator<Item = &Person> {
        self.people.values()
    }

    /// Somebody.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.people.get(id)
    }

    /// All entries, by id.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &RosterEntry> {
        self.entries.values()
    }

    /// One entry.
    pub fn entry(&self, id: &EntryId) -> Option<&RosterEntry> {
        self.entries.get(id)
    }

    /// Every post of which any entry speaks, in order.
    pub fn posts(&self) -> Vec<&Post> {
        self.plans.posts()
    }

    /// Takes somebody in, or in place of who had the id.
    pub fn put_person(&mut self, person: Person) {
        self.people.insert(person.id.clone(), person);
    }

    /// Takes an entry in, if nothing is wrong with it. One with the same id gives way to it.
    ///
    /// # Errors
    /// Everything that is wrong with it. Nothing has changed then.
    pub fn put(&mut self, entry: RosterEntry) -> Result<(), Vec<RosterProblem>> {
        let problems = self.check(&entry);
        if !problems.is_empty() {
            return Err(problems);
        }
        self.remove(&entry.id);
        self.plans.insert(&entry);
        self.entries.insert(entry.id.clone(), entry);
        Ok(())
    }

    /// Takes an entry out, if it is there.
    pub fn remove(&mut self, id: &EntryId) -> Option<RosterEntry> {
        let entry = self.entries.remove(id)?;
        self.plans.remove(&entry);
        Some(entry)
    }

    /// Who is on duty at a moment.
    pub fn on_duty(&self, post: &Post, at: Timestamp) -> Vec<PersonId> {
        // The end of the moment; at the end of all time there is none, and nobody is on duty.
        let after = at.checked_add(1.nanosecond()).unwrap_or(at);
        self.stretches(post, at, after).into_iter().flat_map(|stretch| stretch.present).collect()
    }

    /// Who is on duty from a time until before another: spans without gaps, each as long as it can be; none where the range
    /// is empty. Takes time in proportion to the range.
    pub fn timeline(&self, post: &Post, from: Timestamp, to: Timestamp) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for Stretch { from, to, present, .. } in self.stretches(post, from, to) {
            match spans.last_mut() {
                Some(last) if last.people == present => last.to = to,
                _ => spans.push(Span { from, to, people: present }),
            }
        }
        spans
    }

    /// Whether the post exists at a moment: a rotation with shifts is in force there, or an override.
    pub fn is_set_up(&self, post: &Post, at: Timestamp) -> bool {
        self.plans.is_set_up(post, at, &self.zone)
    }

    /// Who leads the seats at a moment: the shift lead, or the officers at the seats where no lead is on duty.
    pub fn leads(&self, at: Timestamp) -> Vec<PersonId> {
        let mut leads = self.on_duty(&Post::ShiftLead, at);
        if leads.is_empty() {
            let seats = self.posts().into_iter().filter(|post| matches!(post, Post::Seat { .. }));
            for person in seats.flat_map(|seat| self.on_duty(seat, at)) {
                push_new(&mut leads, &person);
            }
        }
        leads
    }

    /// Who answers for a level of 督办, 1 to 3, at a moment: whoever has the role and is not on leave.
    pub fn supervisors(&self, level: u8, at: Timestamp) -> Vec<PersonId> {
        let role = match level {
            1 => Role::CentreDirector,
            2 => Role::PoliticalLegal,
            3 => Role::Principal,
            _ => return Vec::new(),
        };
        let having = self.people().filter(|person| person.has_role(&role)).map(|person| &person.id);
        having.filter(|person| self.is_present(person, at)).cloned().collect()
    }

    /// Whether somebody is active and not on leave.
    pub fn is_present(&self, person: &PersonId, at: Timestamp) -> bool {
        self.is_active(person) && self.plans.leave_at(person, at).is_none()
    }

    pub(crate) fn is_active(&self, person: &PersonId) -> bool {
        self.person(person).is_some_and(|person| person.active)
    }

    /// The entries that are about this post or these people and touch a time, but for rotations; in the order in which they
    /// were made.
    pub(crate) fn changes(
        &self,
        post: &Post,
        people: &[PersonId],
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<RosterEntry> {
        let concerns = |entry: &&RosterEntry| match &entry.plan {
            Plan::Rotation(_) => false,
            Plan::Leave(leave) => people.contains(&leave.person),
            Plan::Swap(_) | Plan::Override(_) => entry.plan.post() == Some(post),
        };
        let touches = |entry: &&RosterEntry| {
            entry.plan.time().is_some_and(|(begin, end)| begin < to && from < end && begin < end)
        };
        let mut changes: Vec<RosterEntry> =
            self.entries().filter(concerns).filter(touches).cloned().collect();
        changes.sort_by(|a, b| (a.made_at, &a.id).cmp(&(b.made_at, &b.id)));
        changes
    }

    /// What a time is made of on a post, in order and without gaps.
    pub(crate) fn stretches(&self, post: &Post, from: Timestamp, to: Timestamp) -> Vec<Stretch> {
        let layers = self.plans.layers(post, from, to, &self.zone);
        self.stretches_of(&layers, from, to)
    }

    fn stretches_of(&self, layers: &Layers<'_>, from: Timestamp, to: Timestamp) -> Vec<Stretch> {
        if to <= from {
            return Vec::new();
        }
        let mut cuts = layers.cuts();
        for person in layers.people() {
            cuts.extend(self.plans.leaves(person, from, to).flat_map(|leave| [leave.from, leave.to]));
        }
        cuts.retain(|cut| from < *cut && *cut < to);
        cuts.extend([from, to]);
        cuts.sort_unstable();
        cuts.dedup();

        let mut sweep = layers.sweep();
        let stretch = |pair: &[Timestamp]| {
            let (from, to) = (pair[0], pair[1]);
            let rostered = sweep.rostered_at(from);
            let present = rostered.iter().filter(|person| self.is_present(person, from)).cloned().collect();
            Stretch { from, to, rostered, present }
        };
        cuts.windows(2).map(stretch).collect()
    }
}

/// Adds somebody who is not in the list yet.
pub(crate) fn push_new(people: &mut Vec<PersonId>, person: &PersonId) {
    if !people.contains(person) {
        people.push(person.clone());
    }
}
