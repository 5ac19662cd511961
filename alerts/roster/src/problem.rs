//! What can be wrong with an entry of the roster, in words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    language::Language,
    post::Post,
    text::{EntryId, PersonId},
};

/// Something is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("roster entry {entry:?}: {}", .fault.sentence(Language::En))]
pub struct RosterProblem {
    /// Which entry.
    pub entry: EntryId,
    /// What is wrong with it.
    pub fault: RosterFault,
}

/// What can be wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RosterFault {
    /// It names somebody who does not exist.
    UnknownPerson {
        /// Who.
        person: PersonId,
    },
    /// It rosters somebody who does not work here at present.
    InactivePerson {
        /// Who.
        person: PersonId,
    },
    /// It ends before it starts, or at once.
    EndsBeforeStart {
        /// From when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// It lasts too long to be meant.
    TooLong {
        /// How many days are allowed.
        days_max: i64,
    },
    /// The swap takes from somebody who has nothing on the post in all that time.
    GiverNotOn {
        /// Who.
        person: PersonId,
        /// Which post.
        post: Post,
    },
    /// The swap gives to the one it takes from.
    SwapWithSelf {
        /// Who.
        person: PersonId,
    },
    /// The person is away at that time by another entry.
    LeaveOverlaps {
        /// Who.
        person: PersonId,
        /// The other entry.
        other: EntryId,
    },
    /// Another rotation of the post begins on the same day.
    SameStart {
        /// The other entry.
        other: EntryId,
    },
    /// The rotation has no week, or too many.
    Weeks {
        /// How many are allowed; one is needed.
        weeks_max: usize,
    },
    /// A week has too many shifts.
    Shifts {
        /// How many are allowed.
        shifts_max: usize,
    },
    /// Too many people are on at once.
    People {
        /// How many are allowed.
        people_max: usize,
    },
}

// === impl RosterFault ===

impl RosterFault {
    /// What is wrong, and what to do.
    pub fn sentence(&self, language: Language) -> String {
        let (zh, en) = match self {
            Self::UnknownPerson { person } => (
                format!("没有编号为“{person}”的人员；请先登记此人。"),
                format!(
                    "there is nobody with the id {person:?}; register the person first",
                    person = person.as_str()
                ),
            ),
            Self::InactivePerson { person } => (
                format!("人员“{person}”已停用；请改派他人，或先启用此人。"),
                format!(
                    "{:?} is not active; choose somebody else, or activate the person first",
                    person.as_str()
                ),
            ),
            Self::EndsBeforeStart { from, to } => (
                format!("结束时间 {to} 不晚于开始时间 {from}；请更正。"),
                format!("it ends at {to}, which is not after its start at {from}"),
            ),
            Self::TooLong { days_max } => (
                format!("时间过长，最多 {days_max} 天；长期变动请改轮班。"),
                format!("it lasts too long: at most {days_max} days; change the rotation for longer"),
            ),
            Self::GiverNotOn { person, post } => (
                format!("“{person}”在此时间内不在{}值班，无班可换。", post.label(Language::Zh)),
                format!(
                    "{:?} has no duty at {} in that time to give",
                    person.as_str(),
                    post.label(Language::En)
                ),
            ),
            Self::SwapWithSelf { person } => (
                format!("“{person}”不能与自己换班；请选择另一人。"),
                format!("{:?} cannot swap with the same person; choose somebody else", person.as_str()),
            ),
            Self::LeaveOverlaps { person, other } => (
                format!("“{person}”在此时间内已有请假（记录“{other}”）；请修改原记录。"),
                format!(
                    "{:?} is on leave then by entry {:?}; change that entry",
                    person.as_str(),
                    other.as_str()
                ),
            ),
            Self::SameStart { other } => (
                format!("同一岗位已有同日开始的轮班（记录“{other}”）；请修改原记录，或改起始日期。"),
                format!(
                    "rotation {:?} of the same post begins on the same day; change that one",
                    other.as_str()
                ),
            ),
            Self::Weeks { weeks_max } => (
                format!("轮班周期应为 1 至 {weeks_max} 周。"),
                format!("a rotation has 1 to {weeks_max} weeks"),
            ),
            Self::Shifts { shifts_max } => {
                (format!("每周最多 {shifts_max} 个班次。"), format!("a week has at most {shifts_max} shifts"))
            }
            Self::People { people_max } => (
                format!("同一班次最多 {people_max} 人。"),
                format!("a shift has at most {people_max} people"),
            ),
        };
        language.pick(zh, en)
    }
}
