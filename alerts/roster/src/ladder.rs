//! Who is called for an alert, one after the other.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    language::Language,
    post::{Position, Post},
    roster::Roster,
    text::{GridCode, PersonId},
};

/// A rung of the ladder, and who is on duty there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rung {
    /// Which rung.
    pub name: RungName,
    /// Who; where it is empty the rung is skipped at once. Nobody is on two rungs.
    pub people: Vec<PersonId>,
    /// The post they are on duty at; null where there is no such post.
    #[schema(required)]
    pub post: Option<Post>,
}

/// What a rung is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RungName {
    /// The grid's own worker.
    Primary,
    /// Who stands in.
    Backup,
    /// 网格长.
    Leader,
    /// Whoever is on duty in a neighbouring grid.
    Neighbour,
    /// 巡逻队.
    Patrol,
    /// 警务室.
    Police,
}

/// The rungs for an alert in the last grid of `path`, which begins at the top of the tree, in the order in which they are
/// called; empty ones stay in their place. `neighbours` are the grids around the one that is [`answering`], the nearest first.
///
/// What the grid that answers has no post for, the next grid above it that has one answers for. Of the neighbours the first
/// one counts where somebody is on duty who was not named before.
pub fn ladder(roster: &Roster, path: &[GridCode], neighbours: &[GridCode], at: Timestamp) -> Vec<Rung> {
    let upward = || path.iter().rev();
    let is_set_up = |post: &Post| roster.is_set_up(post, at);
    let answering = answering(roster, path, at);

    let of_answering =
        |position| answering.map(|grid| Post::grid(grid, position)).filter(|post| is_set_up(post));
    let leader = upward()
        .skip_while(|grid| Some(*grid) != answering)
        .map(|grid| Post::grid(grid, Position::Leader))
        .find(is_set_up);
    let patrol = upward().map(|grid| Post::PatrolPool { grid: grid.clone() }).find(is_set_up);
    let police = upward().map(|grid| Post::PolicePost { grid: grid.clone() }).find(is_set_up);

    let mut climb = Climb { roster, at, named: HashSet::new() };
    vec![
        climb.rung(RungName::Primary, of_answering(Position::Primary)),
        climb.rung(RungName::Backup, of_answering(Position::Backup)),
        climb.rung(RungName::Leader, leader),
        climb.neighbour(neighbours),
        climb.rung(RungName::Patrol, patrol),
        climb.rung(RungName::Police, police),
    ]
}

/// The grid that answers for an alert in the last grid of `path`: the lowest one on the path that has a post of its own at that
/// moment; none where no grid has.
pub fn answering<'a>(roster: &Roster, path: &'a [GridCode], at: Timestamp) -> Option<&'a GridCode> {
    let has_post = |grid: &GridCode| {
        Position::ALL.into_iter().any(|position| roster.is_set_up(&Post::grid(grid, position), at))
    };
    path.iter().rev().find(|grid| has_post(grid))
}

/// Takes people onto rungs, each once.
struct Climb<'a> {
    roster: &'a Roster,
    at: Timestamp,
    named: HashSet<PersonId>,
}

// === impl Climb ===

impl Climb<'_> {
    fn rung(&mut self, name: RungName, post: Option<Post>) -> Rung {
        let on_duty = post.as_ref().map(|post| self.roster.on_duty(post, self.at)).unwrap_or_default();
        let people = on_duty.into_iter().filter(|person| self.named.insert(person.clone())).collect();
        Rung { name, people, post }
    }

    fn neighbour(&mut self, neighbours: &[GridCode]) -> Rung {
        for grid in neighbours {
            for position in [Position::Primary, Position::Backup] {
                let rung = self.rung(RungName::Neighbour, Some(Post::grid(grid, position)));
                if !rung.is_empty() {
                    return rung;
                }
            }
        }
        Rung { name: RungName::Neighbour, people: Vec::new(), post: None }
    }
}

// === impl Rung ===

impl Rung {
    /// Whether nobody is on duty there.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}

// === impl RungName ===

impl RungName {
    /// All there are, in the order in which they are called.
    pub const ALL: [Self; 6] =
        [Self::Primary, Self::Backup, Self::Leader, Self::Neighbour, Self::Patrol, Self::Police];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Backup => "backup",
            Self::Leader => "leader",
            Self::Neighbour => "neighbour",
            Self::Patrol => "patrol",
            Self::Police => "police",
        }
    }

    /// What it is called.
    pub const fn label(self, language: Language) -> &'static str {
        match language {
            Language::Zh => match self {
                Self::Primary => "主岗",
                Self::Backup => "备岗",
                Self::Leader => "网格长",
                Self::Neighbour => "相邻网格",
                Self::Patrol => "巡逻队",
                Self::Police => "警务室",
            },
            Language::En => match self {
                Self::Primary => "primary",
                Self::Backup => "backup",
                Self::Leader => "leader",
                Self::Neighbour => "neighbouring grid",
                Self::Patrol => "patrol pool",
                Self::Police => "police post",
            },
        }
    }
}
