//! Hands what waits in the outbox to its channel: the words of an alert become a message, and what the channel says becomes
//! what is noted of the delivery.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use gridwatch_alerts::{
    AlertKind, CallReason, Desk, Lease, Notice, PUSH_CHANNEL, PictureLinks, Registry, SendOutcome, Staff,
    Told, Transport, run_sender,
};
use gridwatch_channels::{
    self as channels, AlertSummary, Channel, Content, Failure, Http, HttpLimits, Message, Position,
    PushServer, Recipient, digest, what_to_send,
};
use jiff::{SignedDuration, Timestamp};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    config::{ChannelSettings, Config},
    push::PushTransport,
};

/// How many messages to people are under way at once.
const AT_ONCE: usize = 8;

/// For how long messages are sent one by one; a digest may follow, and whoever leased them has 30 s.
const TIME_MAX: Duration = Duration::from_secs(14);

/// How long what the channel does not bear waits before it is looked at again.
const WAIT: SignedDuration = SignedDuration::from_secs(5);

/// What counts against the limit of a channel that was used before a restart: the longest of them is a minute and a half.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(90);

/// What sends over each channel of the configuration, to be run until the end.
///
/// # Errors
/// A channel's settings make no sense, or the database fails.
pub async fn senders(
    config: &Config,
    desk: &Desk,
    words: &Words,
    push: Option<&PushServer>,
) -> anyhow::Result<Vec<BoxFuture<'static, ()>>> {
    let now = desk.now();
    let seed = now.as_millisecond().unsigned_abs();
    let mut senders = Vec::with_capacity(config.channels.len());
    for (n, (name, channel)) in (0..).zip(build(config, seed)?) {
        // A digest counts as many times as it has messages here: for a minute, fewer are sent than might be.
        for sent_at in desk.store().sent_after(name, now - REMEMBERED).await? {
            channel.remember(sent_at);
        }
        let transport = ChannelTransport { channel, words: words.clone() };
        let rng = StdRng::seed_from_u64(seed + n);
        senders.push(run_sender(desk.clone(), name.to_owned(), Arc::new(transport), rng).boxed());
    }
    if let Some(server) = push {
        let transport = PushTransport { server: server.clone(), words: words.clone() };
        let rng = StdRng::seed_from_u64(seed + senders.len() as u64);
        senders.push(run_sender(desk.clone(), PUSH_CHANNEL.to_owned(), Arc::new(transport), rng).boxed());
    }
    Ok(senders)
}

/// Makes the channels of the configuration, with their names. Within a runtime.
///
/// # Errors
/// A channel's settings make no sense.
pub fn build(config: &Config, seed: u64) -> anyhow::Result<Vec<(&str, Box<dyn Channel>)>> {
    if config.channels.is_empty() {
        return Ok(Vec::new());
    }
    let http = Http::new(HttpLimits::default()).context("no messages can be sent over HTTP")?;
    let mut built = Vec::with_capacity(config.channels.len());
    for (n, ChannelSettings { route, config: settings }) in (0..).zip(&config.channels) {
        let channel = channels::build(settings, &http, config.zone.time_zone(), seed + n);
        let channel = channel.with_context(|| format!("channel {:?} cannot be used", route.channel))?;
        built.push((route.channel.as_str(), channel));
    }
    Ok(built)
}

/// Puts deliveries into words. Cheap to clone.
#[derive(Clone)]
pub struct Words {
    /// Who is who.
    pub registry: Registry,
    /// In which language.
    pub language: channels::Language,
    /// What opens an alert's picture.
    pub links: PictureLinks,
}

/// One channel.
struct ChannelTransport {
    channel: Box<dyn Channel>,
    words: Words,
}

impl ChannelTransport {
    async fn send_all(&self, leases: &[Lease], now: Timestamp) -> Vec<SendOutcome> {
        let messages = self.words.messages(leases, now).await;
        let plan = what_to_send(&messages, self.channel.room(now).unwrap_or(usize::MAX));
        let sends = plan
            .alone
            .iter()
            .map(|place| async { (*place, outcome(self.channel.send(&messages[*place], now).await)) });
        let mut outcomes = send_in_time(leases.len(), sends).await;
        let together: Vec<Message> = plan.digest.iter().map(|place| messages[*place].clone()).collect();
        if let Some(digest) = digest(&together) {
            let sent = outcome(self.channel.send(&digest, now).await);
            for place in plan.digest {
                outcomes[place] = sent.clone();
            }
        }
        outcomes
    }
}

impl Transport for ChannelTransport {
    fn send<'a>(&'a self, leases: &'a [Lease], now: Timestamp) -> BoxFuture<'a, Vec<SendOutcome>> {
        self.send_all(leases, now).boxed()
    }
}

impl Words {
    /// Messages of deliveries, in their order.
    pub async fn messages(&self, leases: &[Lease], now: Timestamp) -> Vec<Message> {
        let directory = self.registry.directory().await;
        leases.iter().map(|lease| self.message(lease, &directory, now)).collect()
    }

    fn message(&self, lease: &Lease, staff: &dyn Staff, now: Timestamp) -> Message {
        let recipient = match &lease.person {
            Some(id) => {
                let contact = staff.contact(id).unwrap_or_default();
                Recipient::Person { id: id.clone(), name: contact.name, phone: contact.phone }
            }
            None => Recipient::Group { name: lease.recipient.clone() },
        };
        Message {
            key: lease.key.clone(),
            recipient,
            language: self.language,
            drill: lease.notice.drill,
            at: lease.created_at,
            content: content(lease),
            note: self.note(&lease.notice),
            link: None,
            thumbnail_link: lease.alert.and_then(|alert| self.links.link(alert, now)),
        }
    }

    /// What is added to a synthetic event: which links do not come through.
    fn note(&self, notice: &Notice) -> Option<String> {
        let links = &notice.camera.name;
        (notice.why == Told::Call(CallReason::Unproven)).then(|| match self.language {
            channels::Language::Chinese => format!("连续 3 次自检未到达：{links}。请立即检查。"),
            channels::Language::English => {
                format!("three self-tests in a row did not arrive: {links}; check it now")
            }
        })
    }
}

fn content(lease: &Lease) -> Content {
    let Some(alert) = lease.alert else { return Content::Canary };
    let Notice { why, kind, level, grid, camera, since, .. } = &lease.notice;
    let summary = AlertSummary {
        id: alert.0,
        kind: match kind {
            AlertKind::Fall => channels::AlertKind::Fall,
            AlertKind::Crowd => channels::AlertKind::Crowd,
        },
        level: channels::Level::try_from(level.get()).unwrap_or(channels::Level::RED),
        grid: grid.as_ref().map(|grid| channels::Grid { code: grid.code.clone(), name: grid.name.clone() }),
        place: camera.name.clone(),
        camera_code: camera.code.clone(),
        position: camera.lon.zip(camera.lat).map(|(longitude, latitude)| Position { longitude, latitude }),
        opened_at: *since,
    };
    use CallReason as Why;
    match why {
        Told::Opened
        | Told::Call(
            Why::Dispatch | Why::Again | Why::Reopened | Why::LeaderTold | Why::Reinforce | Why::CalledIn,
        ) => Content::Ping(summary),
        Told::Raised | Told::Call(Why::LevelUp) => Content::LevelUp(summary),
        Told::Call(Why::NotArrived | Why::NotJudged | Why::NotAnswered | Why::NobodyOnDuty) => {
            Content::Overdue(summary)
        }
        Told::Call(Why::Supervise) => Content::Supervise(summary),
        Told::Ended | Told::Closed | Told::Call(Why::AllClear) => Content::AllClear(summary),
        // Told of no alert.
        Told::Canary | Told::Call(Why::Unproven) => Content::Canary,
    }
}

/// Makes tries, each with the place of its delivery, several at once and no longer than the time there is. What is not tried, or is
/// dropped half-way, waits and is sent again under the same key.
pub async fn send_in_time<T: Future<Output = (usize, SendOutcome)>>(
    deliveries: usize,
    tries: impl Iterator<Item = T>,
) -> Vec<SendOutcome> {
    let mut outcomes = vec![SendOutcome::Wait { after: WAIT }; deliveries];
    // Gathered first: the compiler does not see through a lazy one that it may be sent between threads.
    let tries: Vec<T> = tries.collect();
    let in_time = stream::iter(tries).buffer_unordered(AT_ONCE).take_until(tokio::time::sleep(TIME_MAX));
    let tried: Vec<(usize, SendOutcome)> = in_time.collect().await;
    for (place, outcome) in tried {
        outcomes[place] = outcome;
    }
    outcomes
}

/// What is noted of a try.
pub fn outcome(sent: Result<channels::Receipt, Failure>) -> SendOutcome {
    match sent {
        Ok(receipt) => SendOutcome::Sent { delivered: receipt.delivered, answer: receipt.answer },
        Err(failure) => {
            let answer = failure.to_string();
            match failure {
                Failure::Refused(_) | Failure::Gone(_) => SendOutcome::Never { answer },
                Failure::Throttled { retry_after, .. } => {
                    SendOutcome::Later { after: SignedDuration::try_from(retry_after).ok(), answer }
                }
                Failure::Unavailable(_) => SendOutcome::Later { after: None, answer },
            }
        }
    }
}
