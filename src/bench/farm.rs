//! The simulated cameras of a measurement.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    process::Command,
    sync::Arc,
};

use camera_farm::{Clip, Encoding, Farm, FarmBuilder, Pattern};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::{
    helper::{Helper, answer_lines, this_program},
    street::Street,
};
use crate::bench::args::{BenchFarmArgs, BenchPicture, BenchStreetArgs};

/// Length of the clip that all cameras loop.
const CLIP_S: u32 = 20;

/// Asks for how long a camera's clip has run.
const ELAPSED: &str = "elapsed";
/// The answer to a control line that was understood.
const DONE: &str = "done";

/// Cameras that play in a process of their own.
pub struct Cameras {
    helper: Helper,
    address: SocketAddr,
}

/// What the cameras have done so far, as far as it matters here.
#[derive(Debug, Deserialize)]
pub struct FarmStats {
    /// Pictures left out because a client did not take them in time, or this machine did not send them in time.
    pub late: u64,
    /// Connections that are open now.
    pub open: u64,
    /// The most that were being set up at one host at one time.
    pub handshakes_max: u64,
}

impl Cameras {
    /// Starts `cameras` cameras that play `picture`. Blocks until they listen; the first time a clip is made.
    ///
    /// # Errors
    /// When ffmpeg is missing, or the process does not start.
    pub fn start(cameras: u32, picture: &BenchPicture) -> anyhow::Result<Self> {
        let mut command = this_program()?;
        command.args(["bench", "farm", "--cameras", &cameras.to_string()]).args(picture.as_args());
        Self::start_by(command)
    }

    /// Starts the cameras of a street. Blocks until they listen; the first time their clips are prepared.
    ///
    /// # Errors
    /// When ffmpeg or a clip is missing, or the process does not start.
    pub fn start_street(args: &BenchStreetArgs) -> anyhow::Result<Self> {
        let mut command = this_program()?;
        command.args(["bench", "street"]).args(args.as_args());
        Self::start_by(command)
    }

    fn start_by(command: Command) -> anyhow::Result<Self> {
        let (helper, address) = Helper::start("the simulated cameras", command)?;
        Ok(Self { helper, address: address.parse()? })
    }

    /// The process that plays them.
    pub fn pid(&self) -> u32 {
        self.helper.pid()
    }

    /// The address of the camera with this path.
    pub fn url_of(&self, path: &str) -> String {
        format!("rtsp://{}:{}{path}", Ipv4Addr::LOCALHOST, self.address.port())
    }

    /// For how many seconds the clip of a camera that plays it once has run; none if nobody has played it.
    ///
    /// # Errors
    /// When their process has ended.
    pub fn once_elapsed_s(&mut self, path: &str) -> anyhow::Result<Option<f64>> {
        Ok(self.helper.ask(&format!("{ELAPSED} {path}"))?.parse().ok())
    }

    /// The address of camera `n`, counted from 1.
    pub fn url(&self, n: u32) -> String {
        self.url_at_host(n, 0)
    }

    /// The same camera as one of the host with this number.
    pub fn url_at_host(&self, n: u32, host: u32) -> String {
        let host = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + host);
        format!("rtsp://{host}:{}/cam/{n:04}", self.address.port())
    }

    /// What they have done so far.
    ///
    /// # Errors
    /// When their process has ended.
    pub fn stats(&mut self) -> anyhow::Result<FarmStats> {
        Ok(serde_json::from_str(&self.helper.ask("stats")?)?)
    }

    /// Does what one of the farm's control lines says, such as `kick *`.
    ///
    /// # Errors
    /// When their process has ended, or it is no such line.
    pub fn command(&mut self, line: &str) -> anyhow::Result<()> {
        let answer = self.helper.ask(line)?;
        anyhow::ensure!(answer == DONE, "the simulated cameras: {answer}");
        Ok(())
    }
}

/// Plays cameras until standard input closes. The first line on standard output is the address; every line that is
/// read is answered: `stats` by the counters, `elapsed PATH` by the seconds that a clip has run, a control line of the farm by
/// what became of it.
///
/// # Errors
/// When the clip cannot be made or no port be opened.
pub fn serve(args: &BenchFarmArgs) -> anyhow::Result<()> {
    let clip = prepare_clip(&args.picture)?;
    serve_clips(vec![clip], args.cameras)
}

/// Plays the cameras of a street in the same way.
///
/// # Errors
/// When a clip cannot be prepared or no port be opened.
pub fn serve_street(args: &BenchStreetArgs) -> anyhow::Result<()> {
    serve_clips(Street::new(args)?.prepare(args)?, args.cameras as usize)
}

fn serve_clips(clips: Vec<Clip>, cameras: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Every loopback address is a host of its own to those who count connections for each.
        let any_port = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let farm = clips.into_iter().fold(Farm::builder(), FarmBuilder::clip);
        let farm = farm.cameras(cameras).start(any_port)?;
        writeln!(std::io::stdout(), "{}", farm.addr())?;
        let farm = Arc::new(farm);
        let (closed, close) = oneshot::channel();
        let asked = farm.clone();
        // Standard input is read by a thread of its own: this one plays the cameras.
        std::thread::spawn(move || {
            let answered = answer_lines(|line| match line {
                "stats" => asked.stats().to_json(),
                line => match line.strip_prefix(ELAPSED) {
                    Some(path) => match asked.once_elapsed(path.trim()) {
                        Some(elapsed) => elapsed.as_secs_f64().to_string(),
                        None => "nobody has played it".to_owned(),
                    },
                    None => match asked.command(line) {
                        Ok(()) => DONE.to_owned(),
                        Err(error) => error.to_string(),
                    },
                },
            });
            // Whether it closed or nobody listens any more: it is over.
            let _ = closed.send(answered);
        });
        close.await??;
        Ok(())
    })
}

fn prepare_clip(picture: &BenchPicture) -> anyhow::Result<Clip> {
    let BenchPicture { width, height, fps, gop, kbit, cache } = picture;
    let encoding = Encoding {
        width: *width,
        height: Some(*height),
        fps: *fps,
        gop_s: *gop,
        kbit_s: *kbit,
        ..Encoding::default()
    };
    let pattern =
        Pattern { width: *width, height: *height, fps: *fps, seconds: CLIP_S, ..Pattern::default() };
    Ok(Clip::of_pattern("bench", &pattern, &encoding, cache)?)
}
