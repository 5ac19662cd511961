//! The canary at the desk: written as an alert is, and told as an alert is.

use std::{collections::BTreeSet, sync::Arc};

use super::{Desk, to_its_end};
use crate::{
    alert::{AlertKind, Level},
    camera::CameraRef,
    canary::{Link, LinkKind, names},
    error::Error,
    outbox::{NewDelivery, Notice, Told},
    setup::{APP_CHANNEL, Reach, Route, Setup},
    timeline::CallReason,
};

/// What the synthetic event says of its camera.
const CANARY: &str = "canary";

impl Desk {
    /// Something came through to an end of the chain.
    pub fn prove(&self, kind: LinkKind, name: &str) {
        self.proofs.write().prove(kind, name, self.now());
    }

    /// A screen or a phone was closed by whoever used it.
    pub fn forget_link(&self, kind: LinkKind, name: &str) {
        self.proofs.write().forget(kind, name);
    }

    /// All ends of the chain, and when each was last proven.
    pub fn links(&self) -> Vec<Link> {
        let routes = Arc::clone(&self.setup.read().routes);
        let channels: Vec<(String, bool)> =
            routes.iter().map(|route| (route.channel.clone(), is_checked(route))).collect();
        self.proofs.read().links(&channels, self.now())
    }

    /// Does with a canary what is done with an alert: stands in the same line, writes it with its deliveries, tells of it.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn canary(&self) -> Result<(), Error> {
        let desk = self.clone();
        to_its_end(async move {
            let _open = desk.certain().await?;
            let now = desk.now();
            let setup = desk.setup();
            let missing: BTreeSet<String> =
                desk.links().into_iter().filter(Link::is_missing).map(|link| link.name).collect();
            let told = desk.unproven.lock().clone();
            let mut deliveries = desk.canaries(&setup);
            if !missing.is_subset(&told) {
                deliveries.extend(desk.warnings(&setup, &missing));
            }
            let proofs = desk.proofs.write().take_unwritten(now);
            if let Err(error) = desk.store.write_canary(&deliveries, proofs.as_deref(), now).await {
                desk.proofs.write().keep_unwritten();
                return Err(error);
            }
            *desk.unproven.lock() = missing;
            desk.prove(LinkKind::Chain, LinkKind::Chain.as_str());
            desk.hub.tell_canary(now);
            Ok(())
        })
        .await
    }

    /// One for each channel that other systems read.
    fn canaries(&self, setup: &Setup) -> Vec<NewDelivery> {
        let checked = setup.routes.iter().filter(|route| is_checked(route));
        checked
            .map(|route| self.synthetic(&route.channel, &route.channel, None, Told::Canary, CANARY))
            .collect()
    }

    /// Word to the shift's lead that something does not come through, over everything that does.
    fn warnings(&self, setup: &Setup, missing: &BTreeSet<String>) -> Vec<NewDelivery> {
        let what = names(&self.links());
        let to_people = setup.routes.iter().filter(|route| route.reaches == Reach::People);
        let channels: Vec<&str> = std::iter::once(APP_CHANNEL)
            .chain(to_people.map(|route| route.channel.as_str()))
            .filter(|channel| !missing.contains(*channel))
            .collect();
        let why = Told::Call(CallReason::Unproven);
        let mut warnings = Vec::new();
        for person in setup.staff.leads(self.now()) {
            for channel in &channels {
                warnings.push(self.synthetic(channel, &person, Some(&person), why, &what));
            }
        }
        warnings
    }

    fn synthetic(
        &self,
        channel: &str,
        recipient: &str,
        person: Option<&str>,
        why: Told,
        what: &str,
    ) -> NewDelivery {
        let now = self.now();
        let camera = CameraRef {
            id: CANARY.to_owned(),
            name: what.to_owned(),
            short_name: CANARY.to_owned(),
            code: None,
            lon: None,
            lat: None,
        };
        let (kind, level) = (AlertKind::Fall, if person.is_some() { Level::RED } else { Level::BLUE });
        NewDelivery {
            key: format!("{}-{}-{channel}-{recipient}", why.name(), now.as_millisecond()),
            channel: channel.to_owned(),
            recipient: recipient.to_owned(),
            person: person.map(str::to_owned),
            why,
            urgency: level.get(),
            notice: Notice { why, kind, level, drill: false, grid: None, camera, since: now },
            due_at: now,
        }
    }
}

/// Whether a channel is given a canary every minute. People are not: they would stop reading.
fn is_checked(route: &Route) -> bool {
    route.reaches == Reach::Systems && !route.alarms_only
}
