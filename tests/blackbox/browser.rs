//! The wall in a real browser: Playwright drives Debian's Chromium against the running program.

use std::process::{Command, Stdio};

use gridwatch_tests::{
    data, root,
    server::Setup,
    street::{CAMERAS, Street, TestCamera, alerts_with_evidence, falling},
    whole_machine,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_shows_both_alerts() {
    let Some(data) = data::or_skip("the_wall_shows_both_alerts") else { return };
    let _turn = whole_machine().await;
    let street = Street::start(&data);
    let server = Setup::new(&street.config(&data, "evidence")).start();
    assert_eq!(alerts_with_evidence(&server).await.len(), falling().count());

    let expected = json!({
        "alerts": falling().map(TestCamera::expectation).collect::<Vec<_>>(),
        "cameras": CAMERAS.len(),
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
