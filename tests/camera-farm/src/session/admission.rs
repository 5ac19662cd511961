//! What a camera says before it looks at what a request is for.

use super::{Next, Selected, Session};
use crate::rtsp::Request;
use std::sync::atomic::Ordering::Relaxed;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};

/// Whether a camera deals with a request.
pub(super) enum Admission {
    Granted,
    /// It says nothing, and the client waits.
    NoAnswer,
    /// It closes without a word.
    Hangup,
    Refused {
        status: &'static str,
        headers: String,
        /// Whether the connection goes on.
        next: Next,
    },
}

// === impl Session ===

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) fn admit(&self, request: &Request, selected: &Selected) -> Admission {
        let Selected { camera, options, .. } = selected;
        let (method, now) = (request.method.as_str(), Instant::now());
        if camera.down.load(Relaxed) {
            return Admission::refused("404 Not Found", Next::Close);
        }
        if options.ban.is_some() && camera.logins.banned(now) {
            return Admission::Hangup;
        }
        if options.hang.as_deref() == Some(method) {
            return Admission::NoAnswer;
        }
        if let Some(scheme) = options.auth.filter(|_| method != "OPTIONS") {
            let given = request.header("Authorization");
            if !given.is_some_and(|h| scheme.accepts(h, method, &self.nonce, &self.farm.login)) {
                if let (Some(ban), Some(_)) = (options.ban, given) {
                    camera.logins.wrong(ban, now);
                }
                let headers = format!("WWW-Authenticate: {}\r\n", scheme.challenge(&self.nonce));
                return Admission::Refused { status: "401 Unauthorized", headers, next: Next::GoOn };
            }
        }
        let wants_seat = self.seat.is_none() && matches!(method, "DESCRIBE" | "SETUP" | "PLAY");
        if wants_seat && camera.seats.full(options.sessions, now) {
            return Admission::refused("453 Not Enough Bandwidth", Next::GoOn);
        }
        Admission::Granted
    }
}

// === impl Admission ===

impl Admission {
    fn refused(status: &'static str, next: Next) -> Admission {
        Admission::Refused { status, headers: String::new(), next }
    }
}
