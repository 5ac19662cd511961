//! Many cameras lost together, as the console shows and logs them: one event with its list.

use gridwatch_ingest::{Outage as Reported, OutageScope as ReportedScope};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Many cameras that were lost together.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Outage {
    /// What they have in common.
    pub scope: OutageScope,
    /// When the first of them was lost.
    pub since: Timestamp,
    /// How many cameras there are in that scope.
    pub of: usize,
    /// The ids of those that are lost, sorted.
    pub cameras: Vec<String>,
}

/// What cameras that were lost together have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub struct OutageScope {
    /// Of which kind it is.
    pub kind: OutageKind,
    /// Its name: the host, or the subnet as address and length.
    pub name: String,
}

/// The kinds of things that take many cameras with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutageKind {
    /// One host, such as a recorder with many channels.
    Host,
    /// One subnet with several hosts, such as a switch.
    Subnet,
}

/// Writes into the log what changed from `before` to `now`: each outage once when it begins and once when it ends.
pub fn log_changes(before: &[Outage], now: &[Outage]) {
    for begun in other_scopes(now, before) {
        let Outage { scope, since, of, cameras } = begun;
        tracing::warn!(outage.kind = scope.kind.name(), outage.name = scope.name, lost = cameras.len(), of, %since,
            cameras = cameras.join(" "), "many cameras are lost together");
    }
    for ended in other_scopes(before, now) {
        let Outage { scope, since, of, cameras } = ended;
        tracing::info!(outage.kind = scope.kind.name(), outage.name = scope.name, lost = cameras.len(), of, %since,
            cameras = cameras.join(" "), "cameras that were lost together come back");
    }
}

/// Those of `outages` whose scope has none in `known`. One that grows or shrinks is the same one.
fn other_scopes<'a>(outages: &'a [Outage], known: &[Outage]) -> impl Iterator<Item = &'a Outage> {
    outages.iter().filter(|outage| known.iter().all(|one| one.scope != outage.scope))
}

// === impl Outage ===

impl From<Reported> for Outage {
    fn from(outage: Reported) -> Self {
        let (kind, name) = match outage.scope {
            ReportedScope::Host(host) => (OutageKind::Host, host),
            ReportedScope::Subnet(subnet) => (OutageKind::Subnet, subnet),
        };
        let cameras = outage.cameras.iter().map(ToString::to_string).collect();
        Self { scope: OutageScope { kind, name }, since: outage.since, of: outage.of, cameras }
    }
}

// === impl OutageKind ===

impl OutageKind {
    /// Its name in messages and in the log.
    fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Subnet => "subnet",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outage(name: &str, cameras: usize) -> Outage {
        let scope = OutageScope { kind: OutageKind::Host, name: name.to_owned() };
        let cameras = (0..cameras).map(|n| format!("cam-{n}")).collect();
        Outage { scope, since: Timestamp::UNIX_EPOCH, of: 16, cameras }
    }

    #[test]
    fn an_outage_that_grows_neither_begins_nor_ends_again() {
        let (before, now) = ([outage("a", 13), outage("b", 4)], [outage("a", 16), outage("c", 5)]);
        assert_eq!(other_scopes(&now, &before).collect::<Vec<_>>(), [&now[1]]);
        assert_eq!(other_scopes(&before, &now).collect::<Vec<_>>(), [&before[1]]);
        assert_eq!(other_scopes(&now, &now).count(), 0);
    }
}
