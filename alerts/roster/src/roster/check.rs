//! What is wrong with entries.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::Roster;
use crate::{
    entry::{Plan, RosterEntry, Rotation, Swap},
    problem::{RosterFault, RosterProblem},
    text::PersonId,
};

/// Longest round of a rotation: a year.
const WEEKS_MAX: usize = 53;
/// A week of shifts of an hour, two abreast.
const SHIFTS_MAX: usize = 336;
/// The largest pool that stands on one shift: a patrol brigade of 360 volunteers, with some to spare.
const PEOPLE_MAX: usize = 500;
/// Longest swap, leave or override: a year and a day, in a leap year.
const DAYS_MAX: i64 = 367;

impl Roster {
    /// Everything that is wrong with an entry that is, or is to be, in the roster. Others are taken as they are, but for one
    /// with the same id, which it would replace.
    pub fn check(&self, entry: &RosterEntry) -> Vec<RosterProblem> {
        let mut faults = self.faults_of_people(entry);
        faults.extend(fault_of_time(&entry.plan));
        match &entry.plan {
            Plan::Rotation(rotation) => {
                faults.extend(faults_of_size(rotation));
                let same = self.plans.same_start(rotation, &entry.id);
                faults.extend(same.map(|other| RosterFault::SameStart { other: other.clone() }));
            }
            Plan::Swap(swap) => faults.extend(self.faults_of_swap(entry, swap)),
            Plan::Leave(leave) if leave.from < leave.to => {
                let other = self.plans.overlapping(leave, &entry.id).cloned();
                let person = leave.person.clone();
                faults.extend(other.map(|other| RosterFault::LeaveOverlaps { person, other }));
            }
            Plan::Override(change) if change.people.len() > PEOPLE_MAX => {
                faults.push(RosterFault::People { people_max: PEOPLE_MAX });
            }
            Plan::Leave(_) | Plan::Override(_) => {}
        }
        faults.into_iter().map(|fault| RosterProblem { entry: entry.id.clone(), fault }).collect()
    }

    /// Everything that is wrong with the entries there are, by entry.
    pub fn problems(&self) -> Vec<RosterProblem> {
        self.entries().flat_map(|entry| self.check(entry)).collect()
    }

    fn faults_of_people(&self, entry: &RosterEntry) -> Vec<RosterFault> {
        let named: BTreeSet<&PersonId> = entry.plan.people().into_iter().collect();
        // Who is no longer here may still have been on leave, or have given a shift away.
        let may_be_inactive = |person: &PersonId| match &entry.plan {
            Plan::Leave(_) => true,
            Plan::Swap(swap) => &swap.gives == person,
            Plan::Rotation(_) | Plan::Override(_) => false,
        };
        let fault = |person: &PersonId| match self.person(person) {
            None => Some(RosterFault::UnknownPerson { person: person.clone() }),
            Some(known) if !known.active && !may_be_inactive(person) => {
                Some(RosterFault::InactivePerson { person: person.clone() })
            }
            Some(_) => None,
        };
        named.into_iter().filter_map(fault).collect()
    }

    fn faults_of_swap(&self, entry: &RosterEntry, swap: &Swap) -> Option<RosterFault> {
        if swap.gives == swap.takes {
            return Some(RosterFault::SwapWithSelf { person: swap.gives.clone() });
        }
        if fault_of_time(&entry.plan).is_some() {
            return None; // said already; to look for the giver through all of time would take too long
        }
        let layers = self.plans.layers(&swap.post, swap.from, swap.to, &self.zone);
        let found = layers.below_swap(entry.made_at, &entry.id);
        let is_on = self
            .stretches_of(&found, swap.from, swap.to)
            .iter()
            .any(|stretch| stretch.rostered.contains(&swap.gives));
        (!is_on).then(|| RosterFault::GiverNotOn { person: swap.gives.clone(), post: swap.post.clone() })
    }
}

fn fault_of_time(plan: &Plan) -> Option<RosterFault> {
    let (from, to) = plan.time()?;
    if to <= from {
        return Some(RosterFault::EndsBeforeStart { from, to });
    }
    let longest = SignedDuration::from_hours(24 * DAYS_MAX);
    (to.duration_since(from) > longest).then_some(RosterFault::TooLong { days_max: DAYS_MAX })
}

fn faults_of_size(rotation: &Rotation) -> Vec<RosterFault> {
    let mut faults = Vec::new();
    if rotation.weeks.is_empty() || rotation.weeks.len() > WEEKS_MAX {
        faults.push(RosterFault::Weeks { weeks_max: WEEKS_MAX });
    }
    if rotation.weeks.iter().any(|week| week.shifts.len() > SHIFTS_MAX) {
        faults.push(RosterFault::Shifts { shifts_max: SHIFTS_MAX });
    }
    if rotation.shifts().any(|shift| shift.people.len() > PEOPLE_MAX) {
        faults.push(RosterFault::People { people_max: PEOPLE_MAX });
    }
    faults
}
