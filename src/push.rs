//! Pushes to people's browsers: our key, and what takes a delivery to every browser of its person.

use std::{fs, io, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use futures::{FutureExt, future::BoxFuture};
use gridwatch_alerts::{Browser, Lease, SendOutcome, Transport};
use gridwatch_channels::{Failure, Http, HttpLimits, Message, PushServer, Secret, Subscription, VapidKeys};
use jiff::{Timestamp, tz::TimeZone};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    channels::{self, Words, send_in_time},
    config::PushSettings,
};

/// Who we are to push services.
///
/// # Errors
/// The key file cannot be read or made, or holds no key.
pub fn server(settings: &PushSettings, zone: &TimeZone) -> anyhow::Result<PushServer> {
    let file = &settings.key_file;
    let keys = keys(file).with_context(|| format!("the key for pushes in {}", file.display()))?;
    let http = Http::new(HttpLimits::default()).context("no pushes can be sent over HTTP")?;
    Ok(PushServer::new(http, zone.clone(), keys, &settings.contact, settings.private_service)?)
}

/// The keys in a file. Browsers are bound to them, so they are made once and kept.
fn keys(file: &Path) -> io::Result<VapidKeys> {
    match fs::read_to_string(file) {
        Ok(text) => VapidKeys::from_private_key(&Secret::new(text.trim())).ok_or_else(|| {
            io::Error::other("it holds no key; move it away, and browsers ask for pushes anew")
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let keys = VapidKeys::generate(&mut StdRng::from_os_rng());
            file.parent().map(fs::create_dir_all).transpose()?;
            let mut made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
            writeln!(made, "{}", keys.private_key().expose())?;
            made.sync_all()?;
            Ok(keys)
        }
        Err(error) => Err(error),
    }
}

/// Takes deliveries to every browser of their person.
pub struct PushTransport {
    pub server: PushServer,
    pub words: Words,
}

impl PushTransport {
    async fn send_all(&self, leases: &[Lease], now: Timestamp) -> Vec<SendOutcome> {
        let messages = self.words.messages(leases, now).await;
        let each = leases.iter().zip(&messages).enumerate();
        let pushes = each
            .map(|(place, (lease, message))| async move { (place, self.push(lease, message, now).await) });
        send_in_time(leases.len(), pushes).await
    }

    /// It went out as soon as one browser's push service took it.
    async fn push(&self, lease: &Lease, message: &Message, now: Timestamp) -> SendOutcome {
        let nobody =
            || SendOutcome::Never { answer: "no browser of this person asked for pushes".to_owned() };
        let Some(person) = &lease.person else { return nobody() };
        let browsers = match self.words.registry.browsers_of(person).await {
            Ok(browsers) => browsers,
            Err(error) => return SendOutcome::Later { after: None, answer: error.to_string() },
        };
        let mut best = nobody();
        for browser in browsers {
            let outcome = self.push_to(&browser, message, now).await;
            if rank(&outcome) > rank(&best) || matches!(best, SendOutcome::Never { .. }) {
                best = outcome;
            }
        }
        best
    }

    async fn push_to(&self, browser: &Browser, message: &Message, now: Timestamp) -> SendOutcome {
        let subscription = serde_json::from_value::<Subscription>(browser.subscription.clone());
        let channel = match subscription.map(|subscription| self.server.to(&subscription)) {
            Ok(Ok(channel)) => channel,
            Ok(Err(error)) => return SendOutcome::Never { answer: error.to_string() },
            Err(_) => return SendOutcome::Never { answer: "the subscription cannot be read".to_owned() },
        };
        let sent = channel.send(message, now).await;
        if let Err(Failure::Gone(_)) = &sent {
            tracing::info!(browser.id, person.id = browser.person, "a browser does not take pushes any more");
            if let Err(error) = self.words.registry.remove_browser(&browser.id, &browser.person).await {
                tracing::error!(browser.id, %error, "a browser that is gone could not be forgotten");
            }
        }
        channels::outcome(sent)
    }
}

impl Transport for PushTransport {
    fn send<'a>(&'a self, leases: &'a [Lease], now: Timestamp) -> BoxFuture<'a, Vec<SendOutcome>> {
        self.send_all(leases, now).boxed()
    }
}

/// What is told of a delivery where its browsers fared differently: the best.
const fn rank(outcome: &SendOutcome) -> u8 {
    match outcome {
        SendOutcome::Never { .. } => 0,
        SendOutcome::Wait { .. } => 1,
        SendOutcome::Later { .. } => 2,
        SendOutcome::Sent { .. } => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data/push.key");
        let made = keys(&file).unwrap().public_key();
        assert_eq!(keys(&file).unwrap().public_key(), made);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "something else").unwrap();
        assert!(keys(&file).unwrap_err().to_string().contains("holds no key"));
    }
}
