//! The configuration file: from text to the settings of every part, or the list of all its mistakes.

mod camera;
mod channel;
mod crowd;
mod engine;
mod evidence;
mod models;
mod push;
mod reader;
mod scene;

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

pub use camera::CameraConfig;
pub use channel::ChannelSettings;
use gridwatch_alerts::{Database, EvidenceSettings, roster::Zone};
use gridwatch_channels::Language;
use gridwatch_inference::{FallSettings, Scene, crowd::CrowdSettings};
use gridwatch_ingest::{CameraId, DecodePoolSettings, IngestSettings, SamplePolicy, SessionLimits};
use jiff::SignedDuration;
pub use models::Models;
pub use push::PushSettings;
pub use reader::Mistake;
pub(crate) use reader::{Reader, Section};
use scene::Rules;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::models::Digest;

/// Everything that can be set.
#[derive(Debug)]
pub struct Config {
    /// Where the console listens.
    pub listen: SocketAddr,
    /// Where alerts are kept: a file, or a PostgreSQL server.
    pub database: Database,
    /// The place's time zone.
    pub zone: Zone,
    /// Where evidence is kept, and for how long.
    pub evidence: EvidenceSettings,
    /// The folder with recorded clips for drills.
    pub drills: PathBuf,
    /// Pushes to browsers, where they are set up.
    pub push: Option<PushSettings>,
    /// Where people reach the console, for links in messages.
    pub public_url: Option<Url>,
    /// The channels.
    pub channels: Vec<ChannelSettings>,
    /// In which language messages are written.
    pub language: Language,
    /// The grid tree.
    pub grids: PathBuf,
    /// Ingest.
    pub ingest: IngestSettings,
    /// The models.
    pub models: Models,
    /// The fall rule, of cameras that say nothing else.
    pub fall: FallSettings,
    /// The cameras.
    pub cameras: Vec<CameraConfig>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or may not be read.
    #[error("cannot read the configuration {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It has mistakes.
    #[error("{path} has {} mistake(s):{}", mistakes.len(), list(mistakes))]
    Mistakes {
        /// Which file.
        path: PathBuf,
        /// All of them.
        mistakes: Vec<Mistake>,
    },
}

fn list(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect()
}

impl Config {
    /// Reads a configuration file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// When it cannot be read, or with all its mistakes at once.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder)
            .map_err(|mistakes| ConfigError::Mistakes { path: path.to_owned(), mistakes })
    }

    /// Reads a configuration text whose paths are relative to `folder`.
    ///
    /// # Errors
    /// All mistakes in it.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Vec<Mistake>> {
        let (reader, document) = Reader::parse(text).map_err(|mistake| vec![mistake])?;
        let config = read_root(&Section::root(&reader, document.as_table()), folder);
        let mistakes = reader.into_mistakes();
        if mistakes.is_empty() { Ok(config) } else { Err(mistakes) }
    }

    /// The places of the cameras.
    pub fn scenes(&self) -> HashMap<CameraId, Arc<Scene>> {
        self.cameras.iter().map(|camera| (camera.entry.id.clone(), camera.scene.clone())).collect()
    }

    /// The SHA-256 of all that is set, defaults included: the same for the same settings of the same version of the program. No
    /// password goes into it, so that nobody can guess one from it.
    pub fn digest(&self) -> Digest {
        // What shows itself hides its secrets; tests hold that.
        Digest::from(Sha256::new_with_prefix(format!("{self:?}")))
    }
}

fn read_root(root: &Section<'_>, folder: &Path) -> Config {
    let server = root.section("server");
    let fall = scene::read_fall(&root.section("fall"), FallSettings::default());
    let crowd = crowd::read_settings(&root.section("crowd"), CrowdSettings::default());
    let store = root.section("store");
    let (zone, language) = read_place(&root.section("place"));
    let listen = server.text("listen", "an address and port such as \"127.0.0.1:8600\"", |t| t.parse().ok());
    Config {
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8600))),
        database: database(&store, folder),
        zone,
        language,
        channels: channel::read_all(root),
        push: push::read(&root.section("push"), folder),
        public_url: server.text("public_url", "an http:// or https:// address", public_url),
        evidence: evidence::read(&root.section("evidence"), &store, folder),
        drills: path(&root.section("drills"), "clips", folder, "drills"),
        grids: path(&root.section("grids"), "file", folder, "grids.geojson"),
        ingest: read_ingest(&root.section("ingest")),
        models: models::read(&root.section("models"), folder),
        cameras: camera::read_all(root, &Rules { fall, crowd }),
        fall,
    }
}

fn read_ingest(section: &Section<'_>) -> IngestSettings {
    let default = IngestSettings::default();
    let seconds = |key, range, default: Duration| {
        Duration::from_secs_f64(section.number(key, range, default.as_secs_f64()))
    };
    IngestSettings {
        ring_keep: signed_seconds(section, "ring_s", 2.0..=600.0, default.ring_keep),
        ring_keep_burst: signed_seconds(section, "ring_suspected_s", 20.0..=600.0, default.ring_keep_burst),
        ring_bytes_max: (section.whole("ring_mb", 1..=1024, (default.ring_bytes_max >> 20) as i64) as usize)
            << 20,
        rings_bytes_max: (section.whole("rings_mb", 16..=1_048_576, (default.rings_bytes_max >> 20) as i64)
            as usize)
            << 20,
        sampling: SamplePolicy {
            quiet_interval: seconds("look_s", 0.1..=60.0, default.sampling.quiet_interval),
            active_interval: seconds("look_active_s", 0.1..=60.0, default.sampling.active_interval),
            floor_interval: seconds("look_floor_s", 1.0..=60.0, default.sampling.floor_interval),
            burst_interval: seconds("look_suspected_s", 0.1..=2.0, default.sampling.burst_interval),
        },
        limits: SessionLimits {
            step: seconds("connect_timeout_s", 0.5..=60.0, default.limits.step),
            silence: seconds("silence_timeout_s", 0.5..=60.0, default.limits.silence),
        },
        backoff_longest: seconds("retry_max_s", 1.0..=600.0, default.backoff_longest),
        connects_max: section.whole("connecting_max", 1..=1000, default.connects_max as i64) as usize,
        connects_host_max: section.whole("connecting_host_max", 1..=1000, default.connects_host_max as i64)
            as usize,
        decoders: DecodePoolSettings {
            cores: section.number("decoder_cores", 0.1..=64.0, default.decoders.cores),
            bursts_max: section.whole("decoder_bursts", 1..=1000, default.decoders.bursts_max as i64)
                as usize,
        },
    }
}

fn database(store: &Section<'_>, folder: &Path) -> Database {
    let given =
        store.text("database", "a path, or postgres://user:password@host/name", |text| text.parse().ok());
    match given {
        Some(Database::Sqlite(path)) => Database::Sqlite(folder.join(path)),
        Some(server) => server,
        None => Database::Sqlite(folder.join("gridwatch-data/gridwatch.db")),
    }
}

/// An address below which everything is: it ends in a slash, so that a path can be joined to it.
fn public_url(text: &str) -> Option<Url> {
    let url = Url::parse(&format!("{}/", text.trim_end_matches('/'))).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain).then_some(url)
}

fn read_place(place: &Section<'_>) -> (Zone, Language) {
    let zone = place.text("time_zone", "a time zone such as \"Asia/Shanghai\"", |name| Zone::new(name).ok());
    let language = place.text("language", "\"zh-CN\" or \"en\"", |name| match name {
        "zh-CN" => Some(Language::Chinese),
        "en" => Some(Language::English),
        _ => None,
    });
    (zone.unwrap_or_default(), language.unwrap_or_default())
}

fn path(section: &Section<'_>, key: &'static str, folder: &Path, default: &str) -> PathBuf {
    let given = section.text(key, "a path", |text| (!text.is_empty()).then(|| text.to_owned()));
    folder.join(given.as_deref().unwrap_or(default))
}

fn signed_seconds(
    section: &Section<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<f64>,
    default: SignedDuration,
) -> SignedDuration {
    SignedDuration::from_secs_f64(section.number(key, range, default.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> String {
        Config::parse(text, Path::new("/etc/gridwatch")).unwrap().digest().to_string()
    }

    const CAMERA: &str =
        "[[camera]]\nid = \"a\"\nname = \"a\"\nurl = \"rtsp://10.0.0.1/1\"\nuser = \"viewer\"\n";

    #[test]
    fn the_digest_is_of_what_is_set_and_of_no_secret() {
        let default = digest("");
        assert_eq!(digest("# a remark\n[fall]\nalert_after_s = 10.0\n"), default, "the default, written out");
        assert_ne!(digest("[fall]\nalert_after_s = 11.0\n"), default);
        let camera = |password: &str| digest(&format!("{CAMERA}password = \"{password}\"\n"));
        assert_eq!(camera("s3cret"), camera("other"));
        assert_ne!(camera("s3cret"), default);
        let server =
            |password: &str| digest(&format!("[store]\ndatabase = \"postgres://u:{password}@db/name\"\n"));
        assert_eq!(server("s3cret"), server("other"));
        let webhook = |letter: &str| {
            digest(&format!(
                "[[channel]]\nname = \"town\"\nreaches = \"systems\"\n[channel.webhook]\n\
                 url = \"https://hook.example/{}\"\nsecret = \"{}\"\n",
                letter.repeat(16),
                letter.repeat(32)
            ))
        };
        assert_eq!(webhook("A"), webhook("B"));
        assert_ne!(webhook("A"), default);
    }
}
