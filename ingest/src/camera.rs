//! What a camera is to ingest: a name, an address, and which version of its configuration is meant.

use std::{fmt, sync::Arc};

use crate::address::Address;

/// A registered feed's id: unique in one configuration, stable for ever, safe in a file name or a URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CameraId(Arc<str>);

impl CameraId {
    /// Takes 1 to 64 ASCII letters, digits, `-`, `_` or `.`, the first a letter or digit.
    ///
    /// # Errors
    /// Anything else, with the sentence that says what is allowed.
    pub fn new(id: &str) -> Result<Self, InvalidCameraId> {
        let starts_well = id.starts_with(|c: char| c.is_ascii_alphanumeric());
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if starts_well && id.len() <= 64 && id.chars().all(allowed) {
            Ok(Self(id.into()))
        } else {
            Err(InvalidCameraId(id.to_owned()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CameraId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A camera id that would not be safe as a key, a file name or part of a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "camera id {0:?} is not allowed: use 1 to 64 ASCII letters, digits, '-', '_' or '.', the first a letter or digit"
)]
pub struct InvalidCameraId(String);

/// Counts the versions of one camera's configuration.
///
/// Every access unit and frame carries the generation it was received under, so that after a change of
/// address nothing of the old camera is ever shown or judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(pub u32);

/// What ingest needs to pull one camera.
#[derive(Clone, Debug)]
pub struct CameraSource {
    /// Whose pictures these are.
    pub id: CameraId,
    /// Which version of the configuration this is.
    pub generation: Generation,
    /// Where the stream is that is analysed, with its credentials kept apart.
    pub address: Address,
    /// How its pictures travel.
    pub transport: Transport,
    /// Where its main stream is: larger pictures, for people who look.
    pub main: Option<Address>,
}

impl CameraSource {
    /// A camera with one stream, over TCP.
    pub fn new(id: CameraId, generation: Generation, address: Address) -> Self {
        Self { id, generation, address, transport: Transport::default(), main: None }
    }
}

/// How a camera's pictures travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Inside the RTSP connection. Costs no thread; what nearly every camera can do.
    #[default]
    Tcp,
    /// RTP over UDP.
    Udp,
    /// RTP over UDP multicast.
    Multicast,
    /// Inside the RTSP connection, which is encrypted.
    Tls,
    /// Inside the RTSP connection, which is tunnelled through HTTP.
    Http,
}

impl Transport {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Tcp, Self::Udp, Self::Multicast, Self::Tls, Self::Http];

    /// How pictures travel from this address: an encrypted one is never played in clear.
    pub(crate) fn used_with(self, address: &Address) -> Self {
        if self == Self::Tcp && address.is_encrypted() { Self::Tls } else { self }
    }

    /// Its name in configurations and answers, which never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Multicast => "multicast",
            Self::Tls => "tls",
            Self::Http => "http",
        }
    }

    /// The transport of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.name() == name)
    }
}
