//! RTSP test cameras from the command line.

use camera_farm::{Clip, ClipError, Codec, Encoding, Farm};
use clap::{Parser, ValueEnum};
use std::{
    error::Error,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    str::FromStr,
    time::Duration,
};

const AFTER_HELP: &str = "\
URLs:
  rtsp://HOST:PORT/cam/0001            cameras by number; the clips are dealt out in turn
  rtsp://HOST:PORT/clip/NAME/1         cameras by clip

After `?` in a URL, joined by `&`:
  once                 play the clip once, then hold its last picture
  auth=basic|digest    ask for the login
  drop=S  stall=S      close, or fall silent, S seconds after PLAY
  gone=S               from then on neither send, read nor close (half-open TCP)
  freeze=S             from then on send the same key picture again and again
  jump=S:SECONDS       let RTP timestamps jump by SECONDS, which may be negative
  ssrc=S               go on with another SSRC, sequence number and timestamp
  switch=S:CLIP        go on with another clip in the same session
  hang=METHOD          never answer options, describe, setup, play or teardown
  status=CODE          answer DESCRIBE with this status
  loss=PERCENT         leave out some RTP packets
  nosprop  wrongsprop  parameter sets in-band only, or those of another clip in the SDP
  noinband  noparams   no parameter sets in-band, or none at all
  novideo              offer sound alone
  junk                 RTP whose pictures cannot be decoded
  garbage              bytes that are no RTP and no RTSP
  clock=SECONDS        how far the clock of the RTCP sender reports is ahead
  sessions=N           answer 453 beyond N sessions of this camera
  linger=S             a session lost without TEARDOWN counts for S more seconds
  ban=N:S              after N wrong log-ins in a minute close without a word for S seconds

Lines on the control port:
  stats | down PATH | up PATH | stall PATH | unstall PATH | kick PATH | restart PATH |
  heal PATH | clip PATH CLIP
  PATH is a camera such as /cam/0001, or * for all that anyone has asked for so far.
  heal ends the faults of its URL; clip ends its sessions and plays another clip.";

/// RTSP test cameras: clips played over interleaved TCP, with faults on request.
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Cli {
    /// A clip; may be repeated. A raw .h264 or .h265 stream is played as it is, at FPS; any other
    /// video file is prepared by ffmpeg.
    #[arg(long = "clip", value_name = "NAME=FILE[:FPS]", required = true)]
    clips: Vec<ClipArg>,
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// RTSP port; 0 takes any free one. The first line printed says which.
    #[arg(long, value_name = "PORT", default_value_t = 8554)]
    port: u16,
    /// Port for control lines; off unless given.
    #[arg(long, value_name = "PORT")]
    control: Option<u16>,
    /// Cameras on each path, numbered from 1.
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    cameras: usize,
    /// User for ?auth=.
    #[arg(long, default_value = "admin")]
    user: String,
    /// Password for ?auth= (a test password: others on this machine can see it).
    #[arg(long, alias = "pass", default_value = "secret")]
    password: String,
    /// What all randomness comes from.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Stop after this many seconds; without it, run until interrupted.
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Worker threads.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Folder where prepared clips are kept for the next start.
    #[arg(long, value_name = "FOLDER", help_heading = "Preparing video files")]
    cache: Option<PathBuf>,
    /// How prepared clips are encoded.
    #[arg(long, value_enum, default_value_t = CodecArg::H264, help_heading = "Preparing video files")]
    codec: CodecArg,
    /// Pixels; the height follows the file's aspect.
    #[arg(long, value_name = "PIXELS", default_value_t = 640, help_heading = "Preparing video files")]
    width: u32,
    /// Pictures a second of prepared clips, and of raw ones without :FPS.
    #[arg(long, value_name = "RATE", default_value_t = 15, help_heading = "Preparing video files")]
    fps: u32,
    /// Seconds from key frame to key frame.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, help_heading = "Preparing video files")]
    gop: f64,
    /// Seconds for which the first picture stands still before the clip starts.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, help_heading = "Preparing video files")]
    lead_in: f64,
    /// B-pictures between two others.
    #[arg(long, value_name = "COUNT", default_value_t = 0, help_heading = "Preparing video files")]
    b_frames: usize,
}

#[derive(Clone)]
struct ClipArg {
    name: String,
    file: PathBuf,
    fps: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum CodecArg {
    H264,
    H265,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            // If not even this can be written, the status still says it.
            let _ = writeln!(io::stderr(), "camera-farm: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), Box<dyn Error>> {
    let mut builder =
        Farm::builder().cameras(cli.cameras).user(&cli.user).password(&cli.password).seed(cli.seed);
    for arg in &cli.clips {
        let clip = cli.load(arg)?;
        let (codec, kbit_s) = (clip.codec(), clip.bitrate() / 1000);
        writeln!(
            io::stderr(),
            "clip {}: {codec:?}, {} pictures, {} a second, {kbit_s} kbit/s",
            clip.name(),
            clip.len(),
            clip.fps()
        )?;
        builder = builder.clip(clip);
    }
    let mut runtime = match cli.threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    runtime.worker_threads(usize::from(cli.threads)).enable_all().build()?.block_on(async {
        let mut farm = builder.start(SocketAddr::new(cli.listen, cli.port))?;
        writeln!(io::stdout(), "rtsp://{}", farm.addr())?;
        if let Some(port) = cli.control {
            let addr = farm.listen_for_commands(SocketAddr::new(cli.listen, port))?;
            writeln!(io::stdout(), "control {addr}")?;
        }
        let interrupted = tokio::signal::ctrl_c();
        match cli.seconds {
            // The time being up and being interrupted end it alike.
            Some(seconds) => drop(tokio::time::timeout(Duration::from_secs(seconds), interrupted).await),
            None => interrupted.await?,
        }
        writeln!(io::stderr(), "{}", farm.stats().to_json())?;
        Ok(())
    })
}

// === impl Cli ===

impl Cli {
    fn load(&self, arg: &ClipArg) -> Result<Clip, ClipError> {
        if arg.is_raw() {
            return Clip::load(&arg.name, &arg.file, arg.fps.unwrap_or(self.fps));
        }
        let encoding = Encoding {
            width: self.width,
            fps: arg.fps.unwrap_or(self.fps),
            gop_s: self.gop,
            lead_in_s: self.lead_in,
            b_frames: self.b_frames,
            codec: match self.codec {
                CodecArg::H264 => Codec::H264,
                CodecArg::H265 => Codec::H265,
            },
            ..Encoding::default()
        };
        match &self.cache {
            Some(cache) => Clip::from_video_cached(&arg.name, &arg.file, &encoding, cache),
            None => Clip::from_video(&arg.name, &arg.file, &encoding),
        }
    }
}

// === impl ClipArg ===

impl ClipArg {
    fn is_raw(&self) -> bool {
        let extension = self.file.extension().and_then(|e| e.to_str());
        matches!(extension, Some("h264" | "264" | "h265" | "265" | "hevc"))
    }
}

impl FromStr for ClipArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<ClipArg, Self::Err> {
        let (name, rest) = text.split_once('=').ok_or("want NAME=FILE or NAME=FILE:FPS")?;
        let with_rate = rest.rsplit_once(':').and_then(|(file, fps)| Some((file, fps.parse().ok()?)));
        let (file, fps) = with_rate.map_or((rest, None), |(file, fps)| (file, Some(fps)));
        Ok(ClipArg { name: name.into(), file: Path::new(file).into(), fps })
    }
}
