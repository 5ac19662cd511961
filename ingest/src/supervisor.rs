//! The task that keeps one camera: connect, take its pictures, and begin again when that ends.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use rand::{SeedableRng, rngs::StdRng};
use tokio_util::sync::CancellationToken;

use crate::{
    access_unit::AccessUnit,
    backoff::{Backoff, BackoffPolicy},
    feed::Feed,
    health::{CameraHealth, CameraState, Cause, LEASE},
    ingest::Shared,
    session::{PlayingSession, SessionError},
};

/// A session that lasted this long was a good one: the next back-off begins at the beginning.
const GOOD_SESSION: SignedDuration = SignedDuration::from_secs(10);
/// A camera that is connected but has given no decodable picture for this long is silent.
const FIRST_PICTURE: SignedDuration = SignedDuration::from_secs(10);
/// How often a camera that works says so.
const REPORT_INTERVAL: SignedDuration = SignedDuration::from_secs(1);

/// Runs until `cancel`.
pub(crate) async fn supervise(feed: Arc<Feed>, shared: Arc<Shared>, seed: u64, cancel: CancellationToken) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut backoff = Backoff::new(BackoffPolicy::fast(shared.settings.backoff_longest));
    let keep = Keeper { feed, shared };
    loop {
        let began = keep.shared.clock.now();
        let error = tokio::select! {
            () = cancel.cancelled() => return,
            error = keep.play() => error,
        };
        let now = keep.shared.clock.now();
        if now.duration_since(began) >= GOOD_SESSION && error.cause != Cause::TimedOut {
            backoff.reset();
        }
        backoff.set_policy(policy(error.cause, keep.shared.settings.backoff_longest));
        let wait = backoff.next(&mut random);
        let next_try = now + wait;
        keep.report(state(error.cause), Some(error.cause), next_try + LEASE, Some(next_try));
        tracing::info!(camera.id = %keep.feed.source.id, peer = %keep.feed.source.address, cause = ?error.cause,
            step = error.step, detail = error.detail, retry_in_ms = wait.as_millis() as u64, "camera lost");
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            () = keep.feed.retry.notified() => backoff.reset(),
        }
    }
}

/// What the state of a camera is called when a session ended for this cause.
fn state(cause: Cause) -> CameraState {
    match cause {
        Cause::WrongCredentials => CameraState::Unauthorised,
        Cause::NoData | Cause::NotDecodable | Cause::NoVideo => CameraState::Silent,
        Cause::NameNotFound
        | Cause::Refused
        | Cause::TimedOut
        | Cause::NoSuchStream
        | Cause::RefusedToPlay
        | Cause::ProtocolError
        | Cause::Closed => CameraState::Unreachable,
    }
}

/// How soon a camera is tried again: soon where it may be back in a moment, later where it takes connections and gives
/// nothing, seldom where it says no and asking again only gets this address banned.
fn policy(cause: Cause, longest: Duration) -> BackoffPolicy {
    match cause {
        Cause::Refused | Cause::Closed | Cause::TimedOut | Cause::NameNotFound => {
            BackoffPolicy::fast(longest)
        }
        Cause::NoData | Cause::NotDecodable | Cause::ProtocolError => {
            BackoffPolicy::patient(longest.saturating_mul(2))
        }
        Cause::WrongCredentials | Cause::NoSuchStream | Cause::RefusedToPlay | Cause::NoVideo => {
            BackoffPolicy::slow(longest.saturating_mul(10))
        }
    }
}

struct Keeper {
    feed: Arc<Feed>,
    shared: Arc<Shared>,
}

impl Keeper {
    /// One session from connect to its end, which is always an error.
    async fn play(&self) -> SessionError {
        let limits = self.shared.settings.limits;
        let steps = SignedDuration::try_from(limits.step * 4).unwrap_or(LEASE);
        self.report(CameraState::Connecting, None, self.shared.clock.now() + steps + LEASE, None);
        let opened = {
            let host = self.feed.source.address.url().host_str().unwrap_or_default();
            let Some(_place) = self.shared.gate.enter(host).await else {
                return SessionError {
                    cause: Cause::Closed,
                    step: "connect",
                    detail: "ingest is stopping".to_owned(),
                };
            };
            PlayingSession::open(&self.feed.source.address, self.shared.sessions.clone(), limits).await
        };
        let mut session = match opened {
            Ok(session) => session,
            Err(error) => return error,
        };
        tracing::info!(camera.id = %self.feed.source.id, peer = %self.feed.source.address, "camera plays");
        self.feed.restart();
        let began = self.shared.clock.now();
        let mut reported = None;
        loop {
            let picture = match session.next().await {
                Ok(picture) => picture,
                Err(error) => return error,
            };
            let now = self.shared.clock.now();
            let unit = Arc::new(AccessUnit {
                camera: self.feed.source.id.clone(),
                generation: self.feed.source.generation,
                sequence: self.feed.next_sequence(),
                pts: picture.pts,
                received_at: now,
                key: picture.key,
                parameters: picture.parameters,
                data: picture.data.into(),
            });
            if let Some(job) = self.feed.take(unit, &self.shared.settings) {
                self.shared.pool().submit(job);
            }
            if reported.is_none_or(|at: Timestamp| now.duration_since(at) >= REPORT_INTERVAL) {
                reported = Some(now);
                let (state, cause) = self.judge(began, now);
                self.report(state, cause, now + LEASE, None);
            }
        }
    }

    /// The state of a camera whose access units arrive: it is the decoded pictures that count.
    fn judge(&self, began: Timestamp, now: Timestamp) -> (CameraState, Option<Cause>) {
        if self.feed.decodes_since(began) {
            (CameraState::Ok, None)
        } else if now.duration_since(began) < FIRST_PICTURE {
            (CameraState::Connecting, None)
        } else {
            (CameraState::Silent, Some(Cause::NotDecodable))
        }
    }

    fn report(
        &self,
        state: CameraState,
        cause: Option<Cause>,
        good_until: Timestamp,
        next_try: Option<Timestamp>,
    ) {
        let now = self.shared.clock.now();
        let last_picture_at = self.feed.newest_at();
        let health = CameraHealth { state, cause, since: now, good_until, next_try, last_picture_at };
        self.shared.health.report(&self.feed.source.id, health);
    }
}
