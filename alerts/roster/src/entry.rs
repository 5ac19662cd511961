//! What is written into the roster: rotations, swaps, leave and overrides.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    language::Language,
    post::Post,
    text::{EntryId, PersonId, Reason},
};

/// One entry, and who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RosterEntry {
    /// Which entry.
    pub id: EntryId,
    /// Who made it.
    pub made_by: PersonId,
    /// When it was made. Of two entries that contradict one another the later counts.
    pub made_at: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub plan: Plan,
}

/// What an entry says. An override counts before a swap, a swap before a rotation, and who is on leave is not on duty
/// whatever else is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Plan {
    /// 轮班.
    Rotation(Rotation),
    /// 换班.
    Swap(Swap),
    /// 请假.
    Leave(Leave),
    /// 临时调整.
    Override(Override),
}

/// Shifts that come again every few weeks, without an end: the rotation of the post that begins next takes its place.
/// One without shifts ends the post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rotation {
    /// Where.
    pub post: Post,
    /// The first day of the first week. A shift belongs to the day on which it begins.
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    pub starts_on: Date,
    /// The weeks of one round, first to last; each begins on the weekday of `starts_on`.
    pub weeks: Vec<Week>,
}

/// A week of a rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Week {
    /// Its shifts, in any order. Of shifts at the same time all people are on duty.
    pub shifts: Vec<Shift>,
}

/// A shift by the place's clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shift {
    /// On which day it begins.
    pub weekday: Weekday,
    /// From then on.
    #[schema(value_type = String, example = "20:00:00")]
    pub from: Time,
    /// Until before then: on the next day where it is not later than `from`, so that equal times are a whole day.
    #[schema(value_type = String, example = "08:00:00")]
    pub to: Time,
    /// Who.
    pub people: Vec<PersonId>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// 周一.
    Monday,
    /// 周二.
    Tuesday,
    /// 周三.
    Wednesday,
    /// 周四.
    Thursday,
    /// 周五.
    Friday,
    /// 周六.
    Saturday,
    /// 周日.
    Sunday,
}

/// Somebody takes what another has on one post, whenever that is within a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Swap {
    /// Where.
    pub post: Post,
    /// From then on.
    pub from: Timestamp,
    /// Until before then.
    pub to: Timestamp,
    /// Who is on duty by the rotation or an earlier swap.
    pub gives: PersonId,
    /// Who is on duty instead.
    pub takes: PersonId,
    /// Why.
    pub reason: Reason,
}

/// Somebody is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Leave {
    /// Who.
    pub person: PersonId,
    /// From then on.
    pub from: Timestamp,
    /// Until before then.
    pub to: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// For a time these people are on duty, and nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Override {
    /// Where.
    pub post: Post,
    /// From then on.
    pub from: Timestamp,
    /// Until before then.
    pub to: Timestamp,
    /// Who; nobody where it is empty.
    pub people: Vec<PersonId>,
    /// Why.
    pub reason: Reason,
}

// === impl Plan ===

impl Plan {
    /// The post it is about; none for leave, which is about a person.
    pub fn post(&self) -> Option<&Post> {
        match self {
            Self::Rotation(rotation) => Some(&rotation.post),
            Self::Swap(swap) => Some(&swap.post),
            Self::Override(change) => Some(&change.post),
            Self::Leave(_) => None,
        }
    }

    /// From when until when it holds; none for a rotation, which goes on.
    pub fn time(&self) -> Option<(Timestamp, Timestamp)> {
        match self {
            Self::Rotation(_) => None,
            Self::Swap(Swap { from, to, .. })
            | Self::Leave(Leave { from, to, .. })
            | Self::Override(Override { from, to, .. }) => Some((*from, *to)),
        }
    }

    /// Everybody whom it names, some of them more than once.
    pub(crate) fn people(&self) -> Vec<&PersonId> {
        match self {
            Self::Rotation(rotation) => rotation.shifts().flat_map(|shift| &shift.people).collect(),
            Self::Swap(swap) => vec![&swap.gives, &swap.takes],
            Self::Leave(leave) => vec![&leave.person],
            Self::Override(change) => change.people.iter().collect(),
        }
    }
}

// === impl Rotation ===

impl Rotation {
    /// All shifts of one round.
    pub fn shifts(&self) -> impl Iterator<Item = &Shift> {
        self.weeks.iter().flat_map(|week| &week.shifts)
    }

    /// The shifts that begin on a day.
    pub(crate) fn shifts_on(&self, date: Date) -> impl Iterator<Item = &Shift> {
        let weekday = Weekday::of(date);
        self.week_of(date)
            .into_iter()
            .flat_map(|week| &week.shifts)
            .filter(move |shift| shift.weekday == weekday)
    }

    fn week_of(&self, date: Date) -> Option<&Week> {
        let days = date.duration_since(self.starts_on).as_hours() / 24;
        let weeks = usize::try_from(days).ok()? / 7;
        self.weeks.get(weeks.checked_rem(self.weeks.len())?)
    }
}

// === impl Weekday ===

impl Weekday {
    /// All days, Monday first.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The weekday of a date.
    pub fn of(date: Date) -> Self {
        match date.weekday() {
            jiff::civil::Weekday::Monday => Self::Monday,
            jiff::civil::Weekday::Tuesday => Self::Tuesday,
            jiff::civil::Weekday::Wednesday => Self::Wednesday,
            jiff::civil::Weekday::Thursday => Self::Thursday,
            jiff::civil::Weekday::Friday => Self::Friday,
            jiff::civil::Weekday::Saturday => Self::Saturday,
            jiff::civil::Weekday::Sunday => Self::Sunday,
        }
    }

    /// What it is called.
    pub const fn label(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Monday => ("周一", "Monday"),
            Self::Tuesday => ("周二", "Tuesday"),
            Self::Wednesday => ("周三", "Wednesday"),
            Self::Thursday => ("周四", "Thursday"),
            Self::Friday => ("周五", "Friday"),
            Self::Saturday => ("周六", "Saturday"),
            Self::Sunday => ("周日", "Sunday"),
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}
