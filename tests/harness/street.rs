//! The test street: eight cameras of which two see a fall.

use std::{path::Path, sync::Arc, time::Duration};

use camera_farm::{Clip, Encoding, Farm, RunningFarm};
use serde_json::{Value, json};

use crate::{
    clip_cache, eventually,
    server::{Server, config},
};

/// A camera of the test street.
pub struct TestCamera {
    /// Its id.
    pub id: &'static str,
    /// Its full name.
    pub name: &'static str,
    /// Its short name.
    pub short_name: &'static str,
    /// How its grid is found: a line of configuration.
    place: &'static str,
    /// The names of the grids that answer, street first.
    pub grid_path: &'static [&'static str],
    clip: &'static str,
    /// When the fallen state starts, in seconds of the clip, if somebody falls.
    fall_s: Option<f64>,
    lead_in_s: f64,
}

const STREET: &str = "试验街道";
const WEST: &str = "西社区";
const EAST: &str = "东社区";

const fn camera(
    id: &'static str,
    (name, short_name): (&'static str, &'static str),
    place: &'static str,
    grid_path: &'static [&'static str],
    clip: &'static str,
) -> TestCamera {
    TestCamera { id, name, short_name, place, grid_path, clip, fall_s: None, lead_in_s: 0.0 }
}

/// The cameras, in the order of the configuration. The grids are those of `tests/fixtures/grids.geojson`.
pub const CAMERAS: [TestCamera; 8] = [
    camera(
        "cam-01",
        ("西社区第一网格北口", "北口"),
        "longitude = 117.7025\nlatitude = 34.5575",
        &[STREET, WEST, "西社区第1网格"],
        "S1_ADL_10",
    ),
    TestCamera {
        fall_s: Some(3.0),
        lead_in_s: 8.0,
        // Inside the micro grid, so the deepest grid that holds the position answers.
        ..camera(
            "cam-02",
            ("西社区第一网格活动室", "活动室"),
            "longitude = 117.7012\nlatitude = 34.5512",
            &[STREET, WEST, "西社区第1网格", "活动室微网格"],
            "S1_Fall_15",
        )
    },
    camera(
        "cam-03",
        ("西社区第二网格长廊", "长廊"),
        "longitude = 117.7075\nlatitude = 34.5525",
        &[STREET, WEST, "西社区第2网格"],
        "S3_ADL_07",
    ),
    camera(
        "cam-04",
        ("西社区第二网格东门", "二网格东门"),
        "grid = \"370405900001002\"",
        &[STREET, WEST, "西社区第2网格"],
        "S3_ADL_19",
    ),
    TestCamera {
        fall_s: Some(3.2),
        lead_in_s: 10.0,
        // The position lies in the west; the code says that the east answers.
        ..camera(
            "cam-05",
            ("东社区第一网格菜场", "菜场"),
            "longitude = 117.7025\nlatitude = 34.5575\ngrid = \"370405900002001\"",
            &[STREET, EAST, "东社区第1网格"],
            "S3_Fall_16",
        )
    },
    camera(
        "cam-06",
        ("东社区第一网格桥头", "桥头"),
        "longitude = 117.7125\nlatitude = 34.5525",
        &[STREET, EAST, "东社区第1网格"],
        "S2_ADL_23",
    ),
    camera(
        "cam-07",
        ("东社区第二网格广场", "广场"),
        "longitude = 117.7175\nlatitude = 34.5575",
        &[STREET, EAST, "东社区第2网格"],
        "S3_ADL_15",
    ),
    camera("cam-08", ("东社区外河堤", "河堤"), "longitude = 117.9\nlatitude = 34.6", &[], "S1_ADL_10"),
];

/// The test street with its simulated cameras playing.
pub struct Street {
    farm: RunningFarm,
}

impl Street {
    /// Prepares the clips from `data` and starts the cameras. The falls begin when somebody first plays them.
    pub fn start(data: &Path) -> Self {
        let cache = clip_cache();
        let clips = CAMERAS.iter().map(|camera| {
            let file = data.join(format!("clips/gmdcsa24/{}.mp4", camera.clip));
            let encoding = Encoding { lead_in_s: camera.lead_in_s, ..Encoding::default() };
            Arc::new(
                Clip::from_video_cached(camera.id, &file, &encoding, &cache).expect("the clip is prepared"),
            )
        });
        let farm = clips.fold(Farm::builder(), |farm, clip| farm.clip(clip)).cameras(CAMERAS.len());
        Self { farm: farm.start(([127, 0, 0, 1], 0).into()).expect("the farm starts") }
    }

    /// A configuration with these cameras and the models of `data`. `evidence` is where evidence goes.
    pub fn config(&self, data: &Path, evidence: &str) -> String {
        let models = data.join("models");
        let cameras: String = CAMERAS
            .iter()
            .map(|camera| {
                format!(
                    "[[camera]]\nid = \"{}\"\nname = \"{}\"\nshort_name = \"{}\"\n{}\nurl = \"{}\"\n",
                    camera.id,
                    camera.name,
                    camera.short_name,
                    camera.place,
                    self.farm.url(&camera.path())
                )
            })
            .collect();
        let model = |name: &str| models.join(name).display().to_string();
        let (person, fallen) =
            (model("yolox_nano_person_384x640.onnx"), model("yolox_nano_person_rot3_640.onnx"));
        format!("{}{cameras}", config(&person, &fallen, evidence))
    }

    /// How long ago the fallen state of this camera's clip began.
    pub fn fallen_for(&self, camera: &TestCamera) -> Duration {
        let played = self.farm.once_elapsed(&camera.path()).expect("somebody plays it");
        played.saturating_sub(Duration::from_secs_f64(camera.lead_in_s + camera.fall_s.expect("a fall")))
    }
}

impl TestCamera {
    /// Whether somebody falls before it.
    pub fn falls(&self) -> bool {
        self.fall_s.is_some()
    }

    fn path(&self) -> String {
        let number = self.id.trim_start_matches("cam-");
        let once = if self.falls() { "?once" } else { "" };
        format!("/clip/{}/{number}{once}", self.id)
    }

    /// The camera as the browser test is told of it.
    pub fn expectation(&self) -> Value {
        json!({
            "camera": self.name,
            "short_name": self.short_name,
            "grid_path": self.grid_path,
            "what": "有人倒地|倒地未起",
        })
    }
}

/// The cameras that see a fall.
pub fn falling() -> impl Iterator<Item = &'static TestCamera> {
    CAMERAS.iter().filter(|camera| camera.falls())
}

/// Waits until there is an alert for each fall, or more, and all have their picture and clip.
pub async fn alerts_with_evidence(server: &Server) -> Vec<Value> {
    eventually("an alert with picture and clip for each fall", async || {
        let alerts = server.alerts().await;
        let ready =
            |alert: &Value| alert["snapshot"]["state"] == "ready" && alert["clip"]["state"] == "ready";
        (alerts.len() >= falling().count() && alerts.iter().all(ready)).then_some(alerts)
    })
    .await
}
