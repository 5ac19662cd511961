//! What a message of `rtspsrc` means for the camera.

use gstreamer as gst;

use gst::glib;

use super::super::{SessionError, cause_of_status};
use crate::health::Cause;

/// An error that a pipeline posted, and what was going on.
pub(super) struct Complaint<'a> {
    pub(super) error: &'a glib::Error,
    /// What GStreamer tells its developers. May hold parts of the address: never shown.
    pub(super) debug: &'a str,
    /// The camera's own answer, where there was one.
    pub(super) status: Option<u32>,
    /// What was being done.
    pub(super) step: &'static str,
}

// === impl Complaint ===

impl Complaint<'_> {
    pub(super) fn into_error(self) -> SessionError {
        let cause = self.cause();
        let detail = match self.status {
            Some(status) => format!("the camera answers with status {status}"),
            None if cause == Cause::TransportRefused => "the camera does not offer this transport".to_owned(),
            None if cause == Cause::TimedOut => "no answer in time".to_owned(),
            None => self.error.message().to_owned(),
        };
        SessionError { cause, step: self.step, detail }
    }

    /// The camera's status says most; without one it is the kind of error, and at last GStreamer's words, which it
    /// does not translate.
    fn cause(&self) -> Cause {
        if let Some(status) = self.status {
            return cause_of_status(status);
        }
        match self.error.kind::<gst::ResourceError>() {
            Some(gst::ResourceError::NotAuthorized) => return Cause::WrongCredentials,
            Some(gst::ResourceError::NotFound) => return Cause::NoSuchStream,
            _ => {}
        }
        let no_transport_left = self.error.matches(gst::StreamError::CodecNotFound);
        if no_transport_left || self.debug.contains("no protocols left") {
            Cause::TransportRefused
        } else if self.debug.contains("Timeout") {
            Cause::TimedOut
        } else if ["closed", "reset", "EOF", "end-of-file", "Broken pipe"]
            .iter()
            .any(|word| self.debug.contains(word))
        {
            Cause::Closed
        } else {
            Cause::ProtocolError
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_complaint_has_its_cause() {
        use gst::{ResourceError as Resource, StreamError as Stream};
        let resource = |kind| glib::Error::new::<Resource>(kind, "resource");
        let cases: [(glib::Error, &str, Option<u32>, Cause); 15] = [
            (resource(Resource::NotAuthorized), "Unauthorized (401)", Some(401), Cause::WrongCredentials),
            (resource(Resource::Read), "Forbidden (403)", Some(403), Cause::WrongCredentials),
            (resource(Resource::NotAuthorized), "", None, Cause::WrongCredentials),
            (resource(Resource::NotFound), "Not Found (404)", Some(404), Cause::NoSuchStream),
            (resource(Resource::NotFound), "", None, Cause::NoSuchStream),
            (resource(Resource::Read), "(453)", Some(453), Cause::Busy),
            (resource(Resource::Read), "(503)", Some(503), Cause::Busy),
            (resource(Resource::Read), "(461)", Some(461), Cause::TransportRefused),
            (resource(Resource::Read), "(500)", Some(500), Cause::RefusedToPlay),
            (
                glib::Error::new(Stream::CodecNotFound, "No supported stream was found."),
                "gst_rtspsrc_setup_streams_start ()",
                None,
                Cause::TransportRefused,
            ),
            (
                resource(Resource::Read),
                "Could not connect to server, no protocols left",
                None,
                Cause::TransportRefused,
            ),
            (
                resource(Resource::Read),
                "Could not receive message. (Timeout while waiting for server response)",
                None,
                Cause::TimedOut,
            ),
            (
                resource(Resource::Read),
                "Could not receive message. (Parse error)",
                None,
                Cause::ProtocolError,
            ),
            (resource(Resource::Read), "(System error: Connection reset by peer)", None, Cause::Closed),
            (
                resource(Resource::OpenReadWrite),
                "Failed to connect. (Generic error)",
                None,
                Cause::ProtocolError,
            ),
        ];
        for (error, debug, status, cause) in cases {
            let complaint = Complaint { error: &error, debug, status, step: "setup" };
            assert_eq!(complaint.into_error().cause, cause, "{error} {debug} {status:?}");
        }
    }

    #[test]
    fn what_is_told_holds_nothing_of_the_address() {
        let error = glib::Error::new(gst::ResourceError::Read, "Could not read from resource.");
        let complaint =
            Complaint { error: &error, debug: "rtsp://cam/?password=s3cret", status: None, step: "play" };
        assert_eq!(
            complaint.into_error().to_string(),
            "ProtocolError during play: Could not read from resource."
        );
    }
}
