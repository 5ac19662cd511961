//! The configuration file: from text to the settings of every part, or the list of all its mistakes.

mod reader;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use gridwatch_alerts::{CameraEntry, Position};
use gridwatch_inference::{FallSettings, ModelSpec, Role};
use gridwatch_ingest::{
    Address, CameraId, Credentials, DecodePoolSettings, IngestSettings, SamplePolicy, SessionLimits,
    Transport,
};
use jiff::SignedDuration;
pub use reader::Mistake;
use reader::{Reader, Section};

/// Everything that can be set.
#[derive(Debug)]
pub struct Config {
    /// Where the console listens.
    pub listen: SocketAddr,
    /// The database file.
    pub database: PathBuf,
    /// The folder for evidence.
    pub evidence: PathBuf,
    /// The grid tree.
    pub grids: PathBuf,
    /// Ingest.
    pub ingest: IngestSettings,
    /// The models.
    pub models: Models,
    /// The fall rule.
    pub fall: FallSettings,
    /// The cameras.
    pub cameras: Vec<CameraConfig>,
}

/// Which models look.
#[derive(Clone, Debug)]
pub struct Models {
    /// ONNX Runtime's library, if it is not to be looked for.
    pub runtime: Option<PathBuf>,
    /// Sees upright people.
    pub person: ModelSpec,
    /// Sees people in any orientation.
    pub fallen: ModelSpec,
}

/// One camera: what people know it by, and where its stream is.
#[derive(Clone, Debug)]
pub struct CameraConfig {
    /// How alerts know it.
    pub entry: CameraEntry,
    /// Where its stream is.
    pub address: Address,
    /// How its pictures travel.
    pub transport: Transport,
    /// Where its main stream is.
    pub main: Option<Address>,
    /// Whether it is pulled.
    pub enabled: bool,
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
}

fn read_root(root: &Section<'_>, folder: &Path) -> Config {
    let server = root.section("server");
    let store = root.section("store");
    let listen = server.text("listen", "an address and port such as \"127.0.0.1:8600\"", |t| t.parse().ok());
    Config {
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8600))),
        database: path(&store, "database", folder, "gridwatch-data/gridwatch.db"),
        evidence: path(&store, "evidence", folder, "gridwatch-data/evidence"),
        grids: path(&root.section("grids"), "file", folder, "demo/grids.geojson"),
        ingest: read_ingest(&root.section("ingest")),
        models: read_models(&root.section("models"), folder),
        fall: read_fall(&root.section("fall")),
        cameras: read_cameras(root),
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

fn read_models(section: &Section<'_>, folder: &Path) -> Models {
    let model = |name, file, role, score_min| {
        let section = section.section(name);
        ModelSpec {
            file: path(&section, "file", folder, file),
            role,
            score_min: section.number("score_min", 0.01..=1.0, score_min) as f32,
            iou_max: section.number("iou_max", 0.05..=1.0, 0.45) as f32,
            threads: section.whole("threads", 1..=64, 1) as usize,
        }
    };
    Models {
        runtime: section.text("runtime", "a path", |text| Some(folder.join(text))),
        person: model("person", "models/yolox_nano_person_384x640.onnx", Role::Person, 0.3),
        fallen: model("fallen", "models/yolox_nano_person_rot3_640.onnx", Role::Fallen, 0.2),
    }
}

fn read_fall(section: &Section<'_>) -> FallSettings {
    let default = FallSettings::default();
    let share = |key, default: f32| section.number(key, 0.0..=1.0, f64::from(default)) as f32;
    let settings = FallSettings {
        suspected_after: signed_seconds(section, "suspected_after_s", 0.0..=60.0, default.suspected_after),
        alert_after: signed_seconds(section, "alert_after_s", 2.0..=120.0, default.alert_after),
        long_lie_after: signed_seconds(section, "long_lie_after_s", 10.0..=3600.0, default.long_lie_after),
        share_min: share("share_min", default.share_min),
        upright_after: signed_seconds(section, "upright_after_s", 0.0..=120.0, default.upright_after),
        gone_after: signed_seconds(section, "gone_after_s", 1.0..=600.0, default.gone_after),
        floor: signed_seconds(section, "floor_s", 1.0..=60.0, default.floor),
        score_min_gated: share("score_min_gated", default.score_min_gated),
        score_min_ungated: share("score_min_ungated", default.score_min_ungated),
    };
    let steps = [
        ("suspected_after_s", settings.suspected_after),
        ("alert_after_s", settings.alert_after),
        ("long_lie_after_s", settings.long_lie_after),
    ];
    for [(earlier, before), (later, after)] in steps.array_windows() {
        if before >= after {
            let found = format!("{} s, with {earlier} at {} s", after.as_secs_f64(), before.as_secs_f64());
            section.contradiction([later, earlier], found, &format!("more than {earlier}"));
        }
    }
    settings
}

fn read_cameras(root: &Section<'_>) -> Vec<CameraConfig> {
    let mut cameras: Vec<CameraConfig> = Vec::new();
    for section in root.sections("camera") {
        let Some(camera) = read_camera(&section) else { continue };
        let id = &camera.entry.id;
        if cameras.iter().any(|other| other.entry.id == *id) {
            section.contradiction(
                ["id"],
                format!("\"{id}\" a second time"),
                "an id that no other camera has",
            );
        }
        cameras.push(camera);
    }
    cameras
}

const CAMERA_ID: &str = "1 to 64 ASCII letters, digits, '-', '_' or '.', the first a letter or digit";
const CAMERA_TRANSPORT: &str = "\"tcp\", \"udp\", \"multicast\", \"tls\" or \"http\"";
const CAMERA_URL: &str = "rtsp://host:port/path, with user and password in it or beside it";

fn read_camera(section: &Section<'_>) -> Option<CameraConfig> {
    let any_text = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    section.require("id", CAMERA_ID);
    section.require("name", "a name");
    section.require("url", CAMERA_URL);
    let id = section.text("id", CAMERA_ID, |text| CameraId::new(text).ok());
    let name = section.text("name", "a name", any_text);
    let short_name = section.text("short_name", "1 to 10 characters", |text| {
        any_text(text).filter(|name| name.chars().count() <= 10)
    });
    let code = section.text("code", "the 20 digits of GB/T 28181", |text| {
        (text.len() == 20 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
    });
    let longitude = section.number_if_given("longitude", -180.0..=180.0);
    let latitude = section.number_if_given("latitude", -90.0..=90.0);
    if longitude.is_some() != latitude.is_some() {
        section.contradiction(
            ["longitude", "latitude"],
            "only one of longitude and latitude".to_owned(),
            "both or neither",
        );
    }
    let grid = section.text("grid", "a grid's code", any_text);
    let enabled = section.flag("enabled", true);
    let transport = section.text("transport", CAMERA_TRANSPORT, Transport::from_name).unwrap_or_default();
    let address = section.secret("url", CAMERA_URL, |text| Address::parse(text).ok());
    let main = section.secret("main_url", CAMERA_URL, |text| Address::parse(text).ok());
    let user = section.text("user", "a user name", |text| Some(text.to_owned()));
    let password = section.secret("password", "a text", |text| Some(text.to_owned()));
    if password.is_some() && user.is_none() {
        section.contradiction(
            ["user", "password"],
            "a password without a user".to_owned(),
            "both or neither",
        );
    }
    let credentials = user.map(|user| Credentials { user, password: password.unwrap_or_default() });
    let with_credentials = |address: Address| match &credentials {
        Some(credentials) => address.with_credentials(credentials.clone()),
        None => address,
    };
    let (address, main) = (with_credentials(address?), main.map(with_credentials));
    let position = longitude.zip(latitude).map(|(lon, lat)| Position { lon, lat });
    let entry = CameraEntry { id: id?, name: name?, short_name, code, position, grid };
    Some(CameraConfig { entry, address, transport, main, enabled })
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
