//! An elementary-stream clip, cut into access units and packetised.

use crate::{
    annexb::{self, NalInfo, nal_type},
    auth::base64,
    packet::Frame,
};
use std::{fs, io, ops::Range, path::Path, path::PathBuf};

/// A video codec.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    /// H.264 (AVC).
    H264,
    /// H.265 (HEVC).
    H265,
}

/// Why a clip cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A raw stream's name must end in .h264, .264, .h265, .265 or .hevc.
    #[error("{}: a raw stream's name ends in .h264 or .h265", path.display())]
    UnknownExtension {
        /// The file.
        path: PathBuf,
    },
    /// A number that cannot be used.
    #[error("{field} is {found}, allowed is {allowed}")]
    OutOfRange {
        /// Which number.
        field: &'static str,
        /// What it was.
        found: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// The stream has no picture that can be decoded alone, or too few pictures.
    #[error("clip {name}: no key frame where one is needed")]
    NoKeyFrame {
        /// The clip.
        name: String,
    },
    /// The stream lacks SPS, PPS or (H.265) VPS.
    #[error("clip {name}: parameter sets are missing or broken")]
    NoParameterSets {
        /// The clip.
        name: String,
    },
    /// The program that prepares video files is not there.
    #[error("ffmpeg is not in PATH; it is needed to prepare {}", path.display())]
    FfmpegMissing {
        /// The file to be prepared.
        path: PathBuf,
    },
    /// ffmpeg could not make a clip of the file.
    #[error("ffmpeg cannot prepare {}: {line}", path.display())]
    Ffmpeg {
        /// The file to be prepared.
        path: PathBuf,
        /// ffmpeg's last line.
        line: String,
    },
    /// A prepared clip cannot be kept.
    #[error("cannot keep a prepared clip in {}: {source}", path.display())]
    Cache {
        /// The cache folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A clip that cameras play, all packets made. Its first picture is a key frame.
pub struct Clip {
    name: String,
    codec: Codec,
    fps: u32,
    frames: Vec<Frame>,
    /// VPS (H.265 only), SPS, PPS as found in the stream.
    params: Vec<Vec<u8>>,
    content_len: usize,
    hold: Range<usize>,
}

// === impl Codec ===

impl Codec {
    /// The name in SDP.
    pub(crate) fn encoding(self) -> &'static str {
        match self {
            Codec::H264 => "H264",
            Codec::H265 => "H265",
        }
    }

    /// Bytes.
    pub(crate) fn nal_header_len(self) -> usize {
        match self {
            Codec::H264 => 1,
            Codec::H265 => 2,
        }
    }
}

// === impl Clip ===

impl Clip {
    /// A raw Annex B stream from a file, without B-pictures, played at `fps` pictures a second.
    ///
    /// Such a clip has no still tail: `?once` ends in its last key frame, repeated.
    ///
    /// # Errors
    /// The file cannot be read, its name does not tell the codec, or [`Clip::from_annexb`] fails.
    pub fn load(name: &str, path: &Path, fps: u32) -> Result<Clip, ClipError> {
        let codec = match path.extension().and_then(|e| e.to_str()) {
            Some("h264" | "264") => Codec::H264,
            Some("h265" | "265" | "hevc") => Codec::H265,
            _ => return Err(ClipError::UnknownExtension { path: path.into() }),
        };
        let data = fs::read(path).map_err(|source| ClipError::Read { path: path.into(), source })?;
        Clip::from_annexb(name, codec, fps, &data)
    }

    /// As [`Clip::load`], of bytes. Pictures before the first key frame are dropped.
    ///
    /// # Errors
    /// `fps` is not 1 to 240, or the stream has no key frame or not all its parameter sets.
    pub fn from_annexb(name: &str, codec: Codec, fps: u32, data: &[u8]) -> Result<Clip, ClipError> {
        if !(1..=240).contains(&fps) {
            return Err(ClipError::OutOfRange { field: "fps", found: fps.to_string(), allowed: "1 to 240" });
        }
        let (mut frames, mut params) = (Vec::<Frame>::new(), Vec::<Vec<u8>>::new());
        let mut keep = |nals: &[&[u8]], key: bool| {
            if key || !frames.is_empty() {
                frames.push(Frame::packetise(codec, nals, key));
            }
        };
        let mut unit: Vec<&[u8]> = Vec::new();
        let (mut has_picture, mut key) = (false, false);
        for nal in annexb::split(data) {
            let info = NalInfo::of(codec, nal);
            if has_picture && info.opens_unit {
                keep(&unit, key);
                unit.clear();
                (has_picture, key) = (false, false);
            }
            if info.parameter_set && !params.iter().any(|p| p == nal) {
                params.push(nal.to_vec());
            }
            has_picture |= info.vcl;
            key |= info.key;
            unit.push(nal);
        }
        if has_picture {
            keep(&unit, key);
        }
        let Some(last_key) = frames.iter().rposition(|f| f.key) else {
            return Err(ClipError::NoKeyFrame { name: name.into() });
        };
        let (content_len, hold) = (frames.len(), last_key..last_key + 1);
        let clip = Clip { name: name.into(), codec, fps, frames, params, content_len, hold };
        if clip.has_parameter_sets() {
            Ok(clip)
        } else {
            Err(ClipError::NoParameterSets { name: name.into() })
        }
    }

    /// Declares that all pictures from `still_from` on show the same: the last whole group of `gop` pictures is
    /// what `?once` holds, and looping goes to the first key frame there.
    pub(crate) fn with_still_tail(mut self, still_from: usize, gop: usize) -> Result<Clip, ClipError> {
        let is_key = |i: &usize| self.frames.get(*i).is_some_and(|f| f.key);
        let last_start = self.frames.len().saturating_sub(gop);
        let loop_end = (still_from.max(1)..=last_start).find(is_key);
        let hold_from = (still_from.max(1)..=last_start).rev().find(is_key);
        let (Some(loop_end), Some(hold_from)) = (loop_end, hold_from) else {
            return Err(ClipError::NoKeyFrame { name: self.name });
        };
        self.content_len = loop_end;
        self.hold = hold_from..hold_from + gop;
        self.frames.truncate(hold_from + gop);
        Ok(self)
    }

    /// Declares that between two other pictures of a group there are `count` B-pictures, fewer only before its end.
    pub(crate) fn with_b_frames(mut self, count: usize) -> Clip {
        for group in self.frames.chunk_by_mut(|_, next| !next.key) {
            let shown = order_of_showing(group.len(), count);
            for ((sent, shown), frame) in (0i64..).zip(shown).zip(group) {
                frame.shown_after = shown - sent;
            }
        }
        self
    }

    /// The name by which URLs pick it (`/clip/NAME/1`).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is encoded.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Pictures a second.
    pub fn fps(&self) -> u32 {
        self.fps
    }

    /// All pictures, with the still tail.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Always false: a clip has at least one picture.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Pictures that looping plays: from the first to the end of the group of pictures in which the content
    /// ends, without the still tail.
    pub fn content_len(&self) -> usize {
        self.content_len
    }

    /// The key frame (counted from 0) that begins what `?once` repeats at the end.
    pub fn hold_from(&self) -> usize {
        self.hold.start
    }

    /// Bits a second on the wire, over all pictures.
    pub fn bitrate(&self) -> u64 {
        let bytes: usize = self.frames.iter().map(Frame::wire_len).sum();
        bytes as u64 * 8 * u64::from(self.fps) / self.frames.len() as u64
    }

    /// Which picture a camera sends as its `n`-th that plays its clip again and again.
    pub(crate) fn looped(&self, n: u64) -> usize {
        (n % self.content_len as u64) as usize
    }

    /// Which picture a camera sends as its `n`-th that plays its clip once and then holds the last picture.
    pub(crate) fn once(&self, n: u64) -> usize {
        let total = self.frames.len() as u64;
        if n < total { n as usize } else { self.hold.start + ((n - total) % self.hold.len() as u64) as usize }
    }

    /// The picture at this place, which [`Clip::looped`] or [`Clip::once`] gave.
    pub(crate) fn frame(&self, at: usize) -> &Frame {
        &self.frames[at]
    }

    /// The key frame with which the group of the picture at this place begins.
    pub(crate) fn key_of(&self, at: usize) -> usize {
        self.frames[..=at].iter().rposition(|f| f.key).unwrap_or(0)
    }

    /// The `a=fmtp` value; `sprop` false leaves the parameter sets in-band only.
    pub(crate) fn fmtp(&self, sprop: bool) -> String {
        match self.codec {
            Codec::H264 => {
                let sps = self.params.iter().find(|p| nal_type(Codec::H264, p) == 7);
                let profile = sps.map_or([0; 3], |s| [s[1], s[2], s[3]]);
                let [a, b, c] = profile;
                let fmtp = format!("packetization-mode=1;profile-level-id={a:02X}{b:02X}{c:02X}");
                let sets: Vec<_> = self.params.iter().map(|p| base64(p)).collect();
                if sprop { format!("{fmtp};sprop-parameter-sets={}", sets.join(",")) } else { fmtp }
            }
            Codec::H265 if sprop => {
                let set = |p: &Vec<u8>| match nal_type(Codec::H265, p) {
                    32 => format!("sprop-vps={}", base64(p)),
                    33 => format!("sprop-sps={}", base64(p)),
                    _ => format!("sprop-pps={}", base64(p)),
                };
                self.params.iter().map(set).collect::<Vec<_>>().join(";")
            }
            Codec::H265 => "tx-mode=SRST".into(),
        }
    }

    fn has_parameter_sets(&self) -> bool {
        let needed: &[u8] = match self.codec {
            Codec::H264 => &[7, 8],
            Codec::H265 => &[32, 33, 34],
        };
        // Four bytes of an H.264 SPS: header, then the profile and level that the SDP repeats.
        let long_enough = |p: &Vec<u8>, t: u8| self.codec == Codec::H265 || t != 7 || p.len() >= 4;
        needed.iter().all(|&t| self.params.iter().any(|p| nal_type(self.codec, p) == t && long_enough(p, t)))
    }
}

/// For each picture of a closed group as it is sent, its place as it is shown: a picture that others lie between is
/// sent before these.
fn order_of_showing(group: usize, b_frames: usize) -> impl Iterator<Item = i64> {
    let (group, b_frames) = (group as i64, b_frames as i64);
    let anchors = (1..group).step_by(b_frames as usize + 1);
    let runs = anchors.flat_map(move |first| {
        let anchor = (first + b_frames).min(group - 1);
        [anchor].into_iter().chain(first..anchor)
    });
    [0].into_iter().chain(runs)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An H.264 stream of which picture `i` has `i` as its last byte; every `gop`-th is a key frame.
    pub(crate) fn annexb_stream(pictures: u8, gop: u8) -> Vec<u8> {
        let mut data = Vec::new();
        for i in 0..pictures {
            if i % gop == 0 {
                data.extend([
                    0,
                    0,
                    0,
                    1,
                    0x67,
                    66,
                    0,
                    30,
                    0,
                    0,
                    1,
                    0x68,
                    9,
                    0,
                    0,
                    1,
                    0x65,
                    0x88,
                    1,
                    0x80 | i,
                ]);
            } else {
                data.extend([0, 0, 1, 0x41, 0x9a, 1, 0x80 | i]);
            }
        }
        data
    }

    fn clip(pictures: u8, gop: u8) -> Clip {
        Clip::from_annexb("t", Codec::H264, 15, &annexb_stream(pictures, gop)).unwrap()
    }

    #[test]
    fn groups_nal_units_into_access_units() {
        let c = clip(6, 3);
        assert_eq!(c.len(), 6);
        assert_eq!(
            c.frames.iter().map(|f| f.key).collect::<Vec<_>>(),
            [true, false, false, true, false, false]
        );
        assert_eq!(c.params.len(), 2);
        assert_eq!(
            c.fmtp(true),
            "packetization-mode=1;profile-level-id=42001E;sprop-parameter-sets=Z0IAHg==,aAk="
        );
    }

    #[test]
    fn pictures_before_the_first_key_frame_are_dropped() {
        let data = [&[0, 0, 1, 0x41, 0x9a, 1][..], &annexb_stream(2, 5)].concat();
        let c = Clip::from_annexb("t", Codec::H264, 15, &data).unwrap();
        assert_eq!((c.len(), c.frames[0].key), (2, true));
    }

    #[test]
    fn a_raw_clip_holds_its_last_key_frame() {
        let c = clip(8, 3);
        assert_eq!((c.content_len(), c.hold_from()), (8, 6));
        assert_eq!((0..11).map(|n| c.once(n)).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7, 6, 6, 6]);
    }

    #[test]
    fn a_still_tail_is_held_by_its_last_whole_group() {
        // 7 pictures of content, 6 still ones, groups of 3: 0 3 6 9 12; 9..12 is the last whole group.
        let c = clip(13, 3).with_still_tail(7, 3).unwrap();
        assert_eq!((c.len(), c.content_len(), c.hold_from()), (12, 9, 9));
        assert_eq!((10..16).map(|n| c.once(n)).collect::<Vec<_>>(), [10, 11, 9, 10, 11, 9]);
        // Content that ends with its group: looping leaves the tail out altogether.
        let c = clip(12, 3).with_still_tail(6, 3).unwrap();
        assert_eq!((c.len(), c.content_len(), c.hold_from()), (12, 6, 9));
        assert!(matches!(clip(8, 3).with_still_tail(7, 3), Err(ClipError::NoKeyFrame { .. })));
    }

    #[test]
    fn b_pictures_are_sent_after_the_one_that_is_shown_after_them() {
        let order = |group, b| order_of_showing(group, b).collect::<Vec<_>>();
        assert_eq!(order(8, 2), [0, 3, 1, 2, 6, 4, 5, 7]);
        assert_eq!(order(6, 3), [0, 4, 1, 2, 3, 5]);
        assert_eq!(order(3, 0), [0, 1, 2]);
        assert_eq!(order(1, 3), [0]);
        let c = clip(8, 4).with_b_frames(2);
        let shifts: Vec<_> = c.frames.iter().map(|f| f.shown_after).collect();
        assert_eq!(shifts, [0, 2, -1, -1, 0, 2, -1, -1]);
    }

    #[test]
    fn what_is_no_video_is_refused() {
        let of = |fps, data: &[u8]| Clip::from_annexb("t", Codec::H264, fps, data).err();
        assert!(matches!(of(15, b"not a video"), Some(ClipError::NoKeyFrame { .. })));
        assert!(matches!(of(15, &[0, 0, 1, 0x65, 0x88]), Some(ClipError::NoParameterSets { .. })));
        assert!(matches!(of(0, &annexb_stream(3, 3)), Some(ClipError::OutOfRange { field: "fps", .. })));
        let e = Clip::load("t", Path::new("a.mp4"), 15).err().unwrap();
        assert_eq!(e.to_string(), "a.mp4: a raw stream's name ends in .h264 or .h265");
    }
}
