//! What a URL's query asks of the camera: its way to play, and what it does wrong.

use crate::auth::Scheme;
use std::{str::FromStr, time::Duration};

/// What follows `?` in a URL, e.g. `/cam/0001?drop=5&auth=digest`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Options {
    pub(crate) play: Play,
    pub(crate) payload: Payload,
    /// Close the connection this long after PLAY.
    pub(crate) drop: Option<Duration>,
    /// Keep the connection but send nothing more, this long after PLAY.
    pub(crate) stall: Option<Duration>,
    /// What happens once, this long after PLAY.
    pub(crate) changes: Vec<(Duration, Change)>,
    /// Never answer this method.
    pub(crate) hang: Option<String>,
    /// Answer DESCRIBE with this status.
    pub(crate) status: Option<u16>,
    /// Leave out this share of RTP packets, in percent.
    pub(crate) loss: u64,
    /// What the SDP says of the parameter sets.
    pub(crate) sprop: Sprop,
    /// Leave the parameter sets out of the stream.
    pub(crate) no_in_band: bool,
    /// Offer sound alone.
    pub(crate) no_video: bool,
    /// How far the clock of the sender reports is off, in seconds.
    pub(crate) clock_s: f64,
    /// Ask for the farm's login.
    pub(crate) auth: Option<Scheme>,
    /// Serve so many sessions of this camera and no more.
    pub(crate) sessions: Option<usize>,
    /// A session that ends without TEARDOWN counts for this much longer.
    pub(crate) linger: Duration,
    /// Ignore this camera's clients after too many wrong log-ins.
    pub(crate) ban: Option<Ban>,
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

/// What the SDP says of the parameter sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sprop {
    #[default]
    Right,
    /// Nothing.
    Missing,
    /// Those of another clip.
    Wrong,
}

/// What happens once while a session plays.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// The peer is gone and nobody says so: nothing is sent, read or closed any more.
    Gone,
    /// RTP timestamps go on from so many seconds later, or earlier.
    Jump(f64),
    /// Another SSRC, with sequence numbers and timestamps of its own.
    Ssrc,
    /// The key picture before this moment is all that is sent from here on.
    Freeze,
    /// The pictures of this clip follow, in the same session.
    Switch(String),
}

/// When a camera ignores everybody, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ban {
    /// Wrong log-ins within a minute.
    pub(crate) logins: usize,
    pub(crate) lasts: Duration,
}

/// Part of a query that means nothing.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("cannot do {0:?}")]
pub(crate) struct UnknownOption(pub(crate) String);

// === impl Options ===

impl Options {
    pub(crate) fn parse(query: &str) -> Result<Options, UnknownOption> {
        let mut options = Options::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            options.take(part).ok_or_else(|| UnknownOption(part.to_string()))?;
        }
        options.changes.sort_by_key(|(after, _)| *after);
        Ok(options)
    }

    /// The same camera without its faults: how it plays and who may watch stay.
    pub(crate) fn healed(&self) -> Options {
        Options { play: self.play, auth: self.auth, ..Options::default() }
    }

    fn take(&mut self, part: &str) -> Option<()> {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match (key, value) {
            ("once", "") => self.play = Play::Once,
            ("junk", "") => self.payload = Payload::Junk,
            ("garbage", "") => self.payload = Payload::Garbage,
            ("nosprop", "") => self.sprop = Sprop::Missing,
            ("wrongsprop", "") => self.sprop = Sprop::Wrong,
            ("noinband", "") => self.no_in_band = true,
            ("noparams", "") => (self.sprop, self.no_in_band) = (Sprop::Missing, true),
            ("novideo", "") => self.no_video = true,
            ("drop", _) => self.drop = Some(seconds(value)?),
            ("stall", _) => self.stall = Some(seconds(value)?),
            ("gone", _) => self.changes.push((seconds(value)?, Change::Gone)),
            ("ssrc", _) => self.changes.push((seconds(value)?, Change::Ssrc)),
            ("freeze", _) => self.changes.push((seconds(value)?, Change::Freeze)),
            ("jump", _) => {
                let (after, by) = value.split_once(':')?;
                self.changes.push((seconds(after)?, Change::Jump(number(by)?)));
            }
            ("switch", _) => {
                let (after, clip) = value.split_once(':')?;
                self.changes.push((seconds(after)?, Change::Switch(clip.into())));
            }
            ("hang", "options" | "describe" | "setup" | "play" | "teardown") => {
                self.hang = Some(value.to_ascii_uppercase());
            }
            ("status", _) => self.status = Some(value.parse().ok().filter(|c| (100..=599).contains(c))?),
            ("loss", _) => self.loss = value.parse().ok().filter(|&percent| percent <= 100)?,
            ("clock", _) => self.clock_s = number(value)?,
            ("auth", "basic") => self.auth = Some(Scheme::Basic),
            ("auth", "digest") => self.auth = Some(Scheme::Digest),
            ("sessions", _) => self.sessions = Some(value.parse().ok()?),
            ("linger", _) => self.linger = seconds(value)?,
            ("ban", _) => {
                let (logins, lasts) = value.split_once(':')?;
                let logins = logins.parse().ok().filter(|&n| n > 0)?;
                self.ban = Some(Ban { logins, lasts: seconds(lasts)? });
            }
            _ => return None,
        }
        Some(())
    }
}

fn seconds(value: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(value.parse().ok()?).ok()
}

/// Seconds that may be negative; a day is more than any test needs.
fn number(value: &str) -> Option<f64> {
    f64::from_str(value).ok().filter(|s| s.abs() <= 86_400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_query() {
        let at = Duration::from_secs;
        let wanted = Options {
            play: Play::Once,
            payload: Payload::Junk,
            drop: Some(Duration::from_millis(2500)),
            stall: Some(Duration::ZERO),
            changes: vec![
                (at(1), Change::Ssrc),
                (at(2), Change::Jump(-1.5)),
                (at(3), Change::Switch("big".into())),
                (at(4), Change::Freeze),
                (at(9), Change::Gone),
            ],
            hang: Some("DESCRIBE".into()),
            status: Some(404),
            loss: 3,
            sprop: Sprop::Wrong,
            no_in_band: true,
            no_video: true,
            clock_s: -7.25,
            auth: Some(Scheme::Digest),
            sessions: Some(2),
            linger: at(30),
            ban: Some(Ban { logins: 5, lasts: at(60) }),
        };
        let query = "once&junk&drop=2.5&stall=0&hang=describe&status=404&loss=3&wrongsprop&noinband&novideo\
                     &auth=digest&gone=9&freeze=4&jump=2:-1.5&ssrc=1&switch=3:big&clock=-7.25&sessions=2&linger=30\
                     &ban=5:60";
        assert_eq!(Options::parse(query), Ok(wanted));
        assert_eq!(Options::parse(""), Ok(Options::default()));
        let Options { sprop, no_in_band, .. } = Options::parse("noparams").unwrap();
        assert_eq!((sprop, no_in_band), (Sprop::Missing, true));
    }

    #[test]
    fn a_healed_camera_still_asks_for_the_login_and_plays_once() {
        let ill = Options::parse("once&auth=basic&loss=3&gone=1&sessions=1&noparams&clock=9").unwrap();
        assert_eq!(Ok(ill.healed()), Options::parse("once&auth=basic"));
    }

    #[test]
    fn a_mistyped_fault_is_not_ignored() {
        for wrong in [
            "onec",
            "once=1",
            "drop=-1",
            "drop=x",
            "hang=dance",
            "status=7",
            "loss=101",
            "auth=ntlm",
            "gone",
            "jump=1",
            "jump=1:x",
            "jump=-1:2",
            "jump=1:1e9",
            "switch=1",
            "clock=NaN",
            "ban=0:1",
            "ban=3",
            "sessions=-1",
            "noparams=1",
        ] {
            assert_eq!(Options::parse(wrong), Err(UnknownOption(wrong.into())));
        }
    }
}
