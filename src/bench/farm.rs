//! The simulated cameras of a measurement.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::{Context, bail};
use camera_farm::{Clip, Encoding, Farm};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::helper::{Helper, answer_lines, this_program};
use crate::cli::{BenchFarmArgs, BenchPicture};

/// Length of the clip that all cameras loop.
const CLIP_S: u32 = 20;

/// Cameras that play in a process of their own.
pub struct Cameras {
    helper: Helper,
    address: String,
}

/// What the cameras have done so far, as far as it matters here.
#[derive(Debug, Deserialize)]
pub struct FarmStats {
    /// Pictures left out because a client did not take them in time, or this machine did not send them in time.
    pub late: u64,
}

impl Cameras {
    /// Starts `cameras` cameras that play `picture`. Blocks until they listen; the first time a clip is made.
    ///
    /// # Errors
    /// When ffmpeg is missing, or the process does not start.
    pub fn start(cameras: u32, picture: &BenchPicture) -> anyhow::Result<Self> {
        let mut command = this_program()?;
        command.args(["bench", "farm", "--cameras", &cameras.to_string()]).args(picture.as_args());
        let (helper, address) = Helper::start("the simulated cameras", command)?;
        Ok(Self { helper, address })
    }

    /// The address of camera `n`, counted from 1.
    pub fn url(&self, n: u32) -> String {
        format!("rtsp://{}/cam/{n:04}", self.address)
    }

    /// What they have done so far.
    ///
    /// # Errors
    /// When their process has ended.
    pub fn stats(&mut self) -> anyhow::Result<FarmStats> {
        Ok(serde_json::from_str(&self.helper.ask()?)?)
    }
}

/// Plays cameras until standard input closes. The first line on standard output is the address; every line that is
/// read is answered by the counters.
///
/// # Errors
/// When the clip cannot be made or no port be opened.
pub fn serve(args: &BenchFarmArgs) -> anyhow::Result<()> {
    let clip = prepare_clip(&args.picture)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let farm = Farm::builder().clip(clip).cameras(args.cameras).start(any_port)?;
        writeln!(std::io::stdout(), "{}", farm.addr())?;
        let farm = Arc::new(farm);
        let (closed, close) = oneshot::channel();
        let asked = farm.clone();
        // Standard input is read by a thread of its own: this one plays the cameras.
        std::thread::spawn(move || {
            let answered = answer_lines(|| asked.stats().to_json());
            // Whether it closed or nobody listens any more: it is over.
            let _ = closed.send(answered);
        });
        close.await??;
        Ok(())
    })
}

fn prepare_clip(picture: &BenchPicture) -> anyhow::Result<Clip> {
    let BenchPicture { width, height, fps, gop, kbit, cache } = picture;
    std::fs::create_dir_all(cache)
        .with_context(|| format!("cannot make the cache folder {}", cache.display()))?;
    let encoding = Encoding {
        width: *width,
        height: Some(*height),
        fps: *fps,
        gop_s: *gop,
        kbit_s: *kbit,
        ..Encoding::default()
    };
    Ok(Clip::from_video_cached("bench", &test_picture(picture, cache)?, &encoding, cache)?)
}

/// A file with a moving pattern of that size and rate, made unless it is there.
fn test_picture(picture: &BenchPicture, cache: &Path) -> anyhow::Result<PathBuf> {
    let BenchPicture { width, height, fps, .. } = picture;
    let file = cache.join(format!("test-picture-{width}x{height}-{fps}.mp4"));
    if file.is_file() {
        return Ok(file);
    }
    let part = cache.join(format!("{}.part.mp4", std::process::id()));
    let pattern = format!("testsrc2=size={width}x{height}:rate={fps}:duration={CLIP_S}");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &pattern])
        .args(["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"])
        .arg(&part)
        .status();
    match made {
        Ok(status) if status.success() => std::fs::rename(&part, &file)?,
        Ok(status) => bail!("ffmpeg could not make the test picture ({status})"),
        Err(error) => bail!("ffmpeg is needed to simulate cameras and does not start: {error}"),
    }
    Ok(file)
}
