//! A farm of RTSP test cameras.
//!
//! It owns the cameras' side of RTSP over interleaved TCP: clips, their pace, their faults. It knows nothing of
//! the program under test. A clip is cut into access units and packetised as RTP once; each connection is one
//! task that copies the packets which are due and patches their headers, so a thousand clients cost a small
//! part of one core.
//!
//! One access unit's path: [`Clip`] (cut, packetised) → a camera's clock (which picture is due) → a client's
//! connection (sequence number, timestamp, SSRC patched, faults applied) → socket.
//!
//! ```no_run
//! use camera_farm::{Clip, Encoding, Farm};
//! use std::{net::SocketAddr, path::Path};
//!
//! # fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! let clip = Clip::from_video("fall", Path::new("fall.mp4"), &Encoding::default())?;
//! let farm = Farm::builder().clip(clip).cameras(8).start(SocketAddr::from(([127, 0, 0, 1], 0)))?;
//! let url = farm.url("/clip/fall/1?once");
//! farm.command("restart /clip/fall/1")?;
//! # Ok(())
//! # }
//! ```

mod address;
mod annexb;
mod auth;
mod clip;
mod clock;
mod control;
mod farm;
mod handshakes;
mod limits;
mod options;
mod packet;
mod pattern;
mod playback;
mod random;
mod rtsp;
mod session;
mod stats;
mod video;

pub use clip::{Clip, ClipError, Codec};
pub use control::CommandError;
pub use farm::{Farm, FarmBuilder, RunningFarm, StartError};
pub use pattern::{Pattern, Shows};
pub use stats::Stats;
pub use video::Encoding;
