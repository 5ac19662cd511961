//! What people set up about the place: grids, people, the roster, and how long there is for what. It is kept in the database, in
//! versions; each change is at work from the next alert on.

mod browsers;
mod grids;
mod import;

use std::sync::Arc;

use gridwatch_grids::{GridTree, History, HistoryError};
use gridwatch_ingest::Clock;
use gridwatch_roster::{EntryId, FileProblem, Person, Roster, RosterEntry, RosterProblem, Zone};
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{
    desk::{Desk, to_its_end},
    directory::Directory,
    error::Error,
    policy::Policy,
    setup::{Route, Setup},
    store::{DocumentKind, GridTakeover, Store},
};

pub use browsers::Browser;
pub use grids::run_grids;
pub use import::Intent;

/// There is one policy; this is its id among documents.
const POLICY: &str = "policy";

/// Who took over the grids of the configuration.
const THE_PROGRAM: &str = "gridwatch";

/// Grids, people and rules of the place. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Registry {
    store: Store,
    clock: Clock,
    zone: Zone,
    routes: Arc<[Route]>,
    held: Arc<Mutex<Held>>,
}

struct Held {
    history: Arc<History>,
    /// The tree that is valid, until `next_grids_at`.
    grids: Arc<GridTree>,
    next_grids_at: Option<Timestamp>,
    roster: Arc<Roster>,
    policy: Arc<Policy>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Entries of the roster that make no sense.
    #[error("{} problem(s) with the roster", .0.len())]
    Roster(Vec<RosterProblem>),
    /// The grids cannot be taken over at that time.
    #[error(transparent)]
    Grids(#[from] HistoryError),
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Registry {
    /// Goes on where the database stands. Where it has no grids yet, those of `first` are valid from now on.
    ///
    /// # Errors
    /// The database fails, or what it holds makes no sense.
    pub async fn open(
        store: Store,
        first: &GridTree,
        zone: Zone,
        routes: Vec<Route>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let mut history = store.grid_history().await?;
        let now = whole_ms(clock.now());
        if history.latest_change().is_none() {
            let content = |error: HistoryError| Error::Content(error.to_string());
            let changes = history.plan(first, now).map_err(content)?;
            let versions = history.apply(&changes).map_err(content)?;
            let takeover = GridTakeover { valid_from: now, made_at: now, by: THE_PROGRAM.to_owned() };
            store.put_grid_versions(&versions, &takeover).await?;
        }
        let people = store.documents::<Person>(DocumentKind::Person).await?;
        let entries = store.documents::<RosterEntry>(DocumentKind::RosterEntry).await?;
        let roster = Roster::new(
            zone.clone(),
            people.into_iter().map(|person| person.body),
            entries.into_iter().map(|entry| entry.body),
        );
        let policy = store.documents::<Policy>(DocumentKind::Policy).await?.pop();
        let held = Held {
            grids: Arc::new(history.tree_at(now)),
            next_grids_at: history.next_change(now),
            history: Arc::new(history),
            roster: Arc::new(roster),
            policy: Arc::new(policy.map(|policy| policy.body).unwrap_or_default()),
        };
        Ok(Self { store, clock, zone, routes: routes.into(), held: Arc::new(Mutex::new(held)) })
    }

    /// How alerts are handled now.
    pub async fn setup(&self) -> Setup {
        self.setup_of(&*self.held.lock().await)
    }

    /// People, roster and grids as they are now.
    pub async fn directory(&self) -> Directory {
        let held = self.held.lock().await;
        Directory::new(Arc::clone(&held.roster), Arc::clone(&held.grids))
    }

    /// How long there is for what.
    pub async fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.held.lock().await.policy)
    }

    /// The place's time zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The database.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Takes people in, or in the place of those who had their ids. Done to its end, even where the caller stops waiting half-way,
    /// as all that follows.
    ///
    /// # Errors
    /// The database fails; nothing is changed then.
    pub async fn put_people(&self, desk: &Desk, people: Vec<Person>, by: &str) -> Result<(), RegistryError> {
        let (registry, desk, by) = (self.clone(), desk.clone(), by.to_owned());
        to_its_end(async move {
            let mut held = registry.held.lock().await;
            registry.write_people(&mut held, &desk, people, &by).await
        })
        .await
    }

    /// Writes entries of the roster, all or none.
    ///
    /// # Errors
    /// Some of them make no sense, or the database fails; nothing is changed then.
    pub async fn put_entries(
        &self,
        desk: &Desk,
        entries: Vec<RosterEntry>,
        by: &str,
    ) -> Result<(), RegistryError> {
        let (registry, desk, by) = (self.clone(), desk.clone(), by.to_owned());
        to_its_end(async move {
            let mut held = registry.held.lock().await;
            registry.write_entries(&mut held, &desk, entries, &by).await
        })
        .await
    }

    /// Takes an entry of the roster away. Answers whether there was one.
    ///
    /// # Errors
    /// The database fails; nothing is changed then.
    pub async fn remove_entry(&self, desk: &Desk, id: &EntryId, by: &str) -> Result<bool, RegistryError> {
        let (registry, desk, id, by) = (self.clone(), desk.clone(), id.clone(), by.to_owned());
        to_its_end(async move {
            let mut held = registry.held.lock().await;
            let mut roster = Roster::clone(&held.roster);
            let Some(entry) = roster.remove(&id) else { return Ok(false) };
            let documents = [(id.as_str().to_owned(), &entry)];
            let now = registry.clock.now();
            registry.store.put_documents(DocumentKind::RosterEntry, &documents, true, &by, now).await?;
            held.roster = Arc::new(roster);
            desk.set_up(registry.setup_of(&held));
            Ok(true)
        })
        .await
    }

    /// Changes how long there is for what.
    ///
    /// # Errors
    /// The database fails; nothing is changed then.
    pub async fn put_policy(&self, desk: &Desk, policy: Policy, by: &str) -> Result<(), RegistryError> {
        let (registry, desk, by) = (self.clone(), desk.clone(), by.to_owned());
        to_its_end(async move {
            let mut held = registry.held.lock().await;
            let documents = [(POLICY.to_owned(), &policy)];
            let now = registry.clock.now();
            registry.store.put_documents(DocumentKind::Policy, &documents, false, &by, now).await?;
            held.policy = Arc::new(policy);
            desk.set_up(registry.setup_of(&held));
            Ok(())
        })
        .await
    }

    async fn write_people(
        &self,
        held: &mut Held,
        desk: &Desk,
        people: Vec<Person>,
        by: &str,
    ) -> Result<(), RegistryError> {
        let documents: Vec<_> = people.iter().map(|person| (person.id.as_str().to_owned(), person)).collect();
        let now = self.clock.now();
        self.store.put_documents(DocumentKind::Person, &documents, false, by, now).await?;
        let mut roster = Roster::clone(&held.roster);
        people.into_iter().for_each(|person| roster.put_person(person));
        held.roster = Arc::new(roster);
        desk.set_up(self.setup_of(held));
        Ok(())
    }

    async fn write_entries(
        &self,
        held: &mut Held,
        desk: &Desk,
        entries: Vec<RosterEntry>,
        by: &str,
    ) -> Result<(), RegistryError> {
        let mut roster = Roster::clone(&held.roster);
        let wrong: Vec<RosterProblem> =
            entries.iter().filter_map(|entry| roster.put(entry.clone()).err()).flatten().collect();
        if !wrong.is_empty() {
            return Err(RegistryError::Roster(wrong));
        }
        let documents: Vec<_> = entries.iter().map(|entry| (entry.id.as_str().to_owned(), entry)).collect();
        let now = self.clock.now();
        self.store.put_documents(DocumentKind::RosterEntry, &documents, false, by, now).await?;
        held.roster = Arc::new(roster);
        desk.set_up(self.setup_of(held));
        Ok(())
    }

    fn setup_of(&self, held: &Held) -> Setup {
        Setup {
            policy: Arc::clone(&held.policy),
            staff: Arc::new(Directory::new(Arc::clone(&held.roster), Arc::clone(&held.grids))),
            routes: Arc::clone(&self.routes),
            zone: self.zone.time_zone().clone(),
        }
    }
}

/// The database knows no less than a millisecond.
fn whole_ms(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
