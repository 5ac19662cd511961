//! The other transports, by GStreamer's `rtspsrc`: UDP, multicast, TLS, and a tunnel through HTTP.
//!
//! They cost what a task does not: `rtspsrc` runs four threads a camera, seven with UDP, and this module one more, so
//! there may only be [`SESSIONS_MAX`] of them. The pipeline belongs to that one thread from PLAYING to NULL, because
//! changing the state of `rtspsrc` may take as long as the camera likes, and nobody async may wait for that.

mod complaint;
mod intake;
mod keeper;
mod pipeline;
#[cfg(test)]
mod tests;

use std::{thread, time::Duration};

use gstreamer as gst;
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::spawn_blocking,
    time::{Instant, sleep_until, timeout},
};

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::intake::unix_time;
use self::{intake::Arrivals, keeper::Keeper, pipeline::Plan};
use super::{
    Picture, SessionError, SessionLimits,
    reach::{knock, look_up},
};
use crate::{address::Address, camera::Transport, health::Cause};

/// So many of these sessions may be open in the process at a time; one more is told that there is no room.
const SESSIONS_MAX: usize = 100;
/// One place for each session of the process: what they cost, they cost all of it together.
pub(super) static PLACES: Semaphore = Semaphore::const_new(SESSIONS_MAX);

/// For so long pictures may come that cannot be read for want of parameter sets. A camera that sends them with its key
/// pictures alone may take that long, and a new session would wait as long again.
const UNREADABLE_MAX: Duration = Duration::from_secs(120);

/// A camera that plays by `rtspsrc`.
pub(super) struct GstSession {
    pictures: mpsc::Receiver<Picture>,
    /// Counts the pictures that arrive, whether they can be read or not.
    arrivals: Arrivals,
    /// For how long what arrived could not be read.
    unreadable: Duration,
    ended: oneshot::Receiver<SessionError>,
    /// Takes the message that makes the keeper leave.
    bus: gst::Bus,
    silence: Duration,
}

// === impl GstSession ===

impl GstSession {
    /// Connects, picks the first H.264 or H.265 stream, and plays it.
    ///
    /// # Errors
    /// With the cause as seen from outside, within three times `limits.step`; [`Cause::Busy`] when all `places` are taken.
    pub(super) async fn open(
        address: &Address,
        transport: Transport,
        limits: SessionLimits,
        places: &'static Semaphore,
    ) -> Result<Self, SessionError> {
        let deadline = Instant::now() + limits.step * 3;
        let place = places.try_acquire().map_err(|_| SessionError {
            cause: Cause::Busy,
            step: "connect",
            detail: format!(
                "{SESSIONS_MAX} cameras already come by other ways than TCP, and more are not borne here"
            ),
        })?;
        // GStreamer does not say why it could not connect, and a camera that is away shall cost no pipeline.
        knock(&look_up(address, limits.step).await?, limits.step).await?;

        let plan = Plan::new(address, transport, limits);
        let (pictures, incoming) = mpsc::channel(intake::QUEUE);
        let built = spawn_blocking(move || plan.build(pictures)).await;
        let line = built.map_err(|e| own_fault(&e))?.map_err(|e| own_fault(&e))?;
        let (ended_sender, ended) = oneshot::channel();
        let (opened_sender, mut opened) = oneshot::channel();
        // From here on, dropping this makes the keeper leave.
        let mut session = Self {
            pictures: incoming,
            arrivals: line.arrivals.clone(),
            unreadable: Duration::ZERO,
            ended,
            bus: line.bus.clone(),
            silence: limits.silence,
        };
        let keeper = Keeper::new(line, opened_sender, ended_sender, place);
        thread::Builder::new()
            .name("rtspsrc".to_owned())
            .spawn(|| keeper.run())
            .map_err(|e| own_fault(&e))?;
        tokio::select! {
            Ok(()) = &mut opened => Ok(session),
            error = &mut session.ended => Err(error.unwrap_or_else(|_| over())),
            () = sleep_until(deadline) => Err(SessionError {
                cause: Cause::TimedOut,
                step: "play",
                detail: "the hand-shake takes too long".to_owned(),
            }),
        }
    }

    /// The next picture; nothing where pictures came for `limits.silence` that cannot be read yet.
    ///
    /// # Errors
    /// When the session is over, or no picture came for `limits.silence`.
    pub(super) async fn next(&mut self) -> Result<Option<Picture>, SessionError> {
        let next = async {
            tokio::select! {
                biased;
                Some(picture) = self.pictures.recv() => Ok(picture),
                error = &mut self.ended => Err(error.unwrap_or_else(|_| over())),
            }
        };
        let next = timeout(self.silence, next).await;
        let arrived = self.arrivals.take();
        if let Ok(next) = next {
            self.unreadable = Duration::ZERO;
            return next.map(Some);
        }
        if arrived == 0 {
            return Err(SessionError::silent(self.silence));
        }
        self.unreadable += self.silence;
        if self.unreadable < UNREADABLE_MAX { Ok(None) } else { Err(SessionError::unreadable()) }
    }
}

impl Drop for GstSession {
    fn drop(&mut self) {
        // A bus that takes no messages belongs to a pipeline that is gone.
        let _ = self.bus.post(keeper::leave());
    }
}

fn over() -> SessionError {
    SessionError { cause: Cause::Closed, step: "play", detail: "the session is over".to_owned() }
}

/// Nothing that the camera did: an element is missing, or the system gives no thread.
fn own_fault(error: &impl ToString) -> SessionError {
    SessionError { cause: Cause::TransportRefused, step: "prepare", detail: error.to_string() }
}
