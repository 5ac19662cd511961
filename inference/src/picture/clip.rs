//! A clip with people's heads pixelated in every picture.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use gridwatch_ingest::{AccessUnit, ClipEncoder, ClipError, ClipPictures, DecodeError, Frame};
use tokio::runtime::Handle;

use super::{
    Canvas,
    cover::{Cover, Look, Motion},
    heads, heads_of, is_upright,
};
use crate::{
    detection::Detection, detector::DetectError, geometry::Rect, observation::Judged, watcher::Detectors,
};

/// Pictures of a stored clip: enough to see how somebody fell, and a third of the work that all would be.
const PICTURES_PER_S: u32 = 8;
/// Every so many of them the person model is asked: four times a second.
const PERSON_EVERY: usize = 2;
/// Every so many of them the fallen model is asked, and the model for crowds: once a second. Who lies does not run.
const OTHERS_EVERY: usize = 8;
/// What both models see at one place is one person where the boxes share more than this (intersection over union).
const SAME_PERSON_IOU: f32 = 0.5;
/// A player can begin at every second.
const KEY_INTERVAL: u32 = PICTURES_PER_S;

/// Why a clip could not be masked. It is then not kept.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    /// Its pictures cannot be decoded.
    #[error("its pictures cannot be decoded: {0}")]
    Decode(#[from] DecodeError),
    /// A model failed, so that nobody knows where heads are.
    #[error("people were not looked for: {0}")]
    Detect(#[from] DetectError),
    /// It cannot be encoded.
    #[error("it cannot be encoded: {0}")]
    Encode(#[from] ClipError),
}

/// Makes an MP4 of `units` (decoding order, the first a key picture) in which the heads of people are pixelated, as they are in
/// [`super::jpeg`]. The models look at some of its pictures, and between them heads are covered wherever they may have been;
/// `judged` is what was seen in one of them already. Pictures are as small as those that models see, eight a second at most.
///
/// One frame is under way at a time, as of any camera. Decodes twice, so that no more than one picture is in memory. Blocks for
/// seconds: for a thread of its own, within reach of `runtime`.
///
/// # Errors
/// When it cannot be decoded or encoded, or a model fails: no clip is better than one in which people can be recognised.
pub fn masked_clip(
    units: &[Arc<AccessUnit>],
    detectors: &Detectors,
    judged: Option<&Judged>,
    runtime: &Handle,
) -> Result<Bytes, MaskError> {
    let pictures = || ClipPictures::new(units, Duration::from_secs(1) / PICTURES_PER_S);
    let (mut upright, mut lying) = (Vec::new(), Vec::new());
    for (n, picture) in pictures()?.enumerate() {
        let (at, frame) = picture?;
        let mut seen = runtime.block_on(look(n, &frame, detectors))?;
        if let Some(judged) = judged.filter(|judged| is_near(judged, &frame)) {
            seen.lying.extend(scaled_heads(judged, &frame));
        }
        upright.push(Look { at, heads: seen.upright });
        lying.push(Look { at, heads: seen.lying });
    }
    let covers = [Cover::new(&upright, Motion::UPRIGHT), Cover::new(&lying, Motion::LYING)];
    let mut encoder = None;
    for picture in pictures()? {
        let (at, frame) = picture?;
        let encoder = match &mut encoder {
            Some(encoder) => encoder,
            None => encoder.insert(ClipEncoder::new((frame.width, frame.height), KEY_INTERVAL)?),
        };
        let masked = Canvas::masked(&frame, covers.iter().flat_map(|cover| cover.at(at)));
        encoder.push(masked.rgb, at, Duration::from_secs(1) / PICTURES_PER_S)?;
    }
    Ok(encoder.ok_or(DecodeError::NoPicture)?.finish()?)
}

/// Where heads are in one picture.
#[derive(Default)]
struct Seen {
    upright: Vec<Rect>,
    lying: Vec<Rect>,
}

async fn look(n: usize, frame: &Frame, detectors: &Detectors) -> Result<Seen, DetectError> {
    let mut seen = Seen::default();
    if !n.is_multiple_of(PERSON_EVERY) {
        return Ok(seen);
    }
    let people = detectors.person.detect(frame).await?.detections;
    for person in &people {
        let heads_are = if is_upright(person) { &mut seen.upright } else { &mut seen.lying };
        heads_are.extend(heads(person));
    }
    if n.is_multiple_of(OTHERS_EVERY) {
        let stands = |fallen: &Detection| {
            people.iter().any(|person| is_upright(person) && person.rect.iou(&fallen.rect) > SAME_PERSON_IOU)
        };
        // Whose head is known to be on top has none at either side.
        let fallen = detectors.fallen.detect(frame).await?.detections;
        seen.lying.extend(fallen.iter().filter(|fallen| !stands(fallen)).flat_map(heads));
        if let Some(crowd) = &detectors.crowd {
            let found = crowd.detect(frame).await?;
            let points = found.heads.iter().map(|point| point.rect_in(frame.height as f32));
            seen.upright.extend(found.detections.iter().flat_map(heads).chain(points));
        }
    }
    Ok(seen)
}

/// Whether it is the picture that was judged, or the nearest there is.
fn is_near(judged: &Judged, frame: &Frame) -> bool {
    let apart = judged.frame.captured_at.duration_since(frame.captured_at).unsigned_abs();
    apart <= Duration::from_secs(1) / PICTURES_PER_S
}

/// The heads of the judged frame, which may be of the camera's other stream.
fn scaled_heads(judged: &Judged, frame: &Frame) -> impl Iterator<Item = Rect> {
    let share = |to: u32, from: u32| to as f32 / from.max(1) as f32;
    let (sx, sy) = (share(frame.width, judged.frame.width), share(frame.height, judged.frame.height));
    heads_of(judged).map(move |head| head.scaled(sx, sy))
}

#[cfg(test)]
mod tests;
