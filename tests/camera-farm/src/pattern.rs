//! Test pictures that need no file: ffmpeg draws them.

use crate::{
    clip::{Clip, ClipError, Codec},
    video::{Encoding, ffmpeg, write_by},
};
use std::{fmt, path::Path, path::PathBuf};

/// A video that ffmpeg draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What it shows.
    pub shows: Shows,
    /// Pixels, even.
    pub width: u32,
    /// Pixels, even.
    pub height: u32,
    /// Pictures a second.
    pub fps: u32,
    /// Its length.
    pub seconds: u32,
    /// How the file is encoded.
    pub codec: Codec,
}

/// What a pattern shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Colours that move, and a running clock.
    Moving,
    /// Nothing: black.
    Black,
}

impl Default for Pattern {
    /// Ten seconds of a usual sub-stream's size: 640×360, 15 pictures a second, H.264.
    fn default() -> Pattern {
        Pattern { shows: Shows::Moving, width: 640, height: 360, fps: 15, seconds: 10, codec: Codec::H264 }
    }
}

// === impl Clip ===

impl Clip {
    /// A pattern made into a camera's stream. Pattern and clip are kept in the folder `cache` (made if missing), so
    /// that the next call takes no time. Blocks while ffmpeg runs.
    ///
    /// # Errors
    /// As [`Pattern::file`] and [`Clip::from_video_cached`].
    pub fn of_pattern(
        name: &str,
        pattern: &Pattern,
        encoding: &Encoding,
        cache: &Path,
    ) -> Result<Clip, ClipError> {
        Clip::from_video_cached(name, &pattern.file(cache)?, encoding, cache)
    }
}

// === impl Pattern ===

impl Pattern {
    /// The pattern as an MP4 file in `folder` (made if missing), with a key picture every two seconds and no
    /// B-pictures. Made unless it is there; its name tells what it is. Blocks while ffmpeg runs.
    ///
    /// # Errors
    /// When ffmpeg is missing or fails, or the file cannot be written.
    pub fn file(&self, folder: &Path) -> Result<PathBuf, ClipError> {
        let file = folder.join(format!("pattern-{self}.mp4"));
        if !file.is_file() {
            write_by(&file, |part| ffmpeg(self.ffmpeg_args().chain([part.into()]), &file).map(drop))?;
        }
        Ok(file)
    }

    fn ffmpeg_args(&self) -> impl Iterator<Item = std::ffi::OsString> {
        let Pattern { shows, width, height, fps, seconds, codec } = self;
        let source = match shows {
            Shows::Moving => "testsrc2=",
            Shows::Black => "color=black:",
        };
        let encoder = match codec {
            Codec::H264 => "libx264",
            Codec::H265 => "libx265 -x265-params log-level=none",
        };
        let line = format!(
            "-nostdin -hide_banner -loglevel error -y -f lavfi \
             -i {source}size={width}x{height}:rate={fps}:duration={seconds} \
             -c:v {encoder} -preset veryfast -g {} -bf 0 -pix_fmt yuv420p -f mp4",
            fps * 2
        );
        line.split_whitespace().map(Into::into).collect::<Vec<_>>().into_iter()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Pattern { shows, width, height, fps, seconds, codec } = self;
        let words = format!("{shows:?}-{codec:?}").to_ascii_lowercase();
        write!(f, "{words}-{width}x{height}-{fps}fps-{seconds}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_patterns_have_different_files() {
        assert_eq!(Pattern::default().to_string(), "moving-h264-640x360-15fps-10s");
        let black = Pattern { shows: Shows::Black, codec: Codec::H265, ..Pattern::default() };
        assert_eq!(black.to_string(), "black-h265-640x360-15fps-10s");
    }
}
