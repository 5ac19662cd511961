//! How grids are numbered. A scheme only warns: codes of other places are kept as they are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::level::GridLevel;

/// How the codes of a place are built: segments of digits, one a rank, each code beginning with its parent's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeScheme {
    /// The division code in 12 digits (district 6, street 3, community 3), then 3 for base and 2 for micro grids.
    #[default]
    Division,
    /// Beijing's DB11: 15 digits, 6 + 3 + 3 + 3, down to the base grid.
    Beijing,
    /// CJ/T 349: 20 digits of a base grid, namely 6 for the kind of object it serves, then district 6, street 3, community
    /// 3 and a serial of 2. The ranks above have their plain division code.
    Cjt349,
    /// Whatever codes there are.
    Any,
    /// Segments of one's own.
    Custom {
        /// Highest rank first. A rank that is not named is not looked at.
        segments: Vec<Segment>,
        /// Digits in front, if there are such.
        #[serde(default)]
        lead: Option<Lead>,
    },
}

/// The digits that one rank adds to the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// The rank.
    pub level: GridLevel,
    /// How many digits.
    #[schema(minimum = 1)]
    pub digits: u8,
}

/// Digits in front of the division code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lead {
    /// The highest rank whose codes have them.
    pub from: GridLevel,
    /// How many digits.
    #[schema(minimum = 1)]
    pub digits: u8,
}

const DIVISION: [Segment; 5] = [
    Segment::new(GridLevel::District, 6),
    Segment::new(GridLevel::Street, 3),
    Segment::new(GridLevel::Community, 3),
    Segment::new(GridLevel::Base, 3),
    Segment::new(GridLevel::Micro, 2),
];
const CJT349: [Segment; 4] = [
    Segment::new(GridLevel::District, 6),
    Segment::new(GridLevel::Street, 3),
    Segment::new(GridLevel::Community, 3),
    Segment::new(GridLevel::Base, 2),
];
const CJT349_LEAD: Lead = Lead { from: GridLevel::Base, digits: 6 };

// === impl CodeScheme ===

impl CodeScheme {
    /// How many digits a code of this rank has; none where the scheme does not say.
    pub fn digits(&self, level: GridLevel) -> Option<usize> {
        let segments = self.segments();
        segments.iter().any(|segment| segment.level == level).then(|| {
            let above = segments.iter().filter(|segment| segment.level <= level);
            self.lead_digits(level) + above.map(|segment| usize::from(segment.digits)).sum::<usize>()
        })
    }

    /// Whether a code of this rank has the right number of digits and nothing else; true where the scheme does not say.
    pub fn fits(&self, level: GridLevel, code: &str) -> bool {
        self.digits(level)
            .is_none_or(|digits| code.len() == digits && code.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Whether a child's code begins with its parent's, each without the digits in front; true where the scheme says
    /// nothing of one of the ranks.
    pub fn nests(&self, parent: (GridLevel, &str), child: (GridLevel, &str)) -> bool {
        if self.digits(parent.0).is_none() || self.digits(child.0).is_none() {
            return true;
        }
        let above = parent.1.get(self.lead_digits(parent.0)..);
        let below = child.1.get(self.lead_digits(child.0)..);
        above.zip(below).is_some_and(|(above, below)| below.starts_with(above))
    }

    fn segments(&self) -> &[Segment] {
        match self {
            Self::Division => &DIVISION,
            Self::Beijing => &DIVISION[..4],
            Self::Cjt349 => &CJT349,
            Self::Any => &[],
            Self::Custom { segments, .. } => segments,
        }
    }

    fn lead_digits(&self, level: GridLevel) -> usize {
        let lead = match self {
            Self::Cjt349 => Some(CJT349_LEAD),
            Self::Custom { lead, .. } => *lead,
            Self::Division | Self::Beijing | Self::Any => None,
        };
        lead.filter(|lead| level >= lead.from).map_or(0, |lead| usize::from(lead.digits))
    }
}

// === impl Segment ===

impl Segment {
    const fn new(level: GridLevel, digits: u8) -> Self {
        Self { level, digits }
    }
}
