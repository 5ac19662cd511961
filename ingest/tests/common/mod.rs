//! Videos made by ffmpeg, for tests that need the real thing.

#![allow(dead_code, reason = "not every test needs all of it")]

use std::{
    io::{ErrorKind, Write, stderr},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// How often something is looked at that nobody tells of.
const LOOK: Duration = Duration::from_millis(20);

/// H.264 with a key picture every ten, without and with B-pictures; H.265 likewise.
pub const H264: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 10 -bf 0";
pub const H264_B: &str =
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 10 -bf 3 -x264-params b-adapt=0:b-pyramid=none";
pub const H265: &str =
    "-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=error:keyint=10:bframes=0";
/// With open groups of pictures, as the encoder makes them unless told otherwise.
pub const H265_B: &str = "-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=error:keyint=10:bframes=3:b-adapt=0";

/// Whether ffmpeg is there; says that the running test is skipped where it is not.
pub fn has_ffmpeg() -> bool {
    match Command::new("ffmpeg").arg("-version").output() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            // Not `println`, which nobody sees of a test that passes.
            let _ = writeln!(stderr(), "skipped: {test}: needs ffmpeg");
            false
        }
        Err(error) => panic!("ffmpeg does not start: {error}"),
    }
}

/// Makes the file `folder/name` of the lavfi source `source`, with these output options.
pub fn encode(folder: &Path, name: &str, source: &str, options: &str) -> PathBuf {
    let file = folder.join(name);
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y", "-threads", "1", "-f", "lavfi", "-i", source]);
    command.args(options.split_whitespace()).arg(&file);
    assert!(command.status().unwrap().success(), "{command:?}");
    file
}

/// What `tool` (ffmpeg, ffprobe) says: standard output, and what it complains about.
pub fn says(tool: &str, arguments: &str, file: &Path) -> (String, String) {
    let mut command = Command::new(tool);
    command.args(["-v", "error"]);
    // The file stands where the arguments say `FILE`.
    for argument in arguments.split_whitespace() {
        if argument == "FILE" {
            command.arg(file)
        } else {
            command.arg(argument)
        };
    }
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    (text(output.stdout), text(output.stderr))
}

/// The mean of each of B, G and R.
pub fn colour(bgr: &[u8]) -> [u8; 3] {
    let mean = |channel: usize| {
        let values = bgr.iter().skip(channel).step_by(3).map(|v| u64::from(*v));
        (values.sum::<u64>() / (bgr.len() as u64 / 3).max(1)) as u8
    };
    [mean(0), mean(1), mean(2)]
}

/// Waits until something is so that nobody tells of; `what` says what was waited for in vain.
pub async fn until(patience: Duration, what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(patience, wait).await.unwrap_or_else(|_| panic!("{what}"));
}

/// Whether a mean colour is about this one.
pub fn is_about(found: [u8; 3], wanted: [u8; 3]) -> bool {
    found.iter().zip(wanted).all(|(f, w)| f.abs_diff(w) <= 24)
}
