//! What the usual ways of holding camera streams cost.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio::time::Instant;

use super::{
    farm::Cameras,
    helper::{Helper, Running, this_program},
    usage::cpu_s,
};

/// Cameras that the usual ways hold; with many more there would be no core left to measure on.
pub const STREAMS: u32 = 20;
/// From the start until it runs evenly.
const SETTLE: Duration = Duration::from_secs(5);

/// What was measured.
pub struct Cost {
    /// Streams that were held.
    pub streams: u32,
    /// CPU seconds a second.
    pub cores: f64,
}

/// One ffmpeg a camera, which decodes key pictures only and gives one picture a second.
///
/// # Errors
/// When ffmpeg does not start, or one ends before the time is up.
pub fn ffmpeg(cameras: &Cameras, window: Duration) -> anyhow::Result<Cost> {
    let mut children = Vec::new();
    for n in 1..=STREAMS {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-skip_frame", "nokey", "-i"]);
        command.arg(cameras.url(n)).args(["-vf", "fps=1", "-f", "null", "-"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        children.push(Running(child.context("ffmpeg does not start")?));
    }
    let pids: Vec<u32> = children.iter().map(|child| child.0.id()).collect();
    let cores = cores(&pids, window)?;
    for child in &mut children {
        let ended = child.0.try_wait()?;
        ensure!(ended.is_none(), "an ffmpeg of the baseline has ended before the time was up");
    }
    Ok(Cost { streams: STREAMS, cores })
}

/// One GStreamer pipeline a camera in one process, which decodes everything.
///
/// # Errors
/// When the process does not start, or not all of its streams give pictures.
pub fn rtspsrc(cameras: &Cameras, window: Duration) -> anyhow::Result<Cost> {
    let mut command = this_program()?;
    command.args(["bench", "rtspsrc"]).args((1..=STREAMS).map(|n| cameras.url(n)));
    let (mut helper, _) = Helper::start("the rtspsrc baseline", command)?;
    let cores = cores(&[helper.pid()], window)?;
    helper.ask("live?")?; // takes what has come so far
    sleep(Duration::from_secs(1));
    let live: u32 = helper.ask("live?")?.parse()?;
    ensure!(live == STREAMS, "{live} of {STREAMS} streams of the rtspsrc baseline give pictures");
    Ok(Cost { streams: STREAMS, cores })
}

/// CPU seconds a second that these processes use together.
fn cores(pids: &[u32], window: Duration) -> anyhow::Result<f64> {
    let used = || pids.iter().map(|pid| cpu_s(*pid)).sum::<anyhow::Result<f64>>();
    sleep(SETTLE);
    let (began, before) = (Instant::now(), used()?);
    sleep(window);
    Ok((used()? - before) / began.elapsed().as_secs_f64())
}
