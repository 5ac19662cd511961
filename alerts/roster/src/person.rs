//! People, and as what they act where.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    language::Language,
    text::{GridCode, Name, PersonId, Phone},
};

/// Somebody who works with alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The name that colleagues see.
    pub name: Name,
    /// Where the person is called, if they are.
    #[serde(default)]
    #[schema(required)]
    pub phone: Option<Phone>,
    /// As what the person acts, and where.
    #[serde(default)]
    pub roles: Vec<RoleBinding>,
    /// Whether the person works here at present. Who does not is on duty nowhere.
    pub active: bool,
}

/// A role in a part of the grid tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct RoleBinding {
    /// As what.
    #[serde(flatten)]
    pub role: Role,
    /// The top of the subtree in which the role holds.
    pub grid: GridCode,
}

/// As what somebody acts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Role {
    /// 值班员: judges alerts at a seat.
    DutyOfficer,
    /// 值班长: leads the seats.
    ShiftLead,
    /// 网格员: goes to the spot.
    GridWorker,
    /// 网格长, and 网格内勤 who acts in that place.
    GridLeader,
    /// 部门联络员: answers for a department.
    Liaison {
        /// Which department.
        department: Name,
    },
    /// 巡逻队员.
    PatrolMember,
    /// 警务室.
    PolicePost,
    /// 中心主任: first level of 督办.
    CentreDirector,
    /// 政法委员: second level of 督办.
    PoliticalLegal,
    /// 主要负责人: third level of 督办.
    Principal,
    /// 系统管理员.
    Admin,
    /// 审计员.
    Auditor,
}

// === impl Person ===

impl Person {
    /// Whether the person acts in this role anywhere.
    pub fn has_role(&self, role: &Role) -> bool {
        self.roles.iter().any(|binding| &binding.role == role)
    }
}

// === impl Role ===

impl Role {
    /// All roles that need nothing more said, that is all but the liaison.
    pub const SIMPLE: [Self; 11] = [
        Self::DutyOfficer,
        Self::ShiftLead,
        Self::GridWorker,
        Self::GridLeader,
        Self::PatrolMember,
        Self::PolicePost,
        Self::CentreDirector,
        Self::PoliticalLegal,
        Self::Principal,
        Self::Admin,
        Self::Auditor,
    ];

    /// The name on the wire and in files.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::DutyOfficer => "duty_officer",
            Self::ShiftLead => "shift_lead",
            Self::GridWorker => "grid_worker",
            Self::GridLeader => "grid_leader",
            Self::Liaison { .. } => "liaison",
            Self::PatrolMember => "patrol_member",
            Self::PolicePost => "police_post",
            Self::CentreDirector => "centre_director",
            Self::PoliticalLegal => "political_legal",
            Self::Principal => "principal",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// What it is called.
    pub const fn label(&self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::DutyOfficer => ("值班员", "duty officer"),
            Self::ShiftLead => ("值班长", "shift lead"),
            Self::GridWorker => ("网格员", "grid worker"),
            Self::GridLeader => ("网格长", "grid leader"),
            Self::Liaison { .. } => ("部门联络员", "department liaison"),
            Self::PatrolMember => ("巡逻队员", "patrol member"),
            Self::PolicePost => ("警务室", "police post"),
            Self::CentreDirector => ("中心主任", "centre director"),
            Self::PoliticalLegal => ("政法委员", "political and legal commissioner"),
            Self::Principal => ("主要负责人", "principal"),
            Self::Admin => ("系统管理员", "admin"),
            Self::Auditor => ("审计员", "auditor"),
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}
