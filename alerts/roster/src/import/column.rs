//! The columns of the files: what they are called, and what may be in them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{people, rotations};
use crate::language::Language;

/// A column of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(as = RosterColumn)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// A person's or a rotation's id.
    Id,
    /// A person's name.
    Name,
    /// A person's phone number.
    Phone,
    /// As what a person acts.
    Role,
    /// A grid's code.
    Grid,
    /// A department.
    Department,
    /// Whether a person works here at present.
    Active,
    /// What kind of post it is.
    Post,
    /// A seat's name.
    Seat,
    /// The first day of a rotation.
    StartsOn,
    /// How many weeks a round has.
    Weeks,
    /// In which of them a shift is.
    Week,
    /// On which days of it.
    Weekday,
    /// From when.
    From,
    /// Until when.
    To,
    /// Who.
    People,
}

impl Column {
    /// All there are.
    pub const ALL: [Self; 16] = [
        Self::Id,
        Self::Name,
        Self::Phone,
        Self::Role,
        Self::Grid,
        Self::Department,
        Self::Active,
        Self::Post,
        Self::Seat,
        Self::StartsOn,
        Self::Weeks,
        Self::Week,
        Self::Weekday,
        Self::From,
        Self::To,
        Self::People,
    ];

    /// What it is called.
    pub fn label(self, language: Language) -> &'static str {
        let [zh, en, ..] = self.headers() else { return "" };
        language.pick(zh, en)
    }

    /// What its header may be: in Chinese, in English, and other words that are found.
    fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["编号", "id", "工号", "人员编号", "轮班编号"],
            Self::Name => &["姓名", "name"],
            Self::Phone => &["电话", "phone", "手机", "手机号", "联系电话", "mobile"],
            Self::Role => &["角色", "role", "职务"],
            Self::Grid => &["网格编码", "grid", "网格", "grid_code"],
            Self::Department => &["部门", "department"],
            Self::Active => &["在职", "active", "启用"],
            Self::Post => &["岗位", "post"],
            Self::Seat => &["席位", "seat"],
            Self::StartsOn => &["起始日期", "starts_on", "开始日期", "start_date"],
            Self::Weeks => &["周期", "weeks", "周期周数"],
            Self::Week => &["周次", "week", "第几周"],
            Self::Weekday => &["星期", "weekday", "周几"],
            Self::From => &["开始", "from", "开始时间", "上班"],
            Self::To => &["结束", "to", "结束时间", "下班"],
            Self::People => &["人员", "people", "值班人员"],
        }
    }

    /// The column of this header, if it is one of a file's columns. Case and spaces do not matter.
    pub(super) fn of(header: &str, columns: &[Self]) -> Option<Self> {
        let header = header.trim().to_lowercase().replace([' ', '-'], "_");
        columns.iter().copied().find(|column| column.headers().contains(&header.as_str()))
    }

    /// What may be in it, where that is not just any text.
    pub(super) fn allowed(self, language: Language) -> String {
        let fixed = match self {
            Self::Role => return people::roles_allowed(language),
            Self::Post => return rotations::posts_allowed(language),
            Self::Active => ("是、否", "yes, no"),
            Self::StartsOn => ("日期，如 2026-03-02", "a date such as 2026-03-02"),
            Self::Weeks | Self::Week => ("1 至 53 的整数", "a whole number from 1 to 53"),
            Self::Weekday => {
                ("周一至周日、如“周一、周三”的几天、或“每天”", "Monday to Sunday, several of them, or daily")
            }
            Self::From | Self::To => ("时间，如 08:00", "a time such as 08:00"),
            Self::Id
            | Self::Name
            | Self::Phone
            | Self::Grid
            | Self::Department
            | Self::Seat
            | Self::People => ("文字", "a text"),
        };
        language.pick(fixed.0, fixed.1).to_owned()
    }
}
