//! The table of faults.

use gridwatch_ingest::{CameraState, Cause, Codec, StreamFigures};

use CameraState::{Blind, Degraded, Ok as Fine, Silent, Unauthorised, Unreachable};
use Repair::{AnotherClip, Heal, Listen, Login, Nothing};

/// One kind of fault.
pub struct Case {
    pub name: &'static str,
    /// Clip and query of the farm's camera, or which port it is.
    pub at: &'static str,
    /// Told to the farm about this camera as soon as it plays.
    pub told: &'static str,
    /// What must be shown, for one of these causes if there are any.
    pub state: CameraState,
    pub causes: &'static [Cause],
    /// And so soon, in seconds after it was added or told.
    pub within_s: u64,
    /// What else must be so.
    pub figures: fn(&StreamFigures) -> bool,
    pub repair: Repair,
}

/// How the fault ends.
#[derive(Clone, Copy)]
pub enum Repair {
    /// By itself, or it is none.
    Nothing,
    /// The camera no longer does what its URL says.
    Heal,
    /// It is set to the usual clip.
    AnotherClip,
    /// A camera listens at the port.
    Listen,
    /// The right password is entered.
    Login,
}

fn is_h265(figures: &StreamFigures) -> bool {
    figures.parameters.codec == Codec::H265
}

fn is_large(figures: &StreamFigures) -> bool {
    figures.parameters.width == 320
}

fn has_half_second_groups(figures: &StreamFigures) -> bool {
    figures.gop_s.is_some_and(|gop_s| (gop_s - 0.5).abs() < 0.1)
}

fn is_an_hour_ahead(figures: &StreamFigures) -> bool {
    figures.clock_offset.is_some_and(|offset| (offset.as_secs() - 3600).abs() <= 2)
}

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    //   name                      clip or port, and query     state         for one of these causes     in  it ends by
    case("refused",                "closed port",              Unreachable,  &[Cause::Refused],          3,  Listen),
    case("black hole",             "black hole",               Unreachable,  &[Cause::TimedOut],         5,  Listen),
    case("hangs at DESCRIBE",      "test?hang=describe",       Unreachable,  &[Cause::TimedOut],         5,  Heal),
    case("hangs at SETUP",         "test?hang=setup",          Unreachable,  &[Cause::TimedOut],         5,  Heal),
    case("hangs at PLAY",          "test?hang=play",           Unreachable,  &[Cause::TimedOut],         5,  Heal),
    case("wrong password",         "test?auth=digest",         Unauthorised, &[Cause::WrongCredentials], 3,  Login),
    case("no such stream",         "test?status=404",          Unreachable,  &[Cause::NoSuchStream],     3,  Heal),
    case("too many sessions",      "test?sessions=0",          Unreachable,  &[Cause::Busy],             3,  Heal),
    case("stale session",          "test?sessions=1&linger=8", Unreachable,  &[Cause::Busy],             12, Nothing).told("kick"),
    case("no video",               "test?novideo",             Silent,       &[Cause::NoVideo],          3,  Heal),
    case("closes at PLAY",         "test?drop=0",              Unreachable,  &[Cause::Closed],           5,  Heal),
    case("closes after PLAY",      "test?drop=1.5",            Degraded,     &[Cause::Unstable],         15, Heal),
    case("goes away",              "test",                     Unreachable,  &[Cause::NoSuchStream],     10, Heal).told("down"),
    case("silent at PLAY",         "test?stall=0",             Silent,       &[Cause::NoData],           5,  Heal),
    case("silent after PLAY",      "test",                     Silent,       &[Cause::NoData],           12, Heal).told("stall"),
    case("half-open at PLAY",      "test?gone=0",              Silent,       &[Cause::NoData],           5,  Heal),
    case("half-open after PLAY",   "test?gone=1.5",            Degraded,     &[Cause::Unstable],         25, Heal),
    case("garbage",                "test?garbage",             Unreachable,  &[Cause::ProtocolError],    5,  Heal),
    case("junk",                   "test?junk",                Silent,       &[Cause::NotDecodable],     13, Heal),
    case("lost packets",           "test?loss=10",             Degraded,     &[Cause::PacketLoss],       10, Heal),
    case("wrong sets in SDP",      "test?wrongsprop",          Fine,         &[],                        5,  Nothing),
    case("no sets in SDP",         "test?nosprop",             Fine,         &[],                        5,  Nothing),
    case("no sets in-band",        "test?noinband",            Fine,         &[],                        5,  Nothing),
    // The decoder conceals what it cannot read, so it is the grey pictures that tell.
    case("wrong sets alone",       "test?wrongsprop&noinband", Blind,        &[Cause::Covered],          85, Heal),
    case("no sets at all",         "test?noparams",            Silent,       &[Cause::NotDecodable],     13, Heal),
    case("freezes",                "test?freeze=2",            Blind,        &[Cause::Frozen],           85, Heal),
    case("H.264 to H.265",         "test",                     Fine,         &[],                        5,  AnotherClip).told("clip h265").with(is_h265),
    case("H.265 in the session",   "test?switch=2:h265",       Degraded,     &[Cause::Unstable],         20, Heal),
    case("another size",           "test?switch=2:large",      Fine,         &[],                        6,  Nothing).with(is_large),
    case("30 s groups",            "long?once",                Degraded,     &[Cause::LongGroup],        14, AnotherClip),
    case("open groups",            "open",                     Fine,         &[],                        5,  Nothing).with(has_half_second_groups),
    case("time jumps forward",     "test?jump=2:3600",         Fine,         &[],                        6,  Nothing),
    case("time jumps back",        "test?jump=2:-3600",        Fine,         &[],                        6,  Nothing),
    case("another SSRC",           "test?ssrc=2",              Fine,         &[],                        6,  Heal),
    case("B-pictures",             "b",                        Fine,         &[],                        5,  Nothing),
    case("clock an hour ahead",    "test?clock=3600",          Fine,         &[],                        5,  Nothing).with(is_an_hour_ahead),
];

const fn case(
    name: &'static str,
    at: &'static str,
    state: CameraState,
    causes: &'static [Cause],
    within_s: u64,
    repair: Repair,
) -> Case {
    Case { name, at, told: "", state, causes, within_s, figures: |_| true, repair }
}

impl Case {
    const fn told(self, command: &'static str) -> Case {
        Case { told: command, ..self }
    }

    const fn with(self, figures: fn(&StreamFigures) -> bool) -> Case {
        Case { figures, ..self }
    }
}
