//! The `[[camera]]` blocks: what people know a camera by, where its stream is, and what it watches.

use std::sync::Arc;

use gridwatch_alerts::{CameraEntry, Position};
use gridwatch_inference::Scene;
use gridwatch_ingest::{Address, CameraId, Credentials, Transport};

use super::{
    reader::Section,
    scene::{self, Rules},
};

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
    /// What is known of the place it watches.
    pub scene: Arc<Scene>,
}

/// All `[[camera]]` blocks; `rules` are those of the ones that say nothing else.
pub(super) fn read_all(root: &Section<'_>, rules: &Rules) -> Vec<CameraConfig> {
    let mut cameras: Vec<CameraConfig> = Vec::new();
    for section in root.sections("camera") {
        let Some(camera) = read_camera(&section, rules) else { continue };
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

fn read_camera(section: &Section<'_>, rules: &Rules) -> Option<CameraConfig> {
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
    let scene = Arc::new(scene::read(section, rules));
    let credentials = user.map(|user| Credentials { user, password: password.unwrap_or_default() });
    let with_credentials = |address: Address| match &credentials {
        Some(credentials) => address.with_credentials(credentials.clone()),
        None => address,
    };
    let (address, main) = (with_credentials(address?), main.map(with_credentials));
    let position = longitude.zip(latitude).map(|(lon, lat)| Position { lon, lat });
    let entry = CameraEntry { id: id?, name: name?, short_name, code, position, grid };
    Some(CameraConfig { entry, address, transport, main, enabled, scene })
}
