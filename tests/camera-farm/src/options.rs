//! What a URL's query asks of the camera: its way to play, and what it does wrong.

use crate::auth::Scheme;
use std::time::Duration;

/// What follows `?` in a URL, e.g. `/cam/0001?drop=5&auth=digest`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Options {
    pub(crate) play: Play,
    pub(crate) payload: Payload,
    /// Close the connection this long after PLAY.
    pub(crate) drop: Option<Duration>,
    /// Keep the connection but send nothing more, this long after PLAY.
    pub(crate) stall: Option<Duration>,
    /// Never answer this method.
    pub(crate) hang: Option<String>,
    /// Answer DESCRIBE with this status.
    pub(crate) status: Option<u16>,
    /// Leave out this share of RTP packets, in percent.
    pub(crate) loss: u64,
    /// Leave the parameter sets out of the SDP.
    pub(crate) no_sprop: bool,
    /// Offer sound alone.
    pub(crate) no_video: bool,
    /// Ask for the farm's login.
    pub(crate) auth: Option<Scheme>,
}

/// What happens at the end of the clip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Play {
    /// It begins again.
    #[default]
    Loop,
    /// Its last picture stays.
    Once,
}

/// What is sent after PLAY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Payload {
    #[default]
    Video,
    /// RTP whose pictures cannot be decoded.
    Junk,
    /// Bytes that are no RTP and no RTSP.
    Garbage,
}

/// Part of a query that means nothing.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("cannot do {0:?}")]
pub(crate) struct UnknownOption(String);

// === impl Options ===

impl Options {
    pub(crate) fn parse(query: &str) -> Result<Options, UnknownOption> {
        let mut options = Options::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            options.take(part).ok_or_else(|| UnknownOption(part.to_string()))?;
        }
        Ok(options)
    }

    fn take(&mut self, part: &str) -> Option<()> {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match (key, value) {
            ("once", "") => self.play = Play::Once,
            ("junk", "") => self.payload = Payload::Junk,
            ("garbage", "") => self.payload = Payload::Garbage,
            ("nosprop", "") => self.no_sprop = true,
            ("novideo", "") => self.no_video = true,
            ("drop", _) => self.drop = Some(seconds(value)?),
            ("stall", _) => self.stall = Some(seconds(value)?),
            ("hang", "describe" | "setup" | "play" | "teardown") => {
                self.hang = Some(value.to_ascii_uppercase())
            }
            ("status", _) => self.status = Some(value.parse().ok().filter(|c| (100..=599).contains(c))?),
            ("loss", _) => self.loss = value.parse().ok().filter(|&percent| percent <= 100)?,
            ("auth", "basic") => self.auth = Some(Scheme::Basic),
            ("auth", "digest") => self.auth = Some(Scheme::Digest),
            _ => return None,
        }
        Some(())
    }
}

fn seconds(value: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(value.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_query() {
        let wanted = Options {
            play: Play::Once,
            payload: Payload::Junk,
            drop: Some(Duration::from_millis(2500)),
            stall: Some(Duration::ZERO),
            hang: Some("DESCRIBE".into()),
            status: Some(404),
            loss: 3,
            no_sprop: true,
            no_video: true,
            auth: Some(Scheme::Digest),
        };
        let query = "once&junk&drop=2.5&stall=0&hang=describe&status=404&loss=3&nosprop&novideo&auth=digest";
        assert_eq!(Options::parse(query), Ok(wanted));
        assert_eq!(Options::parse(""), Ok(Options::default()));
    }

    #[test]
    fn a_mistyped_fault_is_not_ignored() {
        for wrong in
            ["onec", "once=1", "drop=-1", "drop=x", "hang=dance", "status=7", "loss=101", "auth=ntlm"]
        {
            assert_eq!(Options::parse(wrong), Err(UnknownOption(wrong.into())));
        }
    }
}
