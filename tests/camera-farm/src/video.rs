//! Any video file made into what a camera sends, by ffmpeg, and kept for the next start.

use crate::{
    auth::md5_hex,
    clip::{Clip, ClipError, Codec},
};
use std::{
    ffi::OsString,
    fs, io,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::UNIX_EPOCH,
};

/// Raised when prepared clips of older versions no longer fit.
const CACHE_VERSION: u32 = 1;
/// Still groups of pictures after the clip; two hold at least one whole group wherever the clip ends.
const TAIL_GROUPS: usize = 2;

/// How a video file becomes a camera's stream: a constant rate, closed groups of pictures of one length,
/// parameter sets before every key frame, no sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    /// Pixels, 16 to 4096, even.
    pub width: u32,
    /// Pixels, 16 to 4096; None keeps the file's aspect. With a height the picture is made to fit into both.
    pub height: Option<u32>,
    /// Pictures a second, 1 to 60.
    pub fps: u32,
    /// Seconds from key frame to key frame, above 0 to 60.
    pub gop_s: f64,
    /// Seconds for which the first picture stands still before the clip starts, 0 to 3600.
    pub lead_in_s: f64,
    /// Seconds for which the last picture stands still after the clip, as part of it, 0 to 3600.
    pub hold_s: f64,
    /// Noise of the camera's sensor, drawn anew for every picture, still ones too, in levels of 256: 0 to 64.
    pub noise: u32,
    /// How it is encoded.
    pub codec: Codec,
    /// Aimed at, in 1000 bits a second, 50 to 20000.
    pub kbit_s: u32,
    /// B-pictures between two others, 0 to 8. With some, RTP timestamps do not rise from picture to picture.
    pub b_frames: usize,
}

impl Default for Encoding {
    /// A usual sub-stream: H.264, 640 pixels wide, 15 pictures a second, 2 s groups, 400 kbit/s, no lead-in,
    /// no B-pictures.
    fn default() -> Encoding {
        Encoding {
            width: 640,
            height: None,
            fps: 15,
            gop_s: 2.0,
            lead_in_s: 0.0,
            hold_s: 0.0,
            noise: 0,
            codec: Codec::H264,
            kbit_s: 400,
            b_frames: 0,
        }
    }
}

// === impl Clip ===

impl Clip {
    /// Any video file that ffmpeg reads, made into a camera's stream. Blocks while ffmpeg runs.
    ///
    /// After the clip comes a still tail of its last picture, which `?once` holds.
    ///
    /// # Errors
    /// A number in `encoding` is out of range, the file cannot be read, or ffmpeg is missing or fails.
    pub fn from_video(name: &str, path: &Path, encoding: &Encoding) -> Result<Clip, ClipError> {
        encoding.check()?;
        encoding.parse(name, &encoding.run_ffmpeg(path)?)
    }

    /// As [`Clip::from_video`], but prepared clips are kept in the folder `cache` (made if missing), named by the
    /// file's path, size and time of change and by the encoding, so that the next start takes no time.
    ///
    /// # Errors
    /// As [`Clip::from_video`], or the prepared clip cannot be written.
    pub fn from_video_cached(
        name: &str,
        path: &Path,
        encoding: &Encoding,
        cache: &Path,
    ) -> Result<Clip, ClipError> {
        encoding.check()?;
        let kept = cache.join(encoding.cache_name(path)?);
        // A kept file that does not parse is made again.
        if let Some(clip) = fs::read(&kept).ok().and_then(|data| encoding.parse(name, &data).ok()) {
            return Ok(clip);
        }
        let data = encoding.run_ffmpeg(path)?;
        let clip = encoding.parse(name, &data)?;
        write_by(&kept, |part| {
            fs::write(part, &data).map_err(|source| ClipError::Cache { path: cache.into(), source })
        })?;
        Ok(clip)
    }
}

// === impl Encoding ===

impl Encoding {
    fn check(&self) -> Result<(), ClipError> {
        let check = |field, found: String, ok: bool, allowed| {
            if ok { Ok(()) } else { Err(ClipError::OutOfRange { field, found, allowed }) }
        };
        let size_ok = |v: u32| (16..=4096).contains(&v) && v.is_multiple_of(2);
        let size = "an even number from 16 to 4096";
        check("width", self.width.to_string(), size_ok(self.width), size)?;
        if let Some(height) = self.height {
            check("height", height.to_string(), size_ok(height), size)?;
        }
        check("fps", self.fps.to_string(), (1..=60).contains(&self.fps), "1 to 60")?;
        let gop_ok = self.gop_s > 0.0 && self.gop_s <= 60.0;
        check("gop_s", self.gop_s.to_string(), gop_ok, "above 0 to 60")?;
        for (field, seconds) in [("lead_in_s", self.lead_in_s), ("hold_s", self.hold_s)] {
            check(field, seconds.to_string(), (0.0..=3600.0).contains(&seconds), "0 to 3600")?;
        }
        check("noise", self.noise.to_string(), self.noise <= 64, "0 to 64")?;
        check("kbit_s", self.kbit_s.to_string(), (50..=20_000).contains(&self.kbit_s), "50 to 20000")?;
        check("b_frames", self.b_frames.to_string(), self.b_frames <= 8, "0 to 8")
    }

    /// Pictures from key frame to key frame.
    fn gop(&self) -> usize {
        (self.gop_s * f64::from(self.fps)).round().max(1.0) as usize
    }

    fn tail(&self) -> usize {
        self.gop() * TAIL_GROUPS
    }

    fn parse(&self, name: &str, data: &[u8]) -> Result<Clip, ClipError> {
        let clip = Clip::from_annexb(name, self.codec, self.fps, data)?.with_b_frames(self.b_frames);
        let still_from = clip.len().saturating_sub(self.tail());
        clip.with_still_tail(still_from, self.gop())
    }

    fn run_ffmpeg(&self, path: &Path) -> Result<Vec<u8>, ClipError> {
        // ffmpeg's own message for a missing file is worse than the system's.
        fs::metadata(path).map_err(|source| ClipError::Read { path: path.into(), source })?;
        ffmpeg(self.ffmpeg_args(path), path)
    }

    fn ffmpeg_args(&self, path: &Path) -> Vec<OsString> {
        let gop = self.gop();
        let size = match self.height {
            None => format!("scale={}:-2", self.width),
            Some(height) => format!(
                "scale={}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2",
                self.width
            ),
        };
        let pictures = |seconds: f64| (seconds * f64::from(self.fps)).round() as usize;
        let noise = match self.noise {
            0 => String::new(),
            levels => format!(",noise=alls={levels}:allf=t"),
        };
        let filter = format!(
            "fps={},{size},setsar=1,format=yuv420p,\
             tpad=start_mode=clone:start={}:stop_mode=clone:stop={}{noise}",
            self.fps,
            pictures(self.lead_in_s),
            pictures(self.hold_s) + self.tail()
        );
        // A fixed pattern of B-pictures: the clip knows the order of showing without reading it from the stream.
        let b_frames = self.b_frames;
        let (encoder, container) = match self.codec {
            Codec::H264 => (
                "-c:v libx264 -profile:v main \
                 -x264-params repeat-headers=1:open-gop=0:b-adapt=0:b-pyramid=none"
                    .into(),
                "h264",
            ),
            Codec::H265 => (
                format!(
                    "-c:v libx265 -x265-params log-level=none:repeat-headers=1:open-gop=0:keyint={gop}:\
                     min-keyint={gop}:scenecut=0:bframes={b_frames}:b-adapt=0:b-pyramid=0:pools=2:frame-threads=2"
                ),
                "hevc",
            ),
        };
        let rate = self.kbit_s;
        // `file:` keeps a name with a colon from being read as a protocol.
        let mut input = OsString::from("file:");
        input.push(path);
        let words = |text: String| text.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        let mut args = words("-nostdin -hide_banner -loglevel error -i".into());
        args.push(input);
        args.extend(words(format!("-map 0:v:0 -an -sn -dn -vf {filter}")));
        args.extend(words(format!(
            "{encoder} -preset veryfast -threads 2 -g {gop} -keyint_min {gop} -sc_threshold 0 -bf {b_frames} \
             -b:v {rate}k -maxrate {}k -bufsize {}k -f {container} -",
            rate * 5 / 4,
            rate * 2
        )));
        args
    }

    fn cache_name(&self, path: &Path) -> Result<String, ClipError> {
        let read = |source| ClipError::Read { path: path.into(), source };
        let whole_path = fs::canonicalize(path).map_err(read)?;
        let about = fs::metadata(&whole_path).map_err(read)?;
        let changed = about.modified().map_err(read)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let extension = self.codec.encoding().to_ascii_lowercase();
        let key = format!("{CACHE_VERSION} {whole_path:?} {} {changed:?} {self:?}", about.len());
        Ok(format!("{}.{extension}", md5_hex(&key)))
    }
}

/// What ffmpeg, run with `args` to make or prepare `path`, prints.
pub(crate) fn ffmpeg(args: impl IntoIterator<Item = OsString>, path: &Path) -> Result<Vec<u8>, ClipError> {
    let ran =
        Command::new("ffmpeg").args(args).stdin(Stdio::null()).output().map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => ClipError::FfmpegMissing { path: path.into() },
            _ => ClipError::Ffmpeg { path: path.into(), line: e.to_string() },
        })?;
    if ran.status.success() {
        return Ok(ran.stdout);
    }
    let stderr = String::from_utf8_lossy(&ran.stderr);
    let last = stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
    let line = last.map_or_else(|| ran.status.to_string(), str::to_string);
    Err(ClipError::Ffmpeg { path: path.into(), line })
}

/// Has `write` make a file beside the place `to` and moves it there, so that nobody ever reads half a file.
pub(crate) fn write_by(
    to: &Path,
    write: impl FnOnce(&Path) -> Result<(), ClipError>,
) -> Result<(), ClipError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let folder = to.parent().unwrap_or(Path::new(""));
    let keep = |source| ClipError::Cache { path: folder.into(), source };
    fs::create_dir_all(folder).map_err(keep)?;
    let unique = format!("{}-{}.part", std::process::id(), COUNT.fetch_add(1, Relaxed));
    let part = to.with_extension(unique);
    let written = write(&part).and_then(|()| fs::rename(&part, to).map_err(keep));
    if written.is_err() {
        // Nothing more can be done about a leftover; the error that caused it is what counts.
        let _ = fs::remove_file(&part);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_says_what_the_encoding_says() {
        let encoding = Encoding {
            height: Some(480),
            lead_in_s: 1.5,
            hold_s: 2.0,
            noise: 3,
            codec: Codec::H265,
            b_frames: 2,
            ..Encoding::default()
        };
        let args = encoding.ffmpeg_args(Path::new("a b:c.mp4"));
        let line = args.iter().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" ");
        for part in [
            "-i file:a b:c.mp4 ",
            "-an",
            "fps=15,scale=640:480:force_original_aspect_ratio=decrease",
            "tpad=start_mode=clone:start=23:stop_mode=clone:stop=90,noise=alls=3:allf=t",
            "-c:v libx265 -x265-params log-level=none",
            "bframes=2:b-adapt=0:b-pyramid=0",
            "-g 30 -keyint_min 30 -sc_threshold 0 -bf 2 -b:v 400k -maxrate 500k",
            "-f hevc -",
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let of = |encoding: Encoding| encoding.check().unwrap_err().to_string();
        let d = Encoding::default;
        assert_eq!(
            of(Encoding { width: 641, ..d() }),
            "width is 641, allowed is an even number from 16 to 4096"
        );
        assert_eq!(of(Encoding { gop_s: f64::NAN, ..d() }), "gop_s is NaN, allowed is above 0 to 60");
        assert_eq!(of(Encoding { b_frames: 9, ..d() }), "b_frames is 9, allowed is 0 to 8");
        assert_eq!(of(Encoding { lead_in_s: -1.0, ..d() }), "lead_in_s is -1, allowed is 0 to 3600");
    }

    #[test]
    fn the_cache_name_changes_with_file_and_encoding() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        fs::write(&path, "1").unwrap();
        let first = Encoding::default().cache_name(&path).unwrap();
        assert_eq!(Encoding::default().cache_name(&path).unwrap(), first);
        assert_ne!(Encoding { fps: 10, ..Encoding::default() }.cache_name(&path).unwrap(), first);
        fs::write(&path, "22").unwrap();
        assert_ne!(Encoding::default().cache_name(&path).unwrap(), first);
    }

    #[test]
    fn a_missing_file_is_told_by_name() {
        let e = Clip::from_video("t", Path::new("no such.mp4"), &Encoding::default()).err().unwrap();
        assert!(e.to_string().starts_with("cannot read no such.mp4: "), "{e}");
    }
}
