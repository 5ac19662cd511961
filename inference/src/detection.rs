//! What a model saw in one picture.

use crate::geometry::Rect;

/// One box that a detector saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Where, in pixels of the frame.
    pub rect: Rect,
    /// How sure the model is, 0 to 1.
    pub score: f32,
    /// Which view of the picture saw it.
    pub view: View,
}

/// By how much the picture was turned when the model saw a box. The box itself is always in the unturned frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// As it came.
    Upright,
    /// Turned by 90°.
    Quarter,
    /// Turned by 270°.
    ThreeQuarter,
}

/// How many points of a body are told apart, as COCO does: nose, eyes, ears, shoulders, elbows, wrists, hips, knees,
/// ankles; of each pair the left one first.
pub const KEYPOINTS: usize = 17;

/// One point of a body, in pixels of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Keypoint {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
    /// How sure the model is that it is there to be seen, 0 to 1.
    pub score: f32,
}

/// A person with the points of the body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// The person as a box.
    pub person: Detection,
    /// The points, in COCO's order. All are named, also those the model is hardly sure of.
    pub keypoints: [Keypoint; KEYPOINTS],
}

/// A head, or a share of one, that a model found which marks heads or draws a map of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// How far from the left edge, in pixels of the frame.
    pub x: f32,
    /// How far from the upper edge, in pixels of the frame.
    pub y: f32,
    /// How many people it stands for: 1 for a point, what its cell holds for a density map.
    pub weight: f32,
}

impl Head {
    /// Where the head is at most, in a picture so high. A head is a sixteenth of the picture high at most where many people are in
    /// it.
    pub(crate) fn rect_in(&self, height: f32) -> Rect {
        let half = height / 32.0;
        Rect::new(self.x - half, self.y - half, self.x + half, self.y + half)
    }
}

/// What a model saw in one picture. A model of poses fills `detections` too; a model of heads fills `heads` alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sighting {
    /// People as boxes.
    pub(crate) detections: Vec<Detection>,
    /// People with the points of their bodies.
    pub(crate) poses: Vec<Pose>,
    /// People in a crowd as points.
    pub(crate) heads: Vec<Head>,
}

impl AsRef<Detection> for Detection {
    fn as_ref(&self) -> &Detection {
        self
    }
}

impl AsRef<Detection> for Pose {
    fn as_ref(&self) -> &Detection {
        &self.person
    }
}

impl FromIterator<Detection> for Sighting {
    fn from_iter<T: IntoIterator<Item = Detection>>(detections: T) -> Self {
        Self { detections: detections.into_iter().collect(), ..Self::default() }
    }
}

impl FromIterator<Pose> for Sighting {
    fn from_iter<T: IntoIterator<Item = Pose>>(poses: T) -> Self {
        let poses: Vec<Pose> = poses.into_iter().collect();
        Self { detections: poses.iter().map(|pose| pose.person).collect(), poses, heads: Vec::new() }
    }
}

impl FromIterator<Head> for Sighting {
    fn from_iter<T: IntoIterator<Item = Head>>(heads: T) -> Self {
        Self { heads: heads.into_iter().collect(), ..Self::default() }
    }
}
