//! When nobody is on duty where somebody has to be.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    language::Language,
    post::Post,
    roster::{Roster, Stretch},
    text::PersonId,
};

/// A time in which nobody is on duty at a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Uncovered {
    /// Which post.
    pub post: Post,
    /// From then on.
    pub from: Timestamp,
    /// Until before then.
    pub to: Timestamp,
    /// Why.
    pub why: UncoveredReason,
}

/// Why nobody is on duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum UncoveredReason {
    /// Nobody was to be.
    NobodyRostered,
    /// Everybody who was to be is on leave, or not active.
    OnLeave {
        /// Who of them is on leave.
        people: Vec<PersonId>,
    },
    /// Everybody who was to be is not active.
    Inactive {
        /// Who.
        people: Vec<PersonId>,
    },
}

// === impl Roster ===

impl Roster {
    /// Every time between two moments in which nobody is on duty at one of these posts, by post in the order given, each as
    /// long as it can be for one reason.
    pub fn uncovered<'p>(
        &self,
        posts: impl IntoIterator<Item = &'p Post>,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Uncovered> {
        posts.into_iter().flat_map(|post| self.uncovered_at(post, from, to)).collect()
    }

    fn uncovered_at(&self, post: &Post, from: Timestamp, to: Timestamp) -> Vec<Uncovered> {
        let mut all: Vec<Uncovered> = Vec::new();
        for stretch in self.stretches(post, from, to) {
            if !stretch.present.is_empty() {
                continue;
            }
            let why = self.why(&stretch);
            match all.last_mut() {
                Some(last) if last.to == stretch.from && last.why == why => last.to = stretch.to,
                _ => all.push(Uncovered { post: post.clone(), from: stretch.from, to: stretch.to, why }),
            }
        }
        all
    }

    fn why(&self, stretch: &Stretch) -> UncoveredReason {
        if stretch.rostered.is_empty() {
            return UncoveredReason::NobodyRostered;
        }
        let active = stretch.rostered.iter().filter(|person| self.is_active(person));
        let on_leave: Vec<PersonId> = active.cloned().collect();
        if on_leave.is_empty() {
            UncoveredReason::Inactive { people: stretch.rostered.clone() }
        } else {
            UncoveredReason::OnLeave { people: on_leave }
        }
    }
}

// === impl UncoveredReason ===

impl UncoveredReason {
    /// Whom it names.
    pub fn people(&self) -> &[PersonId] {
        match self {
            Self::NobodyRostered => &[],
            Self::OnLeave { people } | Self::Inactive { people } => people,
        }
    }

    /// The reason, in words, with people by what `name` gives for them.
    pub fn sentence(&self, language: Language, name: impl Fn(&PersonId) -> String) -> String {
        let list = |people: &[PersonId]| {
            let names: Vec<String> = people.iter().map(&name).collect();
            names.join(language.pick("、", ", "))
        };
        match self {
            Self::NobodyRostered => language.pick("无人排班", "nobody is rostered").to_owned(),
            Self::OnLeave { people } => {
                language.pick(format!("请假：{}", list(people)), format!("on leave: {}", list(people)))
            }
            Self::Inactive { people } => {
                language.pick(format!("已停用：{}", list(people)), format!("not active: {}", list(people)))
            }
        }
    }
}
