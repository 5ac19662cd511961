//! What counts people in a picture: boxes in the whole of it, boxes in its tiles, heads.

use std::future::Future;

use futures::future::try_join_all;
use gridwatch_ingest::Frame;

use super::{CrowdPlace, Spoke, Tiles, people_are_small};
use crate::{
    detection::{Detection, Head},
    detector::DetectError,
    geometry::Part,
};

/// The models that count people.
pub(crate) trait Counting: Sync {
    /// What the box model for crowds sees in a part of a frame, in pixels of the frame.
    fn boxes(
        &self,
        frame: &Frame,
        part: Part,
    ) -> impl Future<Output = Result<Vec<Detection>, DetectError>> + Send;

    /// Whether that model is another than the one that looks at every frame.
    fn has_own_boxes(&self) -> bool;

    /// Of what kind the model of heads is, if there is one.
    fn heads_by(&self) -> Option<Spoke>;

    /// What the model of heads sees in a frame, in pixels of it. Nothing where there is no such model.
    fn heads(&self, frame: &Frame) -> impl Future<Output = Result<Vec<Head>, DetectError>> + Send;
}

/// What a closer look saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Closer {
    /// Everyone who has a box.
    pub(super) people: Vec<Detection>,
    /// Whether they are so small that the picture was looked at in tiles.
    pub(super) small: bool,
    /// The heads, where somebody asked for them.
    pub(super) heads: Option<(Spoke, Vec<Head>)>,
    /// How often a model was asked.
    pub(super) passes: u64,
}

/// Looks at the boxes of a frame once more: by the model for crowds if it is another, and in tiles where people are small,
/// or `were_small` says that they were: at one look somebody is seen in the whole picture, at the next nobody. `whole` is
/// what the model that looks at every frame saw.
pub(super) async fn boxes(
    frame: &Frame,
    whole: &[Detection],
    were_small: bool,
    places: &[CrowdPlace],
    models: &impl Counting,
) -> Result<Closer, DetectError> {
    let size = (frame.width, frame.height);
    let mut passes = 0;
    let mut people = whole.to_vec();
    if models.has_own_boxes() {
        people = models.boxes(frame, Part::whole(size.0, size.1)).await?;
        passes += 1;
    }
    let small = were_small || are_small_in(places, &people, size);
    if small {
        let tiles = Tiles::default().cut(size);
        let seen = try_join_all(tiles.iter().map(|part| models.boxes(frame, *part))).await?;
        passes += tiles.len() as u64;
        people = Tiles::merge(people, tiles.into_iter().zip(seen).collect(), size);
    }
    Ok(Closer { people, small, heads: None, passes })
}

/// Whether the people in one of the zones are so small that tiles find more of them.
pub(super) fn are_small_in(places: &[CrowdPlace], people: &[Detection], size: (u32, u32)) -> bool {
    places.iter().any(|place| {
        let inside: Vec<Detection> = place.zone.within(people, size).copied().collect();
        people_are_small(&inside, size.1)
    })
}
