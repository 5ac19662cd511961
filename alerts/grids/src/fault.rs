//! What can be wrong with one grid of a file, and how people are told.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    area::{POSITIONS_MAX, RING_POSITIONS_MIN, RINGS_MAX},
    error::Place,
    lang::Lang,
    level::GridLevel,
};

/// How much of a file's own words a problem repeats, in characters.
const EXCERPT_CHARS_MAX: usize = 40;

/// What can be wrong with one grid: a code with parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", content = "params", rename_all = "snake_case")]
pub enum Fault {
    /// A property is absent or of the wrong kind.
    Property {
        /// Which property.
        property: Property,
        /// What was found; none where it is absent.
        found: Option<String>,
        /// What is allowed.
        allowed: Allowed,
    },
    /// A text has a character that cannot be seen and may change how the text around it is read.
    ControlCharacter {
        /// Which property.
        property: Property,
        /// The character, as in `U+0007`.
        character: String,
    },
    /// A text is too long.
    TooLong {
        /// Which property.
        property: Property,
        /// How many characters it has.
        chars: usize,
        /// How many are allowed.
        chars_max: usize,
    },
    /// The rank is not one of the six.
    UnknownLevel {
        /// What was found.
        found: String,
    },
    /// Two grids have one code.
    DuplicateCode {
        /// Where the code was before.
        first: Place,
    },
    /// The parent is not in the file.
    UnknownParent {
        /// The parent's code.
        parent: String,
    },
    /// The parents lead back to this grid.
    Cycle {
        /// The codes on the way.
        codes: Vec<String>,
    },
    /// The parent is not of a higher rank.
    LevelOutOfOrder {
        /// The grid's rank.
        level: GridLevel,
        /// The parent's code.
        parent: String,
        /// The parent's rank.
        parent_level: GridLevel,
    },
    /// The area is absent, broken or of another kind.
    NotAnArea {
        /// What was found; none where it is absent.
        found: Option<String>,
        /// What is needed.
        shape: Shape,
    },
    /// A ring has too few different positions.
    RingTooShort {
        /// How many it has.
        positions: usize,
    },
    /// A ring does not end where it began.
    RingNotClosed {
        /// The first position.
        start: (f64, f64),
        /// The last position.
        end: (f64, f64),
    },
    /// A coordinate is not on the globe.
    OutOfRange {
        /// The longitude.
        lon: f64,
        /// The latitude.
        lat: f64,
    },
    /// The border crosses or touches itself, or parts overlap.
    Crossing {
        /// Where, as a WGS-84 longitude.
        lon: f64,
        /// And latitude.
        lat: f64,
    },
    /// A hole is not inside.
    HoleOutside {
        /// The hole's first corner, as a WGS-84 longitude.
        lon: f64,
        /// And latitude.
        lat: f64,
    },
    /// The area has more corners or rings than can be checked.
    TooIntricate {
        /// How many positions.
        positions: usize,
        /// How many rings.
        rings: usize,
    },
}

/// A property of a grid in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// 编码.
    Code,
    /// 名称.
    Name,
    /// 级别.
    Level,
    /// 上级.
    Parent,
    /// 户数.
    Households,
    /// 人数.
    People,
    /// 边界.
    Area,
}

/// What a property may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// A text that is not empty.
    Text,
    /// A code, or nothing.
    CodeOrNothing,
    /// A whole number from 0, or nothing.
    CountOrNothing,
}

/// How an area is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A GeoJSON Polygon or MultiPolygon.
    GeoJson,
    /// A WKT POLYGON or MULTIPOLYGON, or positions as `lon lat;lon lat`.
    Text,
}

// === impl Property ===

impl Property {
    /// All of them, in the order of a table.
    pub const ALL: [Self; 7] =
        [Self::Code, Self::Name, Self::Level, Self::Parent, Self::Households, Self::People, Self::Area];

    /// The name in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Name => "name",
            Self::Level => "level",
            Self::Parent => "parent",
            Self::Households => "households",
            Self::People => "people",
            Self::Area => "area",
        }
    }

    /// The name for people, and the header of a column.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (lang, self) {
            (Lang::En, property) => property.as_str(),
            (Lang::ZhCn, Self::Code) => "编码",
            (Lang::ZhCn, Self::Name) => "名称",
            (Lang::ZhCn, Self::Level) => "级别",
            (Lang::ZhCn, Self::Parent) => "上级",
            (Lang::ZhCn, Self::Households) => "户数",
            (Lang::ZhCn, Self::People) => "人数",
            (Lang::ZhCn, Self::Area) => "边界",
        }
    }
}

// === impl Fault ===

impl Fault {
    pub(crate) const fn no_area() -> Self {
        Self::NotAnArea { found: None, shape: Shape::GeoJson }
    }

    /// What is wrong and what to do about it.
    pub fn describe(&self, lang: Lang) -> String {
        match lang {
            Lang::ZhCn => self.in_chinese(),
            Lang::En => self.in_english(),
        }
    }

    fn in_chinese(&self) -> String {
        let zh = Lang::ZhCn;
        match self {
            Self::Property { property, found, allowed } => {
                let allowed = match allowed {
                    Allowed::Text => "请填写文字",
                    Allowed::CodeOrNothing => "请填写上级网格的编码，顶级网格留空",
                    Allowed::CountOrNothing => "请填写不小于 0 的整数，不清楚则留空",
                };
                match found {
                    Some(found) => format!("{}“{found}”不符合要求，{allowed}", property.name(zh)),
                    None => format!("缺少{}，{allowed}", property.name(zh)),
                }
            }
            Self::ControlCharacter { property, character } => {
                format!("{}中含有不可见的控制字符 {character}，请删除后重新导入", property.name(zh))
            }
            Self::TooLong { property, chars, chars_max } => {
                format!("{}有 {chars} 个字符，最多 {chars_max} 个，请缩短", property.name(zh))
            }
            Self::UnknownLevel { found } => {
                format!("级别“{found}”无法识别，请填写以下之一：{}", GridLevel::list(zh))
            }
            Self::DuplicateCode { first } => {
                format!("编码与{}重复，请为每个网格填写不同的编码", first.describe(zh))
            }
            Self::UnknownParent { parent } => {
                format!("上级“{parent}”不在文件中，请填写文件中另一网格的编码，顶级网格留空")
            }
            Self::Cycle { codes } => format!("上级关系成环：{}，请改正其中一个上级", codes.join(" → ")),
            Self::LevelOutOfOrder { level, parent, parent_level } => format!(
                "{}不能放在{}（{parent}）之下，请按此顺序：{}",
                level.name(zh),
                parent_level.name(zh),
                GridLevel::list(zh)
            ),
            Self::NotAnArea { found, shape } => {
                let needed = match shape {
                    Shape::GeoJson => "请使用 Polygon 或 MultiPolygon",
                    Shape::Text => "请使用 WKT 的 POLYGON、MULTIPOLYGON，或“经度 纬度;经度 纬度”",
                };
                match found {
                    Some(found) => format!("边界“{found}”无法读取，{needed}"),
                    None => format!("缺少边界，{needed}"),
                }
            }
            Self::RingTooShort { positions } => format!(
                "边界有一圈只有 {positions} 个点，至少 {RING_POSITIONS_MIN} 个，且末点与首点相同，请重新绘制"
            ),
            Self::RingNotClosed { start, end } => format!(
                "边界有一圈没有闭合：从 {}, {} 开始，到 {}, {} 结束，请把首点再写一次作为末点",
                start.0, start.1, end.0, end.1
            ),
            Self::OutOfRange { lon, lat } => {
                format!("坐标 {lon}, {lat} 超出范围，经度在前（-180 至 180），纬度在后（-90 至 90），请核对")
            }
            Self::Crossing { lon, lat } => {
                format!("边界在 {lon:.6}, {lat:.6} 处自相交或重叠，请在地图上修正")
            }
            Self::HoleOutside { lon, lat } => {
                format!("位于 {lon:.6}, {lat:.6} 的内环不在外环之内，请在地图上修正")
            }
            Self::TooIntricate { positions, rings } => format!(
                "边界过于复杂（{positions} 个点、{rings} 圈），最多 {POSITIONS_MAX} 个点、{RINGS_MAX} 圈，请先化简"
            ),
        }
    }

    fn in_english(&self) -> String {
        let en = Lang::En;
        match self {
            Self::Property { property, found, allowed } => {
                let allowed = match allowed {
                    Allowed::Text => "give a text",
                    Allowed::CodeOrNothing => "give another grid's code, or nothing for the top",
                    Allowed::CountOrNothing => "give a whole number from 0, or nothing if it is not known",
                };
                match found {
                    Some(found) => format!("{} {found:?} is not allowed; {allowed}", property.name(en)),
                    None => format!("{} is absent; {allowed}", property.name(en)),
                }
            }
            Self::ControlCharacter { property, character } => {
                format!(
                    "{} has the invisible control character {character}; delete it and import again",
                    property.name(en)
                )
            }
            Self::TooLong { property, chars, chars_max } => {
                format!(
                    "{} has {chars} characters; at most {chars_max} are allowed, so shorten it",
                    property.name(en)
                )
            }
            Self::UnknownLevel { found } => {
                format!("level {found:?} is not known; give one of {}", GridLevel::list(en))
            }
            Self::DuplicateCode { first } => {
                format!("the code is already used by {}; give every grid its own", first.describe(en))
            }
            Self::UnknownParent { parent } => {
                format!(
                    "parent {parent:?} is not in the file; give another grid's code, or nothing for the top"
                )
            }
            Self::Cycle { codes } => {
                format!("the parents go round in a circle: {}; correct one of them", codes.join(" -> "))
            }
            Self::LevelOutOfOrder { level, parent, parent_level } => format!(
                "level {level} cannot stand below {parent_level} (parent {parent:?}); keep to the order {}",
                GridLevel::list(en)
            ),
            Self::NotAnArea { found, shape } => {
                let needed = match shape {
                    Shape::GeoJson => "give a Polygon or a MultiPolygon",
                    Shape::Text => "give a WKT POLYGON or MULTIPOLYGON, or positions as \"lon lat;lon lat\"",
                };
                match found {
                    Some(found) => format!("the area {found:?} cannot be read; {needed}"),
                    None => format!("the area is absent; {needed}"),
                }
            }
            Self::RingTooShort { positions } => format!(
                "a ring has {positions} positions; draw it with at least {RING_POSITIONS_MIN}, the last equal to the first"
            ),
            Self::RingNotClosed { start, end } => {
                format!("a ring ends at {end:?} and not where it began; write {start:?} once more at its end")
            }
            Self::OutOfRange { lon, lat } => format!(
                "the position {lon}, {lat} is out of range; check that the longitude (-180 to 180) comes first, then the latitude (-90 to 90)"
            ),
            Self::Crossing { lon, lat } => {
                format!("the border crosses or overlaps itself at {lon:.6}, {lat:.6}; correct it on the map")
            }
            Self::HoleOutside { lon, lat } => {
                format!("the hole at {lon:.6}, {lat:.6} is not inside the outer ring; correct it on the map")
            }
            Self::TooIntricate { positions, rings } => format!(
                "the area is too intricate ({positions} positions, {rings} rings); simplify it to at most {POSITIONS_MAX} positions and {RINGS_MAX} rings"
            ),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(Lang::En))
    }
}

impl std::error::Error for Fault {}

/// The beginning of a text, without what cannot be seen: whole files have no place in a message.
pub(crate) fn excerpt(text: &str) -> String {
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(EXCERPT_CHARS_MAX).collect();
    if text.chars().nth(EXCERPT_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// A JSON value in a few characters.
pub(crate) fn excerpt_of(value: &Value) -> String {
    match value {
        Value::String(text) => excerpt(text),
        Value::Array(_) => "[…]".to_owned(),
        Value::Object(_) => "{…}".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
