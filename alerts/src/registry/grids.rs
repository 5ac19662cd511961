//! The grids of the place over time: taking a tree over, and the moment at which one that was planned begins.

use std::{sync::Arc, time::Duration};

use gridwatch_grids::{Changes, GridTree, HistoryError, TreeVersion};
use jiff::Timestamp;
use tokio::sync::OwnedMutexGuard;

use super::{Held, Registry, RegistryError, whole_ms};
use crate::{
    blocking::blocking,
    clockwork::until,
    desk::{Desk, to_its_end},
    store::GridTakeover,
};

/// The longest sleep. Time that jumps is noticed after it, and so is a tree that was planned meanwhile.
const SLEEP_MAX: Duration = Duration::from_secs(1);

impl Registry {
    /// What taking over these grids would do.
    ///
    /// # Errors
    /// The time is not after the last change.
    pub async fn plan_grids(&self, grids: Arc<GridTree>, at: Timestamp) -> Result<Changes, HistoryError> {
        let history = Arc::clone(&self.held.lock().await.history);
        blocking(move || history.plan(&grids, whole_ms(at))).await
    }

    /// Takes over grids from a time on, which may be one to come: then the tree takes over by itself at that time. Done to its
    /// end, even where the caller stops waiting half-way.
    ///
    /// # Errors
    /// The time is not after the last change, or the database fails; nothing is changed then.
    pub async fn put_grids(
        &self,
        desk: &Desk,
        grids: Arc<GridTree>,
        at: Timestamp,
        by: &str,
    ) -> Result<Changes, RegistryError> {
        let (registry, desk) = (self.clone(), desk.clone());
        let takeover =
            GridTakeover { valid_from: whole_ms(at), made_at: self.clock.now(), by: by.to_owned() };
        to_its_end(async move { registry.take_over(&desk, grids, takeover).await }).await
    }

    async fn take_over(
        &self,
        desk: &Desk,
        grids: Arc<GridTree>,
        takeover: GridTakeover,
    ) -> Result<Changes, RegistryError> {
        let mut held = Arc::clone(&self.held).lock_owned().await;
        let (before, at) = (Arc::clone(&held.history), takeover.valid_from);
        let (changes, history, versions) = blocking(move || {
            let changes = before.plan(&grids, at)?;
            let mut history = (*before).clone();
            let versions = history.apply(&changes)?;
            Ok::<_, HistoryError>((changes, history, versions))
        })
        .await?;
        if changes.is_empty() {
            return Ok(changes);
        }
        self.store.put_grid_versions(&versions, &takeover).await?;
        held.history = Arc::new(history);
        self.begin_tree(held, desk).await;
        Ok(changes)
    }

    /// Every tree there ever was or is planned, the newest first.
    pub async fn grid_versions(&self) -> Vec<TreeVersion> {
        let history = Arc::clone(&self.held.lock().await.history);
        blocking(move || history.tree_versions()).await
    }

    /// The grids as they were, are or will be at a time.
    pub async fn grids_at(&self, at: Timestamp) -> GridTree {
        let history = Arc::clone(&self.held.lock().await.history);
        blocking(move || history.tree_at(at)).await
    }

    /// When a tree that was planned begins, if there is one.
    pub async fn next_grids_at(&self) -> Option<Timestamp> {
        self.held.lock().await.next_grids_at
    }

    /// Lets the tree that was planned for now, or for a time that is over, be at work. Answers whether there was one.
    pub async fn turn_grids(&self, desk: &Desk) -> bool {
        let held = Arc::clone(&self.held).lock_owned().await;
        if held.next_grids_at.is_none_or(|at| at > self.clock.now()) {
            return false;
        }
        self.begin_tree(held, desk).await;
        true
    }

    /// Puts the tree that is valid now to work.
    async fn begin_tree(&self, mut held: OwnedMutexGuard<Held>, desk: &Desk) {
        let (history, desk, now) = (Arc::clone(&held.history), desk.clone(), self.clock.now());
        let registry = self.clone();
        blocking(move || {
            held.grids = Arc::new(history.tree_at(now));
            held.next_grids_at = history.next_change(now);
            desk.regrid(&held.grids);
            desk.set_up(registry.setup_of(&held));
        })
        .await;
    }
}

/// Lets each tree that was planned take over at its time, until it is dropped.
pub async fn run_grids(registry: Registry, desk: Desk) {
    loop {
        if registry.turn_grids(&desk).await {
            tracing::info!("other grids are valid from now on");
        }
        let next = registry.next_grids_at().await;
        tokio::time::sleep(next.map_or(SLEEP_MAX, |at| until(at, desk.now(), SLEEP_MAX))).await;
    }
}
