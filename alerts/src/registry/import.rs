//! People and rotations from files: all of a file or nothing of it.

use std::sync::Arc;

use gridwatch_roster::{
    GridCode, Import, Imported, Outcome, Person, PersonId, RosterEntry, import_people, import_rotations,
};
use jiff::Timestamp;

use super::{Held, Registry, RegistryError};
use crate::{
    blocking::blocking,
    desk::{Desk, to_its_end},
};

/// Whether a file is only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// 试运行: says what would be taken in.
    DryRun,
    /// Takes all of it in, unless something is wrong with it.
    TakeIn,
}

impl Registry {
    /// Reads people from CSV, and takes them in where that is meant and nothing is wrong ([`Import::is_whole`]). Done to its
    /// end, even where the caller stops waiting half-way.
    ///
    /// # Errors
    /// The file cannot be read at all, or the database fails; nothing is changed then.
    pub async fn import_people(
        &self,
        desk: &Desk,
        file: impl AsRef<[u8]> + Send + 'static,
        by: PersonId,
        intent: Intent,
    ) -> Result<Import<Person>, RegistryError> {
        let (registry, desk) = (self.clone(), desk.clone());
        to_its_end(async move {
            // Held from reading to writing, so that nothing comes between what was said and what is done.
            let mut held = registry.held.lock().await;
            let (roster, is_grid) = (Arc::clone(&held.roster), grids_to_come(&held, registry.clock.now()));
            let import = blocking(move || import_people(file.as_ref(), &roster, is_grid)).await?;
            if let Some(people) = to_take_in(&import, intent) {
                registry.write_people(&mut held, &desk, people, by.as_str()).await?;
            }
            Ok(import)
        })
        .await
    }

    /// As [`Registry::import_people`], rotations of the roster.
    ///
    /// # Errors
    /// As there.
    pub async fn import_rotations(
        &self,
        desk: &Desk,
        file: impl AsRef<[u8]> + Send + 'static,
        by: PersonId,
        intent: Intent,
    ) -> Result<Import<RosterEntry>, RegistryError> {
        let (registry, desk) = (self.clone(), desk.clone());
        to_its_end(async move {
            let mut held = registry.held.lock().await;
            let now = registry.clock.now();
            let (roster, is_grid) = (Arc::clone(&held.roster), grids_to_come(&held, now));
            let made_by = by.clone();
            let read = move || import_rotations(file.as_ref(), &roster, is_grid, &made_by, now);
            let import = blocking(read).await?;
            if let Some(entries) = to_take_in(&import, intent) {
                registry.write_entries(&mut held, &desk, entries, by.as_str()).await?;
            }
            Ok(import)
        })
        .await
    }
}

/// What is to be written: nothing of a file with anything wrong, and not again what is there just so.
fn to_take_in<T: Clone>(import: &Import<T>, intent: Intent) -> Option<Vec<T>> {
    if intent == Intent::DryRun || !import.is_whole() {
        return None;
    }
    let is_new = |one: &&Imported<T>| one.outcome != Outcome::Unchanged;
    Some(import.accepted.iter().filter(is_new).map(|one| one.value.clone()).collect())
}

/// Whether a code is that of a grid that is valid, or planned: people are set up before their grids begin.
fn grids_to_come(held: &Held, now: Timestamp) -> impl Fn(&GridCode) -> bool + Send + use<> {
    let history = Arc::clone(&held.history);
    move |code| {
        history.versions(code.as_str()).iter().any(|version| version.valid_to.is_none_or(|end| end > now))
    }
}
