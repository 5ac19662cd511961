//! A full disk stops evidence, says so loudly, and never stops alerts.

use std::{path::PathBuf, process::Command};

use gridwatch_tests::{data, eventually, server::Setup, socket::Socket, street::Street, whole_machine};

/// A file system of 16 KB, unmounted when it goes out of scope.
struct TinyDisk(PathBuf);

impl TinyDisk {
    /// Nothing where this may not be mounted.
    fn mount() -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("gridwatch-tiny-disk-{}", std::process::id()));
        std::fs::create_dir_all(&folder).ok()?;
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"]).arg(&folder).output();
        mounted.ok()?.status.success().then_some(Self(folder))
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        // Nothing more can be done about a mount that stays.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_for_evidence_stops_no_alert() {
    let Some(data) = data::or_skip("a_full_disk_for_evidence_stops_no_alert") else { return };
    let _turn = whole_machine().await;
    let Some(disk) = TinyDisk::mount() else {
        println!("skipped: a_full_disk_for_evidence_stops_no_alert: needs the right to mount a tmpfs");
        return;
    };
    let street = Street::start(&data);
    let server = Setup::new(&street.config(&data, &disk.0.display().to_string())).start();
    let mut socket = Socket::connect(&server, None).await;
    let opened = socket.alert("opened").await;
    let id = opened["alert"]["id"].clone();
    let failed = eventually("the evidence is marked as failed", async || {
        let alert = server.get(&format!("/api/alerts/{id}")).await;
        (alert["snapshot"]["state"] == "failed" && alert["clip"]["state"] == "failed").then_some(alert)
    })
    .await;
    assert_eq!(failed["snapshot"]["error"], "disk_full");
    assert_eq!(failed["clip"]["error"], "disk_full");
    assert_eq!(failed["state"], "pending");
    let health = server.get("/api/health").await;
    assert_eq!(health["status"], "degraded", "{health}");
    let codes: Vec<&str> = health["problems"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|problem| problem["code"].as_str())
        .collect();
    assert!(codes.contains(&"evidence_disk_full"), "{health}");
    // The next fall is told all the same.
    socket.alert("opened").await;
}
