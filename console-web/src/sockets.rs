//! One client of the WebSocket, from the greeting to the end.

use std::time::Duration;

use axum::{
    Error as SocketError,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
};
use futures::{SinkExt, StreamExt, stream::SplitSink};
use gridwatch_alerts::{APP_CHANNEL, LinkKind};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, timeout};

use crate::{
    messages::ServerMessage,
    server::{Shared, VERSION},
};

/// How often a client is told that the server lives.
pub const TICK_INTERVAL: Duration = Duration::from_secs(2);

/// How long a client may take nothing, or answer no ping, before its connection is given up.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// How many events are read at once.
const EVENTS_READ_MAX: u32 = 256;

/// How many events are replayed at most; a client further behind loads the alerts anew, which is quicker.
const REPLAY_EVENTS_MAX: i64 = 10_000;

/// How many deliveries are read at once.
const DELIVERIES_READ_MAX: u32 = 64;

/// What is new for a person is looked up so much later than a change: many changes at once are one look.
const LOOK_AFTER: Duration = Duration::from_millis(100);

/// How long after the database failed it is looked up again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a conversation ended.
pub enum Ended {
    /// The client left, the connection broke, or the client took nothing for too long.
    Gone,
    /// The server stops.
    Shutdown,
    /// All is said.
    Over,
}

struct Client {
    shared: Shared,
    sink: SplitSink<WebSocket, Message>,
    /// The newest change the client was told of.
    seq: i64,
    /// The newest round of camera news it was told of.
    round: u64,
    phone: Option<Phone>,
}

/// A person's phone.
struct Phone {
    person: String,
    /// The newest delivery that it was given.
    given: i64,
    /// When it is looked up whether there are more.
    look_at: Option<Instant>,
}

/// What a client says: that it has the newest canary or a delivery, or that a person has looked at that.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Canary(Timestamp),
    Delivered(i64),
    Seen(i64),
}

/// Tells the client of every change until it leaves or the server stops.
pub async fn talk(shared: Shared, socket: WebSocket, after: Option<i64>, name: Option<(LinkKind, String)>) {
    let (sink, mut incoming) = socket.split();
    let shutdown = shared.shutdown.clone();
    let mut changes = shared.desk.hub().subscribe();
    let mut camera_news = shared.cameras.subscribe();
    let mut canaries = shared.desk.hub().canaries();
    // The newest so far is told at once: whoever comes sees when the chain was last whole.
    canaries.mark_changed();
    let desk = shared.desk.clone();
    let phone = name.as_ref().filter(|(kind, _)| *kind == LinkKind::Phone).map(|(_, person)| Phone {
        person: person.clone(),
        given: 0,
        look_at: Some(Instant::now()),
    });
    let mut client = Client { shared, sink, seq: 0, round: 0, phone };
    let mut tick = tokio::time::interval_at(Instant::now() + TICK_INTERVAL, TICK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last_heard = Instant::now();

    let conversation = async {
        client.greet(after).await?;
        loop {
            client.tell_changes().await?;
            let look_at = client.phone.as_ref().and_then(|phone| phone.look_at);
            tokio::select! {
                () = shutdown.cancelled() => return Err(Ended::Shutdown),
                message = incoming.next() => match message {
                    None | Some(Err(_)) => return Err(Ended::Gone),
                    Some(Ok(Message::Close(_))) => {
                        // Closed by whoever used it, which a broken line is not.
                        if let Some((kind, name)) = &name {
                            desk.forget_link(*kind, name);
                        }
                        return Err(Ended::Gone);
                    }
                    Some(Ok(message)) => {
                        last_heard = Instant::now();
                        match answer(&message) {
                            Some(Answer::Canary(at)) if Some(at) == *canaries.borrow() => {
                                name.iter().for_each(|(kind, name)| desk.prove(*kind, name));
                            }
                            Some(Answer::Delivered(id)) => client.acknowledge(id, false).await,
                            Some(Answer::Seen(id)) => client.acknowledge(id, true).await,
                            _ => {}
                        }
                    }
                },
                // The hub lives as long as the desk.
                _ = canaries.changed() => {
                    let at = *canaries.borrow_and_update();
                    if let Some(at) = at {
                        client.say(&ServerMessage::Canary { at }).await?;
                    }
                    // With it the lead may have been told of what does not come through.
                    client.look_soon(LOOK_AFTER);
                }
                () = tokio::time::sleep_until(look_at.unwrap_or_else(Instant::now)), if look_at.is_some() => {
                    client.tell_deliveries().await?;
                }
                // Neither sender is dropped while this task holds it.
                _ = changes.changed() => {}
                _ = camera_news.changed() => client.tell_cameras().await?,
                _ = tick.tick() => {
                    if last_heard.elapsed() > PATIENCE {
                        return Err(Ended::Gone);
                    }
                    client.tick().await?;
                }
            }
        }
    };
    let ended: Result<(), Ended> = conversation.await;
    if let Err(ended) = ended {
        say_goodbye(&mut client.sink, ended).await;
    }
}

/// What a client says; none where it makes no sense.
fn answer(message: &Message) -> Option<Answer> {
    let Message::Text(text) = message else { return None };
    serde_json::from_str(text).ok()
}

/// Closes the conversation, if anybody is there.
pub async fn say_goodbye(sink: &mut SplitSink<WebSocket, Message>, ended: Ended) {
    let code = match ended {
        Ended::Gone => return,
        Ended::Shutdown => close_code::AWAY,
        Ended::Over => close_code::NORMAL,
    };
    let farewell = CloseFrame { code, reason: Utf8Bytes::from_static("") };
    // Best effort: whoever is not there does not miss it.
    let _ = send(sink, Message::Close(Some(farewell))).await;
}

/// Sends a message, unless the client takes nothing for too long.
///
/// # Errors
/// The client is gone.
pub async fn send(sink: &mut SplitSink<WebSocket, Message>, frame: Message) -> Result<(), Ended> {
    match timeout(PATIENCE, sink.send(frame)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err::<(), SocketError>(_)) | Err(_) => Err(Ended::Gone),
    }
}

impl Client {
    async fn greet(&mut self, after: Option<i64>) -> Result<(), Ended> {
        let newest = self.shared.desk.hub().newest();
        let server_now = self.shared.clock.now();
        self.say(&ServerMessage::Hello { seq: newest, server_now, version: VERSION }).await?;
        self.seq = match after {
            None => newest,
            Some(after) if self.shared.desk.hub().reaches(after) && newest - after <= REPLAY_EVENTS_MAX => {
                after
            }
            Some(_) => {
                self.say(&ServerMessage::Resync { seq: newest }).await?;
                newest
            }
        };
        // Read before the cameras are: what changes in between is then sent twice rather than never.
        self.round = *self.shared.cameras.subscribe().borrow();
        let (cameras, outages) = (self.shared.cameras.now(), self.shared.cameras.outages());
        self.say(&ServerMessage::Cameras { server_now, cameras, outages }).await
    }

    async fn tell_changes(&mut self) -> Result<(), Ended> {
        loop {
            let events = match self.shared.desk.hub().events_after(self.seq, EVENTS_READ_MAX).await {
                Ok(events) => events,
                Err(error) => {
                    tracing::error!(%error, "changes could not be read, the next tick tries again");
                    return Ok(());
                }
            };
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                match ServerMessage::change(&event) {
                    Ok(message) => self.say(&message).await?,
                    Err(error) => {
                        tracing::error!(event.seq, %error, "a stored event is not JSON, it is left out")
                    }
                }
                self.seq = event.seq;
            }
            self.look_soon(LOOK_AFTER);
        }
    }

    fn look_soon(&mut self, after: Duration) {
        if let Some(phone) = &mut self.phone {
            phone.look_at.get_or_insert(Instant::now() + after);
        }
    }

    /// Gives a phone what its person was called for or told since it was last given something.
    async fn tell_deliveries(&mut self) -> Result<(), Ended> {
        let store = self.shared.desk.store().clone();
        loop {
            let Some(phone) = &mut self.phone else { return Ok(()) };
            phone.look_at = None;
            let (person, given) = (phone.person.clone(), phone.given);
            let found = store.undelivered_to(&person, APP_CHANNEL, given, DELIVERIES_READ_MAX).await;
            let deliveries = match found {
                Ok(deliveries) => deliveries,
                Err(error) => {
                    tracing::error!(%error, "deliveries could not be read, they are read again");
                    self.look_soon(RETRY_AFTER);
                    return Ok(());
                }
            };
            let Some(last) = deliveries.last().map(|delivery| delivery.id) else { return Ok(()) };
            let given: Vec<i64> = deliveries.iter().map(|delivery| delivery.id).collect();
            for delivery in deliveries {
                self.say(&ServerMessage::Delivery { delivery: Box::new(delivery) }).await?;
            }
            self.phone.iter_mut().for_each(|phone| phone.given = last);
            if let Err(error) = store.note_sent(&given, self.shared.clock.now()).await {
                tracing::error!(%error, "it could not be noted that deliveries went out");
            }
        }
    }

    /// Notes what a phone says of a delivery; of another person's, nothing.
    async fn acknowledge(&self, id: i64, seen: bool) {
        let Some(phone) = &self.phone else { return };
        let store = self.shared.desk.store();
        if let Err(error) = store.acknowledge(id, &phone.person, seen, self.shared.clock.now()).await {
            tracing::error!(delivery.id = id, %error, "what a phone said of a delivery could not be noted");
        }
    }

    async fn tell_cameras(&mut self) -> Result<(), Ended> {
        let newest = *self.shared.cameras.subscribe().borrow();
        let (cameras, outages) = (self.shared.cameras.after(self.round), self.shared.cameras.outages());
        self.round = newest;
        let server_now = self.shared.clock.now();
        self.say(&ServerMessage::Cameras { server_now, cameras, outages }).await
    }

    async fn tick(&mut self) -> Result<(), Ended> {
        let seq = self.shared.desk.hub().newest();
        let server_now = self.shared.clock.now();
        let problems = self.shared.problems.list();
        let silences = self.shared.desk.silences();
        self.say(&ServerMessage::Tick { seq, server_now, problems, silences }).await?;
        self.send(Message::Ping(Default::default())).await
    }

    async fn say(&mut self, message: &ServerMessage) -> Result<(), Ended> {
        match message.to_frame() {
            Ok(frame) => self.send(frame).await,
            Err(error) => {
                tracing::error!(%error, "a message could not be put into words, it is left out");
                Ok(())
            }
        }
    }

    async fn send(&mut self, frame: Message) -> Result<(), Ended> {
        send(&mut self.sink, frame).await
    }
}
