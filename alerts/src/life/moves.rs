//! The moves, and which are allowed when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Actor, ActorRole, AlertState, ClockKind, Department, Hold, Judged, Life, Made, Merged, Refused, Why,
};
use crate::alert::AlertId;

/// What somebody does with an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "move", rename_all = "snake_case")]
pub enum Move {
    /// 确认: it is real.
    Confirm,
    /// 误报: it is nothing.
    Dismiss {
        /// Why it was seen.
        reason: String,
    },
    /// 派单: calls the people of its grid, or one person. It says that it is real where nobody said so before.
    Dispatch {
        /// Who is called instead of the ladder.
        to: Option<String>,
    },
    /// 接单.
    Accept,
    /// 到场.
    Arrive,
    /// 反馈.
    Report {
        /// What was found and done.
        text: String,
    },
    /// 核查: somebody else checked it.
    Verify,
    /// 结案. Without a dispatch it needs a reason.
    Close {
        /// Why, where nobody was sent.
        reason: Option<String>,
    },
    /// 转派: calls somebody else.
    Reassign {
        /// Who.
        to: String,
        /// Why.
        reason: String,
    },
    /// 退单: who was called says no; the next rung is called.
    Return {
        /// Why.
        reason: String,
    },
    /// 吹哨: calls a department in.
    CallIn {
        /// Which one.
        department: String,
        /// For what.
        reason: String,
    },
    /// The department's liaison answers.
    Answer {
        /// Which one.
        department: String,
    },
    /// 并案.
    Merge {
        /// Into which alert.
        into: AlertId,
    },
    /// 撤销并案.
    Unmerge,
    /// 升级: calls the next rung now.
    Escalate {
        /// Why.
        reason: String,
    },
    /// 督办: tells the next level.
    Supervise {
        /// Why.
        reason: String,
    },
    /// 挂起.
    Hold {
        /// Why.
        reason: String,
        /// Until when.
        until: Timestamp,
    },
    /// 恢复.
    Resume,
    /// 重开.
    Reopen {
        /// Why.
        reason: String,
    },
    /// 积压 goes on: people are called now.
    Proceed,
    /// 静默 and over: nobody is left to call. The system's alone.
    Lapse,
    /// A remark.
    Note {
        /// The remark.
        text: String,
    },
    /// 120 was called.
    Emergency {
        /// What came of it.
        outcome: CallOutcome,
    },
}

/// What came of a call to 120.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// Somebody answered and comes.
    Coming,
    /// Somebody answered and does not come.
    Declined,
    /// Nobody answered.
    NoAnswer,
    /// It was called; no more is known.
    Called,
}

/// A move without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the move of the same name")]
pub enum MoveKind {
    Confirm,
    Dismiss,
    Dispatch,
    Accept,
    Arrive,
    Report,
    Verify,
    Close,
    Reassign,
    Return,
    CallIn,
    Answer,
    Merge,
    Unmerge,
    Escalate,
    Supervise,
    Hold,
    Resume,
    Reopen,
    Proceed,
    Lapse,
    Note,
    Emergency,
}

impl Move {
    /// Which move it is.
    pub const fn kind(&self) -> MoveKind {
        match self {
            Self::Confirm => MoveKind::Confirm,
            Self::Dismiss { .. } => MoveKind::Dismiss,
            Self::Dispatch { .. } => MoveKind::Dispatch,
            Self::Accept => MoveKind::Accept,
            Self::Arrive => MoveKind::Arrive,
            Self::Report { .. } => MoveKind::Report,
            Self::Verify => MoveKind::Verify,
            Self::Close { .. } => MoveKind::Close,
            Self::Reassign { .. } => MoveKind::Reassign,
            Self::Return { .. } => MoveKind::Return,
            Self::CallIn { .. } => MoveKind::CallIn,
            Self::Answer { .. } => MoveKind::Answer,
            Self::Merge { .. } => MoveKind::Merge,
            Self::Unmerge => MoveKind::Unmerge,
            Self::Escalate { .. } => MoveKind::Escalate,
            Self::Supervise { .. } => MoveKind::Supervise,
            Self::Hold { .. } => MoveKind::Hold,
            Self::Resume => MoveKind::Resume,
            Self::Reopen { .. } => MoveKind::Reopen,
            Self::Proceed => MoveKind::Proceed,
            Self::Lapse => MoveKind::Lapse,
            Self::Note { .. } => MoveKind::Note,
            Self::Emergency { .. } => MoveKind::Emergency,
        }
    }

    /// The reason or remark it carries.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Dismiss { reason }
            | Self::Reassign { reason, .. }
            | Self::Return { reason }
            | Self::CallIn { reason, .. }
            | Self::Escalate { reason }
            | Self::Supervise { reason }
            | Self::Hold { reason, .. }
            | Self::Reopen { reason } => Some(reason),
            Self::Report { text } | Self::Note { text } => Some(text),
            Self::Close { reason } => reason.as_deref(),
            _ => None,
        }
    }
}

impl MoveKind {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Confirm,
        Self::Dismiss,
        Self::Dispatch,
        Self::Accept,
        Self::Arrive,
        Self::Report,
        Self::Verify,
        Self::Close,
        Self::Reassign,
        Self::Return,
        Self::CallIn,
        Self::Answer,
        Self::Merge,
        Self::Unmerge,
        Self::Escalate,
        Self::Supervise,
        Self::Hold,
        Self::Resume,
        Self::Reopen,
        Self::Proceed,
        Self::Lapse,
        Self::Note,
        Self::Emergency,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Dismiss => "dismiss",
            Self::Dispatch => "dispatch",
            Self::Accept => "accept",
            Self::Arrive => "arrive",
            Self::Report => "report",
            Self::Verify => "verify",
            Self::Close => "close",
            Self::Reassign => "reassign",
            Self::Return => "return",
            Self::CallIn => "call_in",
            Self::Answer => "answer",
            Self::Merge => "merge",
            Self::Unmerge => "unmerge",
            Self::Escalate => "escalate",
            Self::Supervise => "supervise",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Reopen => "reopen",
            Self::Proceed => "proceed",
            Self::Lapse => "lapse",
            Self::Note => "note",
            Self::Emergency => "emergency",
        }
    }

    /// Whether somebody in this role makes such moves. The system is bound by the states alone.
    const fn is_of(self, role: ActorRole) -> bool {
        use ActorRole::{DutyOfficer, GridLeader, GridWorker, Liaison, ShiftLead, System};
        match self {
            Self::Accept | Self::Arrive | Self::Report | Self::Return => true,
            Self::Lapse => matches!(role, System),
            Self::Answer => matches!(role, System | Liaison | DutyOfficer | ShiftLead),
            Self::Note | Self::Emergency => true,
            Self::Reassign | Self::Verify | Self::Escalate | Self::CallIn => {
                !matches!(role, GridWorker | Liaison)
            }
            _ => !matches!(role, GridWorker | GridLeader | Liaison),
        }
    }
}

impl Life {
    /// Which state a move leads to; none where it is not allowed.
    fn after(&self, kind: MoveKind) -> Option<AlertState> {
        use AlertState::{
            Accepted, Closed, Confirmed, Dispatched, False, OnScene, Pending, Reported, Verified,
        };
        use MoveKind as M;
        let state = self.state;
        let stay = Some(state);
        if matches!(kind, M::Note | M::Emergency) {
            return stay;
        }
        if self.merged.is_some() {
            return if kind == M::Unmerge { stay } else { None };
        }
        if self.on_hold.is_some()
            && !matches!(kind, M::Resume | M::Dismiss | M::Accept | M::Arrive | M::Report)
        {
            return None;
        }
        let unjudged = self.judged.is_none();
        match (kind, state) {
            (M::Confirm, Pending) => Some(Confirmed),
            (M::Confirm, Dispatched | Accepted | OnScene | Reported) if unjudged => stay,
            (M::Dismiss, Pending | Confirmed | Dispatched | Accepted | OnScene | Reported) => Some(False),
            (M::Dispatch, Pending | Confirmed) => Some(Dispatched),
            (M::Accept, Dispatched) => Some(Accepted),
            (M::Arrive, Accepted) => Some(OnScene),
            (M::Report, OnScene) => Some(Reported),
            (M::Verify, Reported) => Some(Verified),
            (M::Close, Verified | Confirmed) => Some(Closed),
            (M::Reassign, Dispatched | Accepted | OnScene | Reported) => Some(Dispatched),
            (M::Return, Dispatched | Accepted) => Some(Dispatched),
            (M::CallIn, Confirmed | Dispatched | Accepted | OnScene | Reported) => stay,
            (M::Answer, Confirmed | Dispatched | Accepted | OnScene | Reported | Verified) => stay,
            (M::Merge, Pending | Confirmed | Dispatched | Accepted | OnScene) => stay,
            (M::Escalate, Dispatched | Accepted | OnScene) => stay,
            (M::Supervise, Pending | Confirmed | Dispatched | Accepted | OnScene) if self.supervision < 3 => {
                stay
            }
            (M::Hold, Pending | Confirmed | Dispatched | Accepted | OnScene | Reported) => stay,
            (M::Resume, _) if self.on_hold.is_some() => stay,
            (M::Reopen, False) => Some(Pending),
            (M::Reopen, Verified | Closed) => {
                Some(if self.times.dispatched.is_some() { Dispatched } else { Confirmed })
            }
            (M::Lapse, Pending) => Some(Closed),
            (M::Proceed, _) if self.backlog && !state.is_final() => stay,
            _ => None,
        }
    }

    /// The moves that the state allows, for a role.
    pub fn allowed(&self, role: ActorRole) -> Vec<MoveKind> {
        let allowed = |kind: &MoveKind| kind.is_of(role) && self.after(*kind).is_some();
        MoveKind::ALL.into_iter().filter(allowed).collect()
    }

    /// Makes a move; clocks that nobody waits for any more are taken away. `known` is the number of moves that whoever moves
    /// knew of: another one means that somebody was first.
    ///
    /// # Errors
    /// The move is not allowed. Nothing has changed then.
    pub(crate) fn make(
        &mut self,
        mv: &Move,
        by: &Actor,
        known: Option<u32>,
        now: Timestamp,
    ) -> Result<(), Box<Refused>> {
        let kind = mv.kind();
        if known.is_some_and(|known| known != self.step) {
            return Err(self.refuse(kind, Why::Overtaken, by.role));
        }
        let Some(state) = self.after(kind) else { return Err(self.refuse(kind, Why::State, by.role)) };
        if !kind.is_of(by.role) {
            return Err(self.refuse(kind, Why::Role, by.role));
        }
        if kind == MoveKind::Verify && self.handled_by(by) {
            return Err(self.refuse(kind, Why::OwnCase, by.role));
        }
        if let Move::Answer { department } = mv
            && !self.departments.iter().any(|d| d.name == *department && d.answered_at.is_none())
        {
            return Err(self.refuse(kind, Why::State, by.role));
        }
        self.state = state;
        self.step += 1;
        self.last_move = Some(Made { r#move: kind, by: by.clone(), at: now });
        self.note_time(now);
        self.note_content(mv, by, now);
        self.settle();
        Ok(())
    }

    fn refuse(&self, attempted: MoveKind, why: Why, role: ActorRole) -> Box<Refused> {
        Box::new(Refused {
            attempted,
            why,
            state: self.state,
            step: self.step,
            allowed: self.allowed(role),
            last_move: self.last_move.clone(),
        })
    }

    /// Whether somebody accepted the case or was called to it and reported.
    fn handled_by(&self, actor: &Actor) -> bool {
        let Some(person) = &actor.person else { return false };
        self.called.accepted.as_ref().is_some_and(|by| by.is(person))
            || (self.called.people.contains(person) && actor.role == ActorRole::GridWorker)
    }

    fn note_time(&mut self, now: Timestamp) {
        let times = &mut self.times;
        let first = match self.state {
            AlertState::Pending => return,
            AlertState::False | AlertState::Closed => {
                times.closed = Some(now);
                return;
            }
            AlertState::Confirmed => return,
            AlertState::Dispatched => &mut times.dispatched,
            AlertState::Accepted => &mut times.accepted,
            AlertState::OnScene => &mut times.on_scene,
            AlertState::Reported => &mut times.reported,
            AlertState::Verified => &mut times.verified,
        };
        first.get_or_insert(now);
    }

    fn judge(&mut self, real: bool, by: &Actor, now: Timestamp, reason: Option<&str>) {
        self.times.judged.get_or_insert(now);
        self.judged = Some(Judged { real, by: by.clone(), at: now, reason: reason.map(str::to_owned) });
    }

    fn note_content(&mut self, mv: &Move, by: &Actor, now: Timestamp) {
        match mv {
            Move::Confirm => self.judge(true, by, now, None),
            Move::Dismiss { reason } => self.judge(false, by, now, Some(reason)),
            // What the system dispatches is judged by an officer in parallel.
            Move::Dispatch { .. } if by.role != ActorRole::System && self.judged.is_none() => {
                self.judge(true, by, now, None);
            }
            Move::Accept => self.called.accepted = Some(by.clone()),
            Move::Reassign { .. } => self.called.accepted = None,
            Move::Return { .. } => {
                self.called.accepted = None;
                self.called.returned.extend(by.person.clone());
            }
            Move::CallIn { department, .. } => {
                self.departments.retain(|d| d.name != *department);
                let called = Department { name: department.clone(), called_at: now, answered_at: None };
                self.departments.push(called);
            }
            Move::Answer { department } => {
                for called in self.departments.iter_mut().filter(|d| d.name == *department) {
                    called.answered_at = Some(now);
                }
            }
            Move::Merge { into } => {
                let left = self.pause(now);
                self.merged = Some(Merged { into: *into, at: now, left });
            }
            Move::Unmerge => {
                if let Some(merged) = self.merged.take() {
                    self.go_on(merged.left, now);
                }
            }
            Move::Hold { reason, until } => {
                let left = self.pause(now);
                self.on_hold = Some(Hold { reason: reason.clone(), until: *until, left, silence: None });
                self.start(ClockKind::Resume, now, until.duration_since(now));
            }
            Move::Resume => {
                if let Some(hold) = self.on_hold.take() {
                    self.go_on(hold.left, now);
                }
            }
            Move::Supervise { .. } => self.supervision = (self.supervision + 1).min(3),
            Move::Reopen { .. } => {
                self.reopened += 1;
                self.judged = self.judged.take().filter(|judged| judged.real);
                self.called = super::Called::default();
                self.times.closed = None;
            }
            Move::Proceed => self.backlog = false,
            _ => {}
        }
        if self.state.is_final() || matches!(self.state, AlertState::Reported) {
            self.on_hold = None;
        }
    }
}
