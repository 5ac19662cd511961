//! The entries by post and by person, and how they lie upon one another.

use std::collections::{HashMap, HashSet};

use jiff::{Timestamp, ToSpan, civil::Date};

use super::push_new;
use crate::{
    entry::{Leave, Override, Plan, RosterEntry, Rotation, Shift, Swap},
    post::Post,
    text::{EntryId, PersonId},
    zone::Zone,
};

/// How many days before a moment a shift can begin that is still going on: it ends on the next day at the latest, and
/// one day more where a zone has left out a whole day.
const SHIFT_DAYS_MAX: i64 = 2;

/// All entries, where they are looked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Plans {
    posts: HashMap<Post, PostPlans>,
    leaves: HashMap<PersonId, Vec<Made<Leave>>>,
}

/// The entries about one post. Rotations are in the order in which they begin, the rest in the order in which it was made.
#[derive(Clone, Debug, Default)]
struct PostPlans {
    rotations: Vec<Made<Rotation>>,
    swaps: Vec<Made<Swap>>,
    overrides: Vec<Made<Override>>,
}

/// What an entry says, and its rank among entries that contradict it.
#[derive(Clone, Debug)]
struct Made<T> {
    at: Timestamp,
    id: EntryId,
    what: T,
}

/// What there is about one post and a time, lowest layer first.
#[derive(Default)]
pub(super) struct Layers<'a> {
    /// In the order in which they begin.
    shifts: Vec<Turn<'a>>,
    swaps: Vec<&'a Made<Swap>>,
    overrides: Vec<&'a Made<Override>>,
}

/// One shift on one day.
struct Turn<'a> {
    from: Timestamp,
    to: Timestamp,
    people: &'a [PersonId],
}

/// Reads layers forward in time.
pub(super) struct Sweep<'a> {
    layers: &'a Layers<'a>,
    /// The shifts, without those at their front that are over.
    ahead: &'a [Turn<'a>],
}

// === impl Plans ===

impl Plans {
    pub(super) fn of<'a>(entries: impl Iterator<Item = &'a RosterEntry>) -> Self {
        let mut plans = Self::default();
        for entry in entries {
            plans.insert(entry);
        }
        plans
    }

    pub(super) fn insert(&mut self, entry: &RosterEntry) {
        match &entry.plan {
            Plan::Rotation(rotation) => {
                let rotations = &mut self.of_post(&rotation.post).rotations;
                insert_by(rotations, entry, rotation, |made| (made.what.starts_on, made.at, made.id.clone()));
            }
            Plan::Swap(swap) => insert(&mut self.of_post(&swap.post).swaps, entry, swap),
            Plan::Override(change) => insert(&mut self.of_post(&change.post).overrides, entry, change),
            Plan::Leave(leave) => {
                insert(self.leaves.entry(leave.person.clone()).or_default(), entry, leave);
            }
        }
    }

    pub(super) fn remove(&mut self, entry: &RosterEntry) {
        if let Some(plans) = entry.plan.post().and_then(|post| self.posts.get_mut(post)) {
            plans.rotations.retain(|made| made.id != entry.id);
            plans.swaps.retain(|made| made.id != entry.id);
            plans.overrides.retain(|made| made.id != entry.id);
        }
        if let Plan::Leave(leave) = &entry.plan
            && let Some(leaves) = self.leaves.get_mut(&leave.person)
        {
            leaves.retain(|made| made.id != entry.id);
        }
    }

    pub(super) fn posts(&self) -> Vec<&Post> {
        let mut posts: Vec<&Post> =
            self.posts.iter().filter(|(_, plans)| !plans.is_empty()).map(|(post, _)| post).collect();
        posts.sort_unstable();
        posts
    }

    pub(super) fn leaves(
        &self,
        person: &PersonId,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = &Leave> {
        let leaves = self.leaves.get(person).into_iter().flatten().map(|made| &made.what);
        leaves.filter(move |leave| leave.from < to && from < leave.to)
    }

    pub(super) fn leave_at(&self, person: &PersonId, at: Timestamp) -> Option<&Leave> {
        let mut leaves = self.leaves.get(person)?.iter().map(|made| &made.what);
        leaves.find(|leave| leave.from <= at && at < leave.to)
    }

    pub(super) fn is_set_up(&self, post: &Post, at: Timestamp, zone: &Zone) -> bool {
        let Some(plans) = self.posts.get(post) else { return false };
        let date = zone.date(at);
        let begun = plans.rotations.partition_point(|made| made.what.starts_on <= date);
        let in_force = begun.checked_sub(1).map(|last| &plans.rotations[last].what);
        in_force.is_some_and(|rotation| rotation.shifts().next().is_some())
            || plans.overrides.iter().any(|made| made.what.from <= at && at < made.what.to)
    }

    /// What there is about a post and a time.
    pub(super) fn layers<'a>(
        &'a self,
        post: &Post,
        from: Timestamp,
        to: Timestamp,
        zone: &Zone,
    ) -> Layers<'a> {
        let Some(plans) = self.posts.get(post) else { return Layers::default() };
        Layers {
            shifts: turns(&plans.rotations, from, to, zone),
            swaps: plans.swaps.iter().filter(|made| made.what.from < to && from < made.what.to).collect(),
            overrides: plans
                .overrides
                .iter()
                .filter(|made| made.what.from < to && from < made.what.to)
                .collect(),
        }
    }

    /// The entry that begins a rotation of this post on the same day.
    pub(super) fn same_start(&self, rotation: &Rotation, but: &EntryId) -> Option<&EntryId> {
        let mut rotations = self.posts.get(&rotation.post)?.rotations.iter();
        rotations
            .find(|made| made.what.starts_on == rotation.starts_on && &made.id != but)
            .map(|made| &made.id)
    }

    /// The entry by which this person is away at the same time.
    pub(super) fn overlapping(&self, leave: &Leave, but: &EntryId) -> Option<&EntryId> {
        let mut leaves = self.leaves.get(&leave.person)?.iter();
        let overlaps = |other: &Leave| other.from < leave.to && leave.from < other.to;
        leaves.find(|made| overlaps(&made.what) && &made.id != but).map(|made| &made.id)
    }

    fn of_post(&mut self, post: &Post) -> &mut PostPlans {
        self.posts.entry(post.clone()).or_default()
    }
}

impl PostPlans {
    fn is_empty(&self) -> bool {
        self.rotations.is_empty() && self.swaps.is_empty() && self.overrides.is_empty()
    }
}

fn insert<T: Clone>(list: &mut Vec<Made<T>>, entry: &RosterEntry, what: &T) {
    insert_by(list, entry, what, |made| (made.at, made.id.clone()));
}

fn insert_by<T: Clone, K: Ord>(
    list: &mut Vec<Made<T>>,
    entry: &RosterEntry,
    what: &T,
    key: impl Fn(&Made<T>) -> K,
) {
    let made = Made { at: entry.made_at, id: entry.id.clone(), what: what.clone() };
    let place = list.partition_point(|other| key(other) <= key(&made));
    list.insert(place, made);
}

/// The shifts that touch a time, each on its day. Every day has those of the rotation that began last.
fn turns<'a>(rotations: &'a [Made<Rotation>], from: Timestamp, to: Timestamp, zone: &Zone) -> Vec<Turn<'a>> {
    let mut turns = Vec::new();
    let last = zone.date(to);
    let mut day = Some(zone.date(from).saturating_sub(SHIFT_DAYS_MAX.days()));
    while let Some(date) = day.filter(|date| *date <= last) {
        day = date.tomorrow().ok();
        let begun = rotations.partition_point(|made| made.what.starts_on <= date);
        let Some(made) = begun.checked_sub(1).map(|last| &rotations[last]) else { continue };
        let touching = |turn: &Turn<'_>| turn.from < to && from < turn.to;
        turns.extend(made.what.shifts_on(date).filter_map(|shift| turn(shift, date, zone)).filter(touching));
    }
    turns.sort_by_key(|turn| turn.from);
    turns
}

/// A shift on the day on which it begins. None beyond the end of the calendar.
fn turn<'a>(shift: &'a Shift, date: Date, zone: &Zone) -> Option<Turn<'a>> {
    let last_day = if shift.from < shift.to { date } else { date.tomorrow().ok()? };
    Some(Turn {
        from: zone.first_moment(date.to_datetime(shift.from))?,
        to: zone.first_moment(last_day.to_datetime(shift.to))?,
        people: &shift.people,
    })
}

// === impl Layers ===

impl<'a> Layers<'a> {
    /// What a swap made then finds: the rotation and the swaps made before it.
    pub(super) fn below_swap(mut self, made_at: Timestamp, id: &EntryId) -> Self {
        // One with its id is its own earlier form, whenever that was made.
        self.swaps.retain(|made| &made.id != id && (made.at, &made.id) < (made_at, id));
        self.overrides.clear();
        self
    }

    /// Every moment at which somebody may come or go by these entries, in no order.
    pub(super) fn cuts(&self) -> Vec<Timestamp> {
        let shifts = self.shifts.iter().flat_map(|turn| [turn.from, turn.to]);
        let swaps = self.swaps.iter().flat_map(|made| [made.what.from, made.what.to]);
        let overrides = self.overrides.iter().flat_map(|made| [made.what.from, made.what.to]);
        shifts.chain(swaps).chain(overrides).collect()
    }

    /// Everybody whom these entries name.
    pub(super) fn people(&self) -> HashSet<&'a PersonId> {
        let shifts = self.shifts.iter().flat_map(|turn| turn.people);
        let swaps = self.swaps.iter().map(|made| &made.what.takes);
        let overrides = self.overrides.iter().flat_map(|made| &made.what.people);
        shifts.chain(swaps).chain(overrides).collect()
    }

    /// Begins to read.
    pub(super) fn sweep(&'a self) -> Sweep<'a> {
        Sweep { layers: self, ahead: &self.shifts }
    }
}

// === impl Sweep ===

impl Sweep<'_> {
    /// Who is to be there at a moment, each once; the moments come in order.
    pub(super) fn rostered_at(&mut self, at: Timestamp) -> Vec<PersonId> {
        let mut people = Vec::new();
        let mut overrides = self.layers.overrides.iter().rev().map(|made| &made.what);
        if let Some(change) = overrides.find(|change| change.from <= at && at < change.to) {
            change.people.iter().for_each(|person| push_new(&mut people, person));
            return people;
        }
        while let [first, rest @ ..] = self.ahead
            && first.to <= at
        {
            self.ahead = rest;
        }
        let begun = self.ahead.iter().take_while(|turn| turn.from <= at);
        for turn in begun.filter(|turn| at < turn.to) {
            turn.people.iter().for_each(|person| push_new(&mut people, person));
        }
        let swaps = self.layers.swaps.iter().map(|made| &made.what);
        for swap in swaps.filter(|swap| swap.from <= at && at < swap.to) {
            let Some(place) = people.iter().position(|person| person == &swap.gives) else { continue };
            people.remove(place);
            if !people.contains(&swap.takes) {
                people.insert(place, swap.takes.clone());
            }
        }
        people
    }
}
