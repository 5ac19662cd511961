//! One connection to a broker, kept by one task. What is on its way when it breaks has failed, and whoever sent it is told:
//! nothing of an old connection is ever carried into a new one.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng};
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS,
};
use tokio::{sync::oneshot, task::JoinHandle};

/// What the topic of the status holds while the connection stands.
const ONLINE: &str = "online";

/// What it holds otherwise.
pub(super) const OFFLINE: &str = "offline";

/// How many messages may be on their way; one more is not taken.
const ON_THEIR_WAY_MAX: usize = 64;

/// The longest pause before the first try to connect again; doubled with each further one.
const PAUSE_FIRST: Duration = Duration::from_millis(500);

/// The longest pause there is.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// One message to one topic.
pub(super) struct Publication {
    pub topic: String,
    pub payload: Vec<u8>,
    pub retain: bool,
}

/// Why a message was not acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub why: String,
}

/// A connection that is kept. It ends when this is dropped; the broker then publishes the last will.
pub(super) struct Link {
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

enum State {
    Down(Broken),
    Up(Session),
}

struct Session {
    client: AsyncClient,
    /// In the order in which they were given to the client, which is the order in which it gives them numbers.
    on_their_way: VecDeque<OnItsWay>,
}

struct OnItsWay {
    packet_id: Option<u16>,
    acknowledged: oneshot::Sender<Result<(), Broken>>,
}

// === impl Broken ===

impl Broken {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

// === impl Link ===

impl Link {
    /// Connects, and connects again whenever the connection breaks.
    pub(super) fn keep(options: MqttOptions, status: String, seed: u64) -> Self {
        let state = Arc::new(Mutex::new(State::Down(Broken::new("no connection yet"))));
        let task = tokio::spawn(keep(options, status, state.clone(), StdRng::seed_from_u64(seed)));
        Self { state, task }
    }

    /// Publishes at QoS 1 and waits for the acknowledgement.
    pub(super) async fn publish(&self, publication: Publication) -> Result<(), Broken> {
        let acknowledged = match &mut *self.state.lock() {
            State::Down(broken) => return Err(broken.clone()),
            State::Up(session) => session.publish(publication)?,
        };
        acknowledged.await.unwrap_or_else(|_| Err(Broken::new("the connection was given up")))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// === impl Session ===

impl Session {
    fn publish(&mut self, publication: Publication) -> Result<oneshot::Receiver<Result<(), Broken>>, Broken> {
        if self.on_their_way.len() >= ON_THEIR_WAY_MAX {
            return Err(Broken::new(format!("{ON_THEIR_WAY_MAX} messages are on their way already")));
        }
        let Publication { topic, payload, retain } = publication;
        self.client
            .try_publish(topic, QoS::AtLeastOnce, retain, payload)
            .map_err(|error| Broken::new(error.to_string()))?;
        let (acknowledged, receiver) = oneshot::channel();
        self.on_their_way.push_back(OnItsWay { packet_id: None, acknowledged });
        Ok(receiver)
    }

    fn sent(&mut self, packet_id: u16) {
        if let Some(next) = self.on_their_way.iter_mut().find(|one| one.packet_id.is_none()) {
            next.packet_id = Some(packet_id);
        }
    }

    fn acknowledged(&mut self, packet_id: u16) {
        let place = self.on_their_way.iter().position(|one| one.packet_id == Some(packet_id));
        if let Some(one) = place.and_then(|place| self.on_their_way.remove(place)) {
            // Whoever sent it may have stopped waiting.
            let _ = one.acknowledged.send(Ok(()));
        }
    }
}

// === impl State ===

impl State {
    fn session(&mut self) -> Option<&mut Session> {
        match self {
            Self::Up(session) => Some(session),
            Self::Down(_) => None,
        }
    }

    fn fail(&mut self, broken: &Broken) {
        if let Self::Up(session) = std::mem::replace(self, Self::Down(broken.clone())) {
            for one in session.on_their_way {
                let _ = one.acknowledged.send(Err(broken.clone()));
            }
        }
    }
}

async fn keep(options: MqttOptions, status: String, state: Arc<Mutex<State>>, mut rng: StdRng) {
    let mut failures = 0;
    loop {
        // A new client each time: the old one holds numbers and messages of the old connection.
        let (client, mut events) = AsyncClient::new(options.clone(), ON_THEIR_WAY_MAX);
        let error = drive(client, &mut events, &status, &state, &mut failures).await;
        let broken = Broken::new(describe(&error));
        tracing::warn!(broker = options.broker_address().0, error = broken.why, "MQTT connection lost");
        state.lock().fail(&broken);
        tokio::time::sleep(pause(failures, &mut rng)).await;
        failures += 1;
    }
}

/// Until the connection breaks. The event loop is never interrupted: it may be in the middle of a packet.
async fn drive(
    client: AsyncClient,
    events: &mut EventLoop,
    status: &str,
    state: &Mutex<State>,
    failures: &mut u32,
) -> ConnectionError {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                let mut session = Session { client: client.clone(), on_their_way: VecDeque::new() };
                let topic = status.to_owned();
                // Nobody waits for this one; it has its place in the order all the same.
                let _ = session.publish(Publication { topic, payload: ONLINE.into(), retain: true });
                *state.lock() = State::Up(session);
            }
            Ok(Event::Outgoing(Outgoing::Publish(packet_id))) => {
                if let Some(session) = state.lock().session() {
                    session.sent(packet_id);
                }
            }
            Ok(Event::Incoming(Packet::PubAck(ack))) => {
                // Only now: a broker that lets us in and throws us out at once is not to be asked without a pause.
                *failures = 0;
                if let Some(session) = state.lock().session() {
                    session.acknowledged(ack.pkid);
                }
            }
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}

/// Full jitter: anything between nothing and the longest pause, so that what broke together does not come back together.
fn pause(failures: u32, rng: &mut StdRng) -> Duration {
    let longest = PAUSE_FIRST.saturating_mul(1 << failures.min(10)).min(PAUSE_MAX);
    rng.random_range(Duration::ZERO..=longest)
}

/// What went wrong, for people.
fn describe(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) => "the broker refuses this user or password".to_owned(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_spread_and_bounded() {
        let mut rng = StdRng::seed_from_u64(1);
        for failures in 0..100 {
            assert!(pause(failures, &mut rng) <= PAUSE_MAX.min(PAUSE_FIRST * 2u32.pow(failures.min(10))));
        }
        let late: Vec<Duration> = (0..100).map(|_| pause(50, &mut rng)).collect();
        assert!(
            late.iter().any(|pause| *pause < PAUSE_MAX / 4)
                && late.iter().any(|pause| *pause > PAUSE_MAX / 2)
        );
    }
}
