//! The wall in a real browser: Playwright drives Debian's Chromium against the running program.

use std::process::{Command, Stdio};

use gridwatch_tests::{
    data, root,
    server::Setup,
    street::{CAMERAS, Street, TestCamera, alerts_with_evidence, falling},
    whole_machine,
};
use serde_json::json;

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

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_shows_both_alerts() {
    let Some(data) = data::or_skip("the_wall_shows_both_alerts") else { return };
    let _turn = whole_machine().await;
    let street = Street::start(&data);
    let server = Setup::new(&format!("{}{}", street.config(&data, "evidence"), lost_cameras())).start();
    assert_eq!(alerts_with_evidence(&server).await.len(), falling().count());

    let expected = json!({
        "alerts": falling().map(TestCamera::expectation).collect::<Vec<_>>(),
        "cameras": CAMERAS.len() + LOST_CAMERAS + 1,
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
