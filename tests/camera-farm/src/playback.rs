//! A clip on its way to one client: which picture is due, and its bytes on the wire.

use crate::{
    clip::Clip,
    clock::{FrameClock, RTP_HZ},
    control::CameraState,
    farm::Farm,
    options::{Change, Options, Payload, Play},
    packet::{PREFIX, is_parameter_set, scramble},
    random::Random,
};
use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::Instant;

/// A session further behind than this skips ahead to the next key frame, as cameras do.
const MAX_LAG: Duration = Duration::from_secs(2);
/// RTCP sender reports, as cameras send them.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// Bytes of nonsense in place of each picture.
const GARBAGE_BYTES: usize = 512;

/// What a client plays.
pub(crate) struct Source {
    pub(crate) farm: Arc<Farm>,
    pub(crate) clip: Arc<Clip>,
    pub(crate) camera: Arc<CameraState>,
    pub(crate) options: Options,
    /// Where a looping camera is: depends on its path alone, so that every client sees the same.
    pub(crate) phase: Phase,
}

/// A looping camera's place in its clip.
#[derive(Clone, Copy)]
pub(crate) struct Phase {
    /// When the camera's picture 0 was due.
    pub(crate) origin: Instant,
    /// Which picture of the clip that was.
    pub(crate) picture: u64,
}

/// The RTP numbers of one session; they go on through loops, holds and restarts.
pub(crate) struct RtpState {
    pub(crate) ssrc: u32,
    pub(crate) channel: u8,
    pub(crate) seq: u16,
    /// Of picture 0.
    first_timestamp: u32,
    packets: u32,
    octets: u32,
}

/// A running PLAY.
pub(crate) struct Playback {
    source: Source,
    clock: FrameClock,
    /// The next picture, counted from the clock's origin.
    index: u64,
    started: Instant,
    /// The changes that its URL asks for and that are still to come, soonest first.
    changes: VecDeque<(Duration, Change)>,
    /// The picture at which it froze.
    frozen: Option<usize>,
    /// The camera's kicks when this began.
    kicks: u64,
    next_report: Instant,
    pub(crate) rtp: RtpState,
    random: Random,
}

/// What became of the picture that was due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    /// Its bytes are to be written.
    Send,
    /// Nothing is sent this time; so many pictures were left out because the client is too slow.
    Skip(u64),
    /// The session is over.
    End,
    /// Nothing happens any more on this connection.
    Gone,
}

// === impl RtpState ===

impl RtpState {
    pub(crate) fn new(ssrc: u32, channel: u8, random: u64) -> RtpState {
        let (seq, first_timestamp) = (random as u16, (random >> 16) as u32);
        RtpState { ssrc, channel, seq, first_timestamp, packets: 0, octets: 0 }
    }
}

// === impl Playback ===

impl Playback {
    pub(crate) fn new(source: Source, rtp: RtpState, random: Random, now: Instant) -> Playback {
        let origin = match source.options.play {
            Play::Loop => source.phase.origin,
            Play::Once => source.camera.once_origin(now),
        };
        let clock = FrameClock { origin, fps: source.clip.fps() };
        Playback {
            clock,
            index: clock.next_index(now),
            started: now,
            changes: source.options.changes.clone().into(),
            frozen: None,
            kicks: source.camera.kicks.load(Relaxed),
            next_report: now,
            rtp,
            random,
            source,
        }
    }

    /// When the next picture is due.
    pub(crate) fn due(&self) -> Instant {
        self.clock.due(self.index)
    }

    /// The RTP timestamp of now: that of the next picture, if it is shown as it is sent.
    pub(crate) fn timestamp(&self) -> u32 {
        self.rtp.first_timestamp.wrapping_add(self.clock.rtp_ticks(self.index))
    }

    /// Appends what is due now to `out`.
    pub(crate) fn tick(&mut self, now: Instant, out: &mut Vec<u8>) -> Tick {
        let age = now.saturating_duration_since(self.started);
        if self.source.camera.healed.load(Relaxed) {
            self.heal();
        }
        while let Some((_, change)) = self.changes.pop_front_if(|(after, _)| age >= *after) {
            self.source.camera.changes.fetch_add(1, Relaxed);
            if change == Change::Gone {
                return Tick::Gone;
            }
            self.apply(change, now);
        }
        let Source { camera, options, .. } = &self.source;
        let is_over = |limit: Option<Duration>| limit.is_some_and(|limit| age >= limit);
        let kicked = camera.kicks.load(Relaxed) != self.kicks;
        if camera.down.load(Relaxed) || kicked || is_over(options.drop) {
            return Tick::End;
        }
        if camera.stalled.load(Relaxed) || is_over(options.stall) || options.no_video {
            self.index += 1;
            return Tick::Skip(0);
        }
        let restarted_at = camera.restarted_at(&self.clock);
        if let Some(at) = restarted_at.filter(|&at| self.index < at) {
            self.index = at;
            return Tick::Skip(0);
        }
        if now > self.due() + MAX_LAG {
            return Tick::Skip(self.catch_up(now, restarted_at));
        }
        self.send(now, restarted_at, out);
        self.index += 1;
        Tick::Send
    }

    fn heal(&mut self) {
        self.source.options = self.source.options.healed();
        self.changes.clear();
        self.frozen = None;
    }

    fn apply(&mut self, change: Change, now: Instant) {
        match change {
            // The caller's: it ends the session.
            Change::Gone => {}
            Change::Jump(by_s) => {
                let ticks = (by_s * RTP_HZ as f64) as i64;
                self.rtp.first_timestamp = self.rtp.first_timestamp.wrapping_add(ticks as u32);
            }
            Change::Ssrc => {
                let random = self.random.next();
                self.rtp = RtpState::new((random >> 32) as u32, self.rtp.channel, random);
            }
            Change::Freeze => {
                let restarted_at = self.source.camera.restarted_at(&self.clock);
                let place = Self::place(&self.source, self.index, restarted_at);
                self.frozen = Some(self.source.clip.key_of(place));
            }
            // The name was found when the client came.
            Change::Switch(name) => {
                if let Some(clip) = self.source.farm.clip_named(&name) {
                    self.switch(clip, now);
                }
            }
        }
    }

    /// Goes on with another clip from its beginning; timestamps and sequence numbers go on too.
    fn switch(&mut self, clip: Arc<Clip>, now: Instant) {
        self.rtp.first_timestamp = self.timestamp();
        self.clock = FrameClock { origin: now, fps: clip.fps() };
        self.index = 0;
        self.source.phase = Phase { origin: now, picture: 0 };
        self.source.clip = clip;
    }

    /// Where in the clip the picture with this index is.
    fn place(source: &Source, index: u64, restarted_at: Option<u64>) -> usize {
        let since_start = index.saturating_sub(restarted_at.unwrap_or(0));
        match (source.options.play, restarted_at) {
            (Play::Once, _) => source.clip.once(since_start),
            (Play::Loop, Some(_)) => source.clip.looped(since_start),
            (Play::Loop, None) => source.clip.looped(since_start + source.phase.picture),
        }
    }

    /// Goes on to the next key frame; how many pictures that leaves out.
    fn catch_up(&mut self, now: Instant, restarted_at: Option<u64>) -> u64 {
        let from = self.index;
        self.index = self.clock.next_index(now);
        while !self.source.clip.frame(Self::place(&self.source, self.index, restarted_at)).key {
            self.index += 1;
        }
        self.index - from
    }

    fn send(&mut self, now: Instant, restarted_at: Option<u64>, out: &mut Vec<u8>) {
        let timestamp = self.timestamp();
        let Source { farm, clip, camera, options, .. } = &self.source;
        if options.payload == Payload::Garbage {
            let at = out.len();
            out.resize(at + GARBAGE_BYTES, 0);
            self.random.fill(&mut out[at..]);
            return;
        }
        if now >= self.next_report {
            self.next_report = now + REPORT_INTERVAL;
            sender_report(out, &self.rtp, timestamp, options.clock_s);
        }
        let frame =
            clip.frame(self.frozen.unwrap_or_else(|| Self::place(&self.source, self.index, restarted_at)));
        let shown = self.clock.rtp_ticks(self.index.saturating_add_signed(frame.shown_after));
        let timestamp = self.rtp.first_timestamp.wrapping_add(shown);
        let rtp = &mut self.rtp;
        for packet in frame.packets() {
            if options.no_in_band && is_parameter_set(clip.codec(), packet) {
                continue;
            }
            let seq = rtp.seq;
            rtp.seq = rtp.seq.wrapping_add(1);
            // A camera counts what it sent, whether it arrives or not.
            rtp.packets = rtp.packets.wrapping_add(1);
            rtp.octets = rtp.octets.wrapping_add((packet.len() - PREFIX) as u32);
            if options.loss > 0 && self.random.next() % 100 < options.loss {
                camera.lost.fetch_add(1, Relaxed);
                farm.counters.lost.fetch_add(1, Relaxed);
                continue;
            }
            let at = out.len();
            out.extend_from_slice(packet);
            let (header, payload) = out[at..].split_at_mut(PREFIX);
            header[1] = rtp.channel;
            header[6..8].copy_from_slice(&seq.to_be_bytes());
            header[8..12].copy_from_slice(&timestamp.to_be_bytes());
            header[12..16].copy_from_slice(&rtp.ssrc.to_be_bytes());
            if options.payload == Payload::Junk {
                scramble(clip.codec(), payload, &mut self.random);
            }
        }
    }
}

/// Sender report and CNAME (RFC 3550 6.4.1, 6.5), on the channel after the RTP one. The camera's clock is `clock_s`
/// seconds ahead.
#[expect(
    clippy::disallowed_methods,
    reason = "a report's NTP time is the wall clock's; nothing is decided by it"
)]
fn sender_report(out: &mut Vec<u8>, rtp: &RtpState, timestamp: u32, clock_s: f64) {
    const CNAME: &[u8] = b"camera-farm";
    const REPORT_BYTES: usize = 28;
    /// From 1900, where NTP begins, to 1970.
    const NTP_TO_UNIX_S: u64 = 2_208_988_800;
    let off = Duration::try_from_secs_f64(clock_s.abs()).unwrap_or_default();
    let now = if clock_s < 0.0 { SystemTime::now() - off } else { SystemTime::now() + off };
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
    let chunk = (4 + 2 + CNAME.len() + 1).next_multiple_of(4);
    let length = REPORT_BYTES + 4 + chunk;
    out.extend_from_slice(&[b'$', rtp.channel.wrapping_add(1)]);
    out.extend_from_slice(&(length as u16).to_be_bytes());
    out.extend_from_slice(&[0x80, 200, 0, 6]);
    let seconds = (now.as_secs() + NTP_TO_UNIX_S) as u32;
    for value in [rtp.ssrc, seconds, fraction as u32, timestamp, rtp.packets, rtp.octets] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    out.extend_from_slice(&[0x81, 202, 0, (chunk / 4) as u8]);
    let start = out.len();
    out.extend_from_slice(&rtp.ssrc.to_be_bytes());
    out.extend_from_slice(&[1, CNAME.len() as u8]);
    out.extend_from_slice(CNAME);
    out.resize(start + chunk, 0);
}
