//! The wall in a real browser: Playwright drives Debian's Chromium against the running program.

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use camera_farm::{Clip, Encoding, Farm};
use gridwatch_tests::{
    clip_cache, data, eventually, root,
    server::{Server, Setup},
    street::{CAMERAS, Street, TestCamera, alerts_with_evidence, falling},
    whole_machine,
};
use serde_json::{Value, json};

/// A host at which nobody listens, so that all its cameras are away together.
const LOST_HOST: &str = "127.0.9.7";
const LOST_CAMERAS: usize = 4;
/// A camera that is away by itself.
const REFUSED: &str = "断线的一路";

fn lost_name(n: usize) -> String {
    format!("通道{n}号")
}

/// Cameras for which nobody answers.
fn lost_cameras() -> String {
    let camera = |id: &str, name: &str, host: &str| {
        format!(
            "[[camera]]\nid = \"{id}\"\nname = \"{name}\"\nshort_name = \"{name}\"\nurl = \"rtsp://{host}:1/a\"\n"
        )
    };
    let of_host = (1..=LOST_CAMERAS).map(|n| camera(&format!("lost-{n}"), &lost_name(n), LOST_HOST));
    of_host.chain([camera("refused", REFUSED, "127.0.0.1")]).collect()
}

/// A camera in whose zone a few people sit, which is a gathering there.
const ROOM: &str = "西社区会议室";
const ROOM_SHORT: &str = "会议室";
const ROOM_ZONE: &str = "座位区";

fn room_camera(url: &str) -> String {
    format!(
        "[[camera]]\nid = \"room\"\nname = \"{ROOM}\"\nshort_name = \"{ROOM_SHORT}\"\n\
         grid = \"370405900001002\"\nurl = \"{url}\"\n\
         [[camera.crowd_zone]]\nname = \"{ROOM_ZONE}\"\ncorners = [[0, 0], [1, 0], [1, 1], [0, 1]]\n\
         gathering = 2\ngathering_after_s = 3\n"
    )
}

/// Waits until there is an alert for each fall and one for the gathering, all with picture and clip.
async fn all_alerts_with_evidence(server: &Server) -> Vec<Value> {
    eventually("a gathering beside the falls", async || {
        let alerts = alerts_with_evidence(server).await;
        let is_crowd = |alert: &&Value| alert["kind"] == "crowd";
        let falls = alerts.len() - alerts.iter().filter(is_crowd).count();
        (falls >= falling().count() && falls < alerts.len()).then_some(alerts)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_shows_all_alerts() {
    let Some(data) = data::or_skip("the_wall_shows_all_alerts") else { return };
    let _turn = whole_machine().await;
    let street = Street::start(&data);
    let file = data.join("clips/intel/classroom.mp4");
    let clip = Clip::from_video_cached("room", &file, &Encoding::default(), &clip_cache());
    let room = Farm::builder().clip(Arc::new(clip.expect("the clip is prepared"))).cameras(1);
    let room = room.start(([127, 0, 0, 1], 0).into()).expect("the farm starts");
    let cameras = format!("{}{}", room_camera(&room.url("/clip/room/1")), lost_cameras());
    let server = Setup::new(&format!("{}{cameras}", street.config(&data, "evidence"))).start();
    assert_eq!(all_alerts_with_evidence(&server).await.len(), falling().count() + 1);

    let gathering = json!({
        "camera": ROOM,
        "short_name": ROOM_SHORT,
        "grid_path": ["试验街道", "西社区", "西社区第2网格"],
        "what": "人员聚集",
    });
    let expected = json!({
        "alerts": falling().map(TestCamera::expectation).chain([gathering]).collect::<Vec<_>>(),
        "gathering": { "short_name": ROOM_SHORT, "zone": ROOM_ZONE },
        "cameras": CAMERAS.len() + LOST_CAMERAS + 2,
        "refused": { "short_name": REFUSED },
        "outage": {
            "host": LOST_HOST,
            "short_names": (1..=LOST_CAMERAS).map(lost_name).collect::<Vec<_>>(),
        },
    });
    let browser = tokio::task::spawn_blocking(move || {
        Command::new("npm")
            .args(["run", "--silent", "e2e"])
            .current_dir(root().join("console-web/ui"))
            .env("GRIDWATCH_URL", server.url(""))
            .env("GRIDWATCH_EXPECT", expected.to_string())
            .env("GRIDWATCH_ARTIFACTS", root().join("tests/artifacts"))
            .stdin(Stdio::null())
            .output()
            .expect("npm runs")
    });
    let browser = browser.await.expect("the browser tests end");
    // What the browser tests say is counted by whoever reads the log of this test.
    println!("{}{}", String::from_utf8_lossy(&browser.stdout), String::from_utf8_lossy(&browser.stderr));
    assert!(browser.status.success(), "the browser tests failed");
}
