//! A camera's main stream: larger, dearer, and opened only while somebody views the camera or an alarm runs there.
//!
//! The sub stream is what is analysed, so it comes first: the main stream is opened only while the sub stream plays,
//! and let alone for a good while where the camera refuses the second session or drops the first one for it.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{feed::Feed, health::Cause, ingest::Shared, session::SessionError};

/// The stream stays open for this long after nobody wants it any more.
const LINGER: Duration = Duration::from_secs(10);
/// How soon it is tried again where the camera may bear it,
const RETRY: Duration = Duration::from_secs(10);
/// and where it does not.
const NOT_BORNE: Duration = Duration::from_secs(600);
/// A sub stream that is lost within this time of the main stream's beginning was dropped for it.
const PROBATION: SignedDuration = SignedDuration::from_secs(15);

/// The main stream of one camera.
pub(crate) struct MainStream {
    pub(crate) feed: Arc<Feed>,
    wanted: watch::Sender<usize>,
}

/// Keeps a main stream wanted as long as it lives.
pub(crate) struct Wanting(Arc<MainStream>);

// === impl MainStream ===

impl MainStream {
    pub(crate) fn new(feed: Arc<Feed>) -> Arc<Self> {
        Arc::new(Self { feed, wanted: watch::Sender::new(0) })
    }

    pub(crate) fn want(self: &Arc<Self>) -> Wanting {
        self.wanted.send_modify(|count| *count += 1);
        Wanting(self.clone())
    }

    /// Opens the stream whenever it is wanted, until `cancel`; `sub` is the camera's other stream.
    pub(crate) async fn keep(
        self: Arc<Self>,
        sub: Arc<Feed>,
        shared: Arc<Shared>,
        cancel: CancellationToken,
    ) {
        let work = async {
            loop {
                self.wanted_again().await;
                sub.plays().await;
                let error = tokio::select! {
                    error = self.play(&sub, &shared) => error,
                    () = self.unwanted() => {
                        self.feed.set_playing(false);
                        continue;
                    }
                };
                self.feed.set_playing(false);
                let source = &self.feed.source;
                let wait = if error.cause == Cause::Busy { NOT_BORNE } else { RETRY };
                tracing::info!(camera.id = %source.id, peer = %source.address, cause = ?error.cause, step = error.step,
                    detail = error.detail, retry_in_s = wait.as_secs(), "main stream lost");
                tokio::time::sleep(wait).await;
            }
        };
        cancel.run_until_cancelled(work).await;
        self.feed.leave().await;
    }

    async fn wanted_again(&self) {
        // Fails only once there is no sender, and it is in `self`.
        let _ = self.wanted.subscribe().wait_for(|count| *count > 0).await;
    }

    /// Ready once nobody has wanted it for a while.
    async fn unwanted(&self) {
        let mut wanted = self.wanted.subscribe();
        loop {
            let _ = wanted.wait_for(|count| *count == 0).await;
            if tokio::time::timeout(LINGER, wanted.wait_for(|count| *count > 0)).await.is_err() {
                return;
            }
        }
    }

    async fn play(&self, sub: &Feed, shared: &Shared) -> SessionError {
        let source = &self.feed.source;
        let sessions_of_sub = sub.sessions_begun();
        let mut session = match self.feed.open_session(shared).await {
            Ok(session) => session,
            Err(error) => return error,
        };
        tracing::info!(camera.id = %source.id, peer = %source.address, "main stream plays");
        let began = shared.clock.now();
        self.feed.restart(began);
        loop {
            let picture = match session.next().await {
                Ok(picture) => picture,
                Err(error) => return error,
            };
            let now = shared.clock.now();
            if now.duration_since(began) < PROBATION
                && (sub.sessions_begun() != sessions_of_sub || !sub.is_playing())
            {
                let detail = "the camera drops its sub stream for the main stream".to_owned();
                return SessionError { cause: Cause::Busy, step: "play", detail };
            }
            if let Some(picture) = picture {
                // Nothing of it is analysed: what would be decoded now is let go.
                drop(self.feed.take(picture, now, &shared.settings));
                self.feed.set_playing(true);
            }
        }
    }
}

// === impl Wanting ===

impl Wanting {
    pub(crate) fn is_for(&self, main: &Arc<MainStream>) -> bool {
        Arc::ptr_eq(&self.0, main)
    }
}

impl Drop for Wanting {
    fn drop(&mut self) {
        self.0.wanted.send_modify(|count| *count -= 1);
    }
}
