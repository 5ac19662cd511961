//! Rectangles, in whichever unit their owner says.

/// An axis-aligned rectangle: left, top, right, bottom; `x` grows to the right, `y` down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x1: f32,
    /// Top edge.
    pub y1: f32,
    /// Right edge.
    pub x2: f32,
    /// Bottom edge.
    pub y2: f32,
}

impl Rect {
    /// The rectangle with these edges.
    pub const fn new(x1: f32, y1: f32, x2: f32, y2: f32) -> Self {
        Self { x1, y1, x2, y2 }
    }

    /// Width, never negative.
    pub fn width(&self) -> f32 {
        (self.x2 - self.x1).max(0.0)
    }

    /// Height, never negative.
    pub fn height(&self) -> f32 {
        (self.y2 - self.y1).max(0.0)
    }

    /// Width times height.
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }

    /// The longer side.
    pub fn length(&self) -> f32 {
        self.width().max(self.height())
    }

    /// The middle point.
    pub fn center(&self) -> (f32, f32) {
        ((self.x1 + self.x2) / 2.0, (self.y1 + self.y2) / 2.0)
    }

    /// The part shared with `other`; empty (zero area) where they do not meet.
    pub fn intersection(&self, other: &Self) -> Self {
        Self::new(self.x1.max(other.x1), self.y1.max(other.y1), self.x2.min(other.x2), self.y2.min(other.y2))
    }

    /// The smallest rectangle that holds this one and `other`.
    pub fn union(&self, other: &Self) -> Self {
        Self::new(self.x1.min(other.x1), self.y1.min(other.y1), self.x2.max(other.x2), self.y2.max(other.y2))
    }

    /// Intersection over union, 0 to 1.
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.intersection(other).area();
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// This rectangle cut to `0..=width`, `0..=height`.
    pub fn clamped(&self, width: f32, height: f32) -> Self {
        Self::new(
            self.x1.clamp(0.0, width),
            self.y1.clamp(0.0, height),
            self.x2.clamp(0.0, width),
            self.y2.clamp(0.0, height),
        )
    }

    /// Moved to the right by `dx` and down by `dy`.
    pub fn moved(&self, dx: f32, dy: f32) -> Self {
        Self::new(self.x1 + dx, self.y1 + dy, self.x2 + dx, self.y2 + dy)
    }

    /// Every `x` times `sx` and every `y` times `sy`.
    pub fn scaled(&self, sx: f32, sy: f32) -> Self {
        Self::new(self.x1 * sx, self.y1 * sy, self.x2 * sx, self.y2 * sy)
    }
}

/// A part of a picture, in whole pixels of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Part {
    /// All of a picture of this width and height.
    pub const fn whole(width: u32, height: u32) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// The whole pixels of a picture of this width and height that `rect` touches; at least one, whatever `rect` is.
    pub fn covering(rect: &Rect, width: u32, height: u32) -> Self {
        let span = |from: f32, to: f32, side: u32| {
            let last = side.saturating_sub(1);
            let from = (from.max(0.0).floor() as u32).min(last);
            let to = (to.max(0.0).ceil() as u32).clamp(from + 1, side.max(from + 1));
            (from, to - from)
        };
        let (x, width) = span(rect.x1, rect.x2, width);
        let (y, height) = span(rect.y1, rect.y2, height);
        Self { x, y, width, height }
    }

    /// Whether it lies within a picture of this width and height and is not empty.
    pub fn fits(&self, width: u32, height: u32) -> bool {
        let within = |from: u32, length: u32, side: u32| {
            length > 0 && from.checked_add(length).is_some_and(|to| to <= side)
        };
        within(self.x, self.width, width) && within(self.y, self.height, height)
    }

    /// Its edges.
    pub fn rect(&self) -> Rect {
        let [x, y, width, height] = [self.x, self.y, self.width, self.height].map(|side| side as f32);
        Rect::new(x, y, x + width, y + height)
    }
}
