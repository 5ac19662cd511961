//! The task that keeps one camera: connect, take its pictures, and begin again when that ends.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use rand::{SeedableRng, rngs::StdRng};
use tokio_util::sync::CancellationToken;

use crate::{
    backoff::{Backoff, BackoffPolicy},
    feed::Feed,
    health::{CameraHealth, CameraState, Cause, LEASE},
    ingest::Shared,
    session::{PlayingSession, SessionError},
};

/// A camera that is connected but has given no decodable picture for this long is silent.
const FIRST_PICTURE: SignedDuration = SignedDuration::from_secs(10);
/// A camera of which no picture has been decoded for this long, though they come, is not looked at: more is asked of this
/// machine than it can do, or something is wrong with the camera's times.
const NOT_LOOKED_AT: SignedDuration = SignedDuration::from_secs(60);
/// How often a camera that works says so.
const REPORT_INTERVAL: SignedDuration = SignedDuration::from_secs(1);
/// So many lost sessions within `UNSTABLE_TIME` and a camera that is back is still not in order,
const UNSTABLE_LOSSES: usize = 3;
/// and so many, and it is no longer asked as soon as one that may be back in a moment.
const FLAPPING_LOSSES: usize = 10;
const UNSTABLE_TIME: SignedDuration = SignedDuration::from_mins(5);

/// Runs until `cancel`.
pub(crate) async fn supervise(feed: Arc<Feed>, shared: Arc<Shared>, seed: u64, cancel: CancellationToken) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut backoff = Backoff::new(BackoffPolicy::fast(shared.settings.backoff_longest));
    let mut locked_out = false;
    let mut keep = Keeper { feed, shared, losses: VecDeque::new() };
    loop {
        let ended = tokio::select! {
            () = cancel.cancelled() => break,
            ended = keep.play() => ended,
        };
        let now = keep.shared.clock.now();
        let Ended { error, gave_pictures } = ended;
        if error.cause == Cause::LongGroup {
            tracing::debug!(camera.id = %keep.feed.source.id, "a new session, for a key picture");
            continue;
        }
        if gave_pictures {
            backoff.reset();
            keep.count_loss(now);
        }
        // Who was told that the password is wrong and then hears nothing has been shut out.
        locked_out = error.cause == Cause::WrongCredentials
            || locked_out
                && matches!(error.cause, Cause::Refused | Cause::TimedOut | Cause::Closed | Cause::NoData);
        let asked_for = match (locked_out, keep.losses_before(now) >= FLAPPING_LOSSES) {
            (true, _) => Cause::WrongCredentials,
            (false, true) => Cause::Unstable,
            (false, false) => error.cause,
        };
        backoff.set_policy(policy(asked_for, keep.shared.settings.backoff_longest));
        let wait = backoff.next(&mut random);
        let next_try = now + wait;
        keep.feed.expire(now, &keep.shared.settings);
        keep.report(state(error.cause), Some(error.cause), next_try + LEASE, Some(next_try));
        tracing::info!(camera.id = %keep.feed.source.id, peer = %keep.feed.source.address, cause = ?error.cause,
            step = error.step, detail = error.detail, retry_in_ms = wait.as_millis() as u64, "camera lost");
        tokio::select! {
            () = cancel.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
            () = keep.feed.retry.notified() => backoff.reset(),
        }
    }
    keep.feed.leave().await;
}

/// What the state of a camera is called when a session ended for this cause.
fn state(cause: Cause) -> CameraState {
    match cause {
        Cause::WrongCredentials => CameraState::Unauthorised,
        Cause::NoData | Cause::NoKeyPicture | Cause::NotDecodable | Cause::NoVideo => CameraState::Silent,
        _ => CameraState::Unreachable,
    }
}

/// How soon a camera is tried again: soon where it may be back in a moment, later where it takes connections and gives
/// nothing or has a session of ours that must run out first, seldom where it says no and asking again only gets this
/// address banned.
fn policy(cause: Cause, longest: Duration) -> BackoffPolicy {
    match cause {
        Cause::Refused | Cause::Closed | Cause::TimedOut | Cause::NameNotFound => {
            BackoffPolicy::fast(longest)
        }
        Cause::WrongCredentials
        | Cause::NotTrusted
        | Cause::NoSuchStream
        | Cause::TransportRefused
        | Cause::RefusedToPlay
        | Cause::NoVideo => BackoffPolicy::slow(longest.saturating_mul(10)),
        _ => BackoffPolicy::patient(longest.saturating_mul(2)),
    }
}

struct Keeper {
    feed: Arc<Feed>,
    shared: Arc<Shared>,
    /// When the newest few sessions were lost.
    losses: VecDeque<Timestamp>,
}

/// How a session ended.
struct Ended {
    error: SessionError,
    /// Whether pictures came that a decoder can begin with.
    gave_pictures: bool,
}

// === impl Keeper ===

impl Keeper {
    /// One session from connect to its end, which is always an error.
    async fn play(&self) -> Ended {
        let session = match self.open().await {
            Ok(session) => session,
            Err(error) => return Ended { error, gave_pictures: false },
        };
        tracing::info!(camera.id = %self.feed.source.id, peer = %self.feed.source.address, "camera plays");
        let began = self.shared.clock.now();
        self.feed.restart(began);
        self.feed.set_playing(true);
        let error = self.receive(session, began).await;
        self.feed.set_playing(false);
        Ended { error, gave_pictures: self.feed.newest_at().is_some_and(|newest| newest >= began) }
    }

    async fn open(&self) -> Result<PlayingSession, SessionError> {
        let limits = self.shared.settings.limits;
        let steps = SignedDuration::try_from(limits.step * 4).unwrap_or(LEASE);
        self.report(CameraState::Connecting, None, self.shared.clock.now() + steps + LEASE, None);
        self.feed.leave().await;
        self.feed.open_session(&self.shared).await
    }

    async fn receive(&self, mut session: PlayingSession, began: Timestamp) -> SessionError {
        let mut reported: Option<Timestamp> = None;
        loop {
            let picture = match session.next().await {
                Ok(picture) => picture,
                Err(error) => return error,
            };
            let now = self.shared.clock.now();
            let readable = picture.is_some();
            if let Some(picture) = picture
                && let Some(job) = self.feed.take(picture, now, &self.shared.settings)
            {
                self.shared.pool().submit(job);
            }
            if reported.is_none_or(|at| now.duration_since(at) >= REPORT_INTERVAL) {
                reported = Some(now);
                let (state, cause) = self.judge(began, now, readable);
                self.report(state, cause, now + LEASE, None);
                if self.feed.wants_renewal(now) {
                    let detail = "no key picture for a long time".to_owned();
                    return SessionError { cause: Cause::LongGroup, step: "play", detail };
                }
            }
        }
    }

    /// The state of a camera whose pictures arrive: it is the decoded ones that count.
    /// `readable` says whether the newest came with the parameters that a decoder needs.
    fn judge(&self, began: Timestamp, now: Timestamp, readable: bool) -> (CameraState, Option<Cause>) {
        if !self.feed.decodes_since(began) {
            let cause = if readable { self.feed.why_silent(began) } else { Cause::NotDecodable };
            return match now.duration_since(began) < FIRST_PICTURE {
                true => (CameraState::Connecting, None),
                false => (CameraState::Silent, Some(cause)),
            };
        }
        if self.feed.newest_frame_at().is_some_and(|newest| now.duration_since(newest) > NOT_LOOKED_AT) {
            return (CameraState::Degraded, Some(Cause::NotLookedAt));
        }
        if let Some(cause) = self.feed.blindness() {
            return (CameraState::Blind, Some(cause));
        }
        let unstable = self.losses_before(now) >= UNSTABLE_LOSSES;
        match self.feed.stream_fault(now).or(unstable.then_some(Cause::Unstable)) {
            Some(cause) => (CameraState::Degraded, Some(cause)),
            None => (CameraState::Ok, None),
        }
    }

    fn count_loss(&mut self, now: Timestamp) {
        if self.losses.len() == FLAPPING_LOSSES {
            self.losses.pop_front();
        }
        self.losses.push_back(now);
    }

    /// How many sessions were lost in the minutes before `now`.
    fn losses_before(&self, now: Timestamp) -> usize {
        self.losses.iter().filter(|lost| now.duration_since(**lost) < UNSTABLE_TIME).count()
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
        self.shared.health.report(self.feed.reporter, &self.feed.source.id, health, now);
    }
}
