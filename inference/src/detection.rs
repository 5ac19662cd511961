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
