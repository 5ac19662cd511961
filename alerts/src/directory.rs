//! Who is on duty, by the roster and the grid tree.

use std::{collections::HashMap, sync::Arc};

use gridwatch_roster::{GridCode, Name, PersonId, Post, Role, Roster, Rung, RungName, answering, ladder};
use jiff::Timestamp;
use parking_lot::Mutex;

use crate::{
    escalation::{Contact, Staff},
    grid::{GridRef, GridTree},
    life::{Actor, ActorRole},
};

/// People, the roster, and the grids they answer for, as of one moment; a change makes a new one.
#[derive(Clone)]
pub struct Directory {
    roster: Arc<Roster>,
    grids: Arc<GridTree>,
    /// Who is beside whom is worked out once for each grid.
    neighbours: Arc<Mutex<HashMap<String, Arc<[GridCode]>>>>,
}

impl Directory {
    /// People and grids.
    pub fn new(roster: Arc<Roster>, grids: Arc<GridTree>) -> Self {
        Self { roster, grids, neighbours: Arc::default() }
    }

    /// People, and who is on duty when.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The grids.
    pub fn grids(&self) -> &GridTree {
        &self.grids
    }

    /// Who is called for an alert in the last grid of `path`, rung after rung; empty rungs stay in their place.
    pub fn ladder(&self, path: &[GridRef], at: Timestamp) -> Vec<Rung> {
        let path: Vec<GridCode> = path.iter().filter_map(|grid| GridCode::new(&grid.code).ok()).collect();
        let answering = answering(&self.roster, &path, at);
        let neighbours = answering.map(|grid| self.neighbours(grid.as_str())).unwrap_or_default();
        ladder(&self.roster, &path, &neighbours, at)
    }

    fn neighbours(&self, grid: &str) -> Arc<[GridCode]> {
        let mut known = self.neighbours.lock();
        let found = || {
            self.grids.neighbours(grid).iter().filter_map(|grid| GridCode::new(grid.code()).ok()).collect()
        };
        Arc::clone(known.entry(grid.to_owned()).or_insert_with(found))
    }

    /// Somebody as the one who makes a move from somewhere, as the highest of the roles that are theirs; none for nobody that
    /// is known and active.
    pub fn actor(&self, person: &str, from: &str) -> Option<Actor> {
        let known = self.roster.person(&PersonId::new(person).ok()?).filter(|person| person.active)?;
        let acts = |role: &Role| match role {
            Role::ShiftLead => Some(ActorRole::ShiftLead),
            Role::DutyOfficer => Some(ActorRole::DutyOfficer),
            Role::GridLeader => Some(ActorRole::GridLeader),
            Role::Liaison { .. } => Some(ActorRole::Liaison),
            Role::GridWorker | Role::PatrolMember | Role::PolicePost => Some(ActorRole::GridWorker),
            _ => None,
        };
        let role =
            known.roles.iter().filter_map(|binding| acts(&binding.role)).min_by_key(|role| rank(*role))?;
        let (name, from) = (known.name.as_str().to_owned(), from.to_owned());
        Some(Actor { person: Some(person.to_owned()), name, role, from })
    }
}

impl Staff for Directory {
    fn on_rung(&self, rung: RungName, path: &[GridRef], at: Timestamp) -> Vec<String> {
        let rungs = self.ladder(path, at).into_iter();
        rungs.filter(|found| found.name == rung).flat_map(|found| ids(found.people)).collect()
    }

    fn leads(&self, at: Timestamp) -> Vec<String> {
        ids(self.roster.leads(at))
    }

    fn supervisors(&self, level: u8, at: Timestamp) -> Vec<String> {
        ids(self.roster.supervisors(level, at))
    }

    fn liaisons(&self, department: &str, at: Timestamp) -> Vec<String> {
        match Name::new(department) {
            Ok(department) => ids(self.roster.on_duty(&Post::Liaison { department }, at)),
            Err(_) => Vec::new(),
        }
    }

    fn contact(&self, person: &str) -> Option<Contact> {
        let person = self.roster.person(&PersonId::new(person).ok()?)?;
        let phone = person.phone.as_ref().map(|phone| phone.as_str().to_owned());
        Some(Contact { name: person.name.as_str().to_owned(), phone })
    }
}

fn ids(people: Vec<PersonId>) -> Vec<String> {
    people.iter().map(|person| person.as_str().to_owned()).collect()
}

/// The lowest is the highest.
const fn rank(role: ActorRole) -> u8 {
    match role {
        ActorRole::System => 0,
        ActorRole::ShiftLead => 1,
        ActorRole::DutyOfficer => 2,
        ActorRole::GridLeader => 3,
        ActorRole::Liaison => 4,
        ActorRole::GridWorker => 5,
    }
}
