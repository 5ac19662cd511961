//! One viewer of a camera's live video, from the first picture to the end.

use std::{net::SocketAddr, ops::ControlFlow};

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures::{StreamExt, stream::SplitSink};
use gridwatch_ingest::{CameraId, Clock, LiveError, LiveEvent, LiveView};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::sockets::{self, Ended, PATIENCE, TICK_INTERVAL};

/// A text message of a live view. Clients send none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveMessage {
    /// The next binary message is an initialisation segment, those after it are fragments. Comes first, and again
    /// whenever the stream begins anew; times in the fragments have another zero then.
    Start {
        /// The codec (RFC 6381), as `MediaSource.isTypeSupported` wants it.
        codecs: String,
        /// Width of the picture in pixels.
        width: u32,
        /// Height of the picture in pixels.
        height: u32,
    },
    /// The client was too slow and goes on at the newest key picture.
    Missed {
        /// How many pictures it was not given.
        #[schema(minimum = 1)]
        pictures: u64,
    },
    /// Nothing more comes.
    End {
        /// Why.
        reason: EndReason,
    },
}

/// Why a live view ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The camera was removed or switched off.
    CameraRemoved,
    /// The server could not do it; its log says why.
    Failed,
}

/// A view that is on record: when it begins, and when it ends, however it does.
pub struct Viewing {
    camera: CameraId,
    peer: SocketAddr,
    clock: Clock,
    began: Timestamp,
    missed: u64,
}

/// Shows the camera until it or the client is gone, or the server stops.
pub async fn show(shutdown: CancellationToken, socket: WebSocket, mut view: LiveView, mut viewing: Viewing) {
    let (mut sink, mut incoming) = socket.split();
    let mut tick = tokio::time::interval_at(Instant::now() + TICK_INTERVAL, TICK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last_heard = Instant::now();
    let ended = loop {
        let told = tokio::select! {
            // What the client said while it was being sent to is heard before it is judged by it.
            biased;
            () = shutdown.cancelled() => break Ended::Shutdown,
            message = incoming.next() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => break Ended::Gone,
                Some(Ok(_)) => {
                    last_heard = Instant::now();
                    Ok(ControlFlow::Continue(()))
                }
            },
            _ = tick.tick() => {
                if last_heard.elapsed() > PATIENCE {
                    break Ended::Gone;
                }
                sockets::send(&mut sink, Message::Ping(Default::default())).await.map(ControlFlow::Continue)
            }
            event = view.next() => tell(&mut sink, event, &mut viewing).await,
        };
        match told {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(ended)) | Err(ended) => break ended,
        }
    };
    sockets::say_goodbye(&mut sink, ended).await;
}

/// Passes on what came; breaks where nothing more comes.
async fn tell(
    sink: &mut SplitSink<WebSocket, Message>,
    event: Result<LiveEvent, LiveError>,
    viewing: &mut Viewing,
) -> Result<ControlFlow<Ended>, Ended> {
    match event {
        Ok(LiveEvent::Start { codecs, width, height, segment }) => {
            say(sink, &LiveMessage::Start { codecs, width, height }).await?;
            sockets::send(sink, Message::Binary(segment)).await?;
        }
        Ok(LiveEvent::Fragment { data, .. }) => sockets::send(sink, Message::Binary(data)).await?,
        Ok(LiveEvent::Missed { pictures }) => {
            viewing.missed += pictures;
            say(sink, &LiveMessage::Missed { pictures }).await?;
        }
        Err(error) => {
            let reason = match error {
                LiveError::NoSuchCamera => EndReason::CameraRemoved,
                LiveError::TooManyCameras { .. } | LiveError::Mux { .. } => {
                    tracing::error!(camera.id = %viewing.camera, %error, "a live view failed");
                    EndReason::Failed
                }
            };
            say(sink, &LiveMessage::End { reason }).await?;
            return Ok(ControlFlow::Break(Ended::Over));
        }
    }
    Ok(ControlFlow::Continue(()))
}

async fn say(sink: &mut SplitSink<WebSocket, Message>, message: &LiveMessage) -> Result<(), Ended> {
    match serde_json::to_string(message) {
        Ok(text) => sockets::send(sink, Message::Text(Utf8Bytes::from(text))).await,
        Err(error) => {
            tracing::error!(%error, "a message could not be put into words, it is left out");
            Ok(())
        }
    }
}

// === impl Viewing ===

impl Viewing {
    /// Puts it on record that somebody begins to look. Who the peer is, the proxy's log knows until people sign in here.
    pub fn begin(camera: CameraId, peer: SocketAddr, clock: Clock) -> Self {
        tracing::info!(camera.id = %camera, %peer, "live view begins");
        Self { camera, peer, began: clock.now(), clock, missed: 0 }
    }
}

impl Drop for Viewing {
    fn drop(&mut self) {
        let seconds = self.clock.now().duration_since(self.began).as_secs();
        tracing::info!(camera.id = %self.camera, peer = %self.peer, seconds, missed = self.missed, "live view ends");
    }
}
