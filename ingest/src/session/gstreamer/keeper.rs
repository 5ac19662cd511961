//! The thread that owns a pipeline from PLAYING to NULL.

use gstreamer as gst;

use gst::{MessageView, ProgressType, prelude::*};
use tokio::sync::{SemaphorePermit, oneshot};

use super::{complaint::Complaint, pipeline::Line};
use crate::{health::Cause, session::SessionError};

/// What is listened for on the bus.
const NEWS: [gst::MessageType; 4] = [
    gst::MessageType::Progress,
    gst::MessageType::Error,
    gst::MessageType::Eos,
    gst::MessageType::Application,
];

/// Plays one pipeline until it fails or its session is dropped.
pub(super) struct Keeper {
    line: Line,
    opened: Option<oneshot::Sender<()>>,
    ended: oneshot::Sender<SessionError>,
    step: &'static str,
    /// Given back when the last thread of the pipeline is gone.
    _place: SemaphorePermit<'static>,
}

/// The message that makes a keeper leave.
pub(super) fn leave() -> gst::Message {
    gst::message::Application::new(gst::Structure::new_empty("leave"))
}

// === impl Keeper ===

impl Keeper {
    pub(super) fn new(
        line: Line,
        opened: oneshot::Sender<()>,
        ended: oneshot::Sender<SessionError>,
        place: SemaphorePermit<'static>,
    ) -> Self {
        Self { line, opened: Some(opened), ended, step: "connect", _place: place }
    }

    /// Blocks for as long as the session lasts, and then until the camera was told or half a second is over.
    pub(super) fn run(mut self) {
        let error = self.play();
        if let Some(error) = error {
            // Who has dropped the session does not ask how it ended.
            let _ = self.ended.send(error);
        }
        // It cannot fail downwards, and nobody waits for it.
        let _ = self.line.pipeline.set_state(gst::State::Null);
    }

    /// Nothing where it was told to leave.
    fn play(&mut self) -> Option<SessionError> {
        if self.line.pipeline.set_state(gst::State::Playing).is_err() {
            // The reason lies on the bus.
            tracing::debug!("rtspsrc did not start");
        }
        let bus = self.line.bus.clone();
        while let Some(message) = bus.timed_pop_filtered(gst::ClockTime::NONE, &NEWS) {
            match message.view() {
                MessageView::Application(_) => return None,
                MessageView::Error(error) => return Some(self.failed(error)),
                MessageView::Eos(_) => {
                    return Some(self.error(Cause::Closed, "the camera closed the connection"));
                }
                MessageView::Progress(progress) => {
                    let (kind, code, _) = progress.get();
                    self.progress(kind, code);
                }
                _ => {}
            }
        }
        None
    }

    /// Follows the hand-shake.
    fn progress(&mut self, kind: ProgressType, code: &str) {
        match (kind, code) {
            (ProgressType::Continue, "connect") => self.step = "connect",
            (ProgressType::Continue, "open") => self.step = "describe",
            (ProgressType::Continue, "request") if self.step == "describe" => self.step = "setup",
            (ProgressType::Complete, "open") => self.step = "play",
            (ProgressType::Complete, "request") => {
                // Who has dropped the session does not ask.
                let _ = self.opened.take().map(|opened| opened.send(()));
            }
            _ => {}
        }
    }

    fn failed(&self, message: &gst::message::Error) -> SessionError {
        let error = message.error();
        if let Some(why) = self.line.choice.distrust() {
            let detail = format!("the camera's certificate is not trusted ({why})");
            return self.error(Cause::NotTrusted, &detail);
        }
        // Also said of a camera that refuses to set a stream up; here none was asked for.
        if error.matches(gst::StreamError::CodecNotFound) && self.line.choice.codec().is_none() {
            return self.error(Cause::NoVideo, "the stream has no H.264 or H.265 video");
        }
        let status = message.details().and_then(|details| details.get::<u32>("rtsp-status-code").ok());
        let debug = message.debug().unwrap_or_default();
        Complaint { error: &error, debug: &debug, status, step: self.step }.into_error()
    }

    fn error(&self, cause: Cause, detail: &str) -> SessionError {
        SessionError { cause, step: self.step, detail: detail.to_owned() }
    }
}
