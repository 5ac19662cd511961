//! Bytes read as what a camera might send: choices, boxes, access units.

use std::{sync::Arc, time::Duration};

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::{
    access_unit::{AccessUnit, Codec, StreamParameters},
    camera::Generation,
};

/// Bytes as choices. Never fails: when they are used up, every choice is the first.
pub(super) struct Input<'a>(Unstructured<'a>);

impl<'a> Input<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self(Unstructured::new(data))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn any<T: Arbitrary<'a> + Default>(&mut self) -> T {
        self.0.arbitrary().unwrap_or_default()
    }

    pub(super) fn flag(&mut self) -> bool {
        self.any()
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.int_in_range(0..=end - 1).unwrap_or(0)
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub(super) fn bytes(&mut self, most: usize) -> &'a [u8] {
        let length = self.below(most + 1).min(self.0.len());
        self.0.bytes(length).unwrap_or_default()
    }

    /// What stands in addresses, and between the parts of one.
    pub(super) fn word(&mut self) -> String {
        const PIECES: [&str; 16] =
            ["", "a", "12", "@", ":", "/", "?", "#", "%", "%40", "%ff", "&", "密", "\\", "[", ":554/"];
        (0..self.below(5)).map(|_| self.pick(&PIECES)).collect()
    }

    /// A box, or a piece of one; its size may be a lie.
    pub(super) fn box_like(&mut self) -> Vec<u8> {
        let kind = self.pick(&[b"ftyp", b"moov", b"moof", b"mdat", b"traf", b"trun", b"free"]);
        let content = if self.flag() { self.box_in_box() } else { self.bytes(40).to_vec() };
        let size = if self.below(8) == 0 { self.any() } else { content.len() as u32 + 8 };
        [&size.to_be_bytes(), kind.as_slice(), &content].concat()
    }

    fn box_in_box(&mut self) -> Vec<u8> {
        let run = [&20u32.to_be_bytes(), b"trun".as_slice(), self.bytes(12)].concat();
        [&self.pick(&[run.len() as u32 + 8, 1, 0]).to_be_bytes(), b"traf".as_slice(), &run].concat()
    }
}

/// Access units of a camera that does as it likes.
pub(super) struct Stream<'a> {
    pub(super) input: Input<'a>,
    parameters: Arc<StreamParameters>,
    sequence: u64,
    pts: Duration,
    at: Timestamp,
}

impl<'a> Stream<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        let mut input = Input::new(data);
        let parameters = parameters(&mut input);
        Self { input, parameters, sequence: 0, pts: Duration::ZERO, at: Timestamp::UNIX_EPOCH }
    }

    /// The next unit, of nothing but zeros; none once the input is used up.
    pub(super) fn next(&mut self) -> Option<AccessUnit> {
        const ZEROS: [u8; 400] = [0; 400];
        // No session gives a time beyond this: it counts in 63 bits.
        const PTS_MAX: Duration = Duration::from_secs(i64::MAX as u64);
        if self.input.is_empty() {
            return None;
        }
        let tick = Duration::from_millis(40);
        let wild = Duration::from_millis(self.input.any::<u16>().into());
        self.pts = match self.input.below(10) {
            0 => self.pts.saturating_sub(wild / 32),
            1 => self.pts + wild / 2,
            2 => Duration::from_micros(self.input.any()),
            3 => Duration::from_secs(self.input.any()),
            4 => self.pts,
            _ => self.pts + tick,
        }
        .min(PTS_MAX);
        self.at += match self.input.below(16) {
            0 => SignedDuration::from_millis(wild.as_millis() as i64),
            // The machine's clock was set.
            1 => SignedDuration::from_secs(-3),
            2 => SignedDuration::ZERO,
            _ => SignedDuration::from_millis(40),
        };
        self.sequence += if self.input.below(16) == 0 { 2 } else { 1 };
        if self.input.below(16) == 0 {
            self.parameters = parameters(&mut self.input);
        }
        Some(AccessUnit {
            camera: super::camera("cam"),
            generation: Generation(1),
            sequence: self.sequence,
            pts: self.pts,
            received_at: self.at,
            key: self.input.below(4) == 0,
            parameters: self.parameters.clone(),
            data: Bytes::from_static(&ZEROS[..self.input.below(ZEROS.len() + 1)]),
        })
    }

    /// The same with what could be a picture: a real one, a part of it, or anything.
    pub(super) fn next_real(&mut self) -> Option<AccessUnit> {
        let unit = self.next()?;
        let real = match unit.parameters.codec {
            Codec::H264 => include_bytes!("../decode/trial/red.h264").as_slice(),
            Codec::H265 => include_bytes!("../decode/trial/red.h265"),
        };
        let data = match self.input.below(4) {
            0 => Bytes::copy_from_slice(self.input.bytes(64)),
            1 => Bytes::from_static(&real[..self.input.below(real.len())]),
            _ => Bytes::from_static(real),
        };
        Some(AccessUnit { data, ..unit })
    }
}

/// Mostly true ones of a real picture.
fn parameters(input: &mut Input<'_>) -> Arc<StreamParameters> {
    const SIDES: [u32; 8] = [64, 0, 1, 3, 641, 8191, 65_535, u32::MAX];
    let codec = input.pick(&[Codec::H264, Codec::H265]);
    let real = match codec {
        Codec::H264 => include_bytes!("../decode/trial/red.h264.configuration").as_slice(),
        Codec::H265 => include_bytes!("../decode/trial/red.h265.configuration"),
    };
    let cut = if input.below(8) == 0 { input.below(real.len()) } else { real.len() };
    let configuration = Bytes::from_static(&real[..cut]);
    Arc::new(StreamParameters { codec, configuration, width: input.pick(&SIDES), height: input.pick(&SIDES) })
}
