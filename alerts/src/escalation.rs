//! What follows from what happens to an alert: which clocks start, and who is called.
//!
//! Nothing here writes or sends. Every step changes the alert's [`Life`](crate::life::Life) and notes entries and calls in a [`Case`]; the
//! desk writes all of it in one transaction.

use gridwatch_roster::RungName;
use jiff::{SignedDuration, Timestamp};

use crate::{
    alert::{Alert, Level},
    crowd::CrowdLevel,
    grid::GridRef,
    life::{Actor, AlertState, Clock, ClockKind, Move, Refused},
    outbox::Told,
    policy::Terms,
    silence::Silence,
    store::Cancelled,
    timeline::{CallReason, Entry, Happening},
};

/// A clock that is noticed later than this has run out while the server was down.
const DOWN_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// An alert that was older than this when the server came back asks before anybody is called.
const BACKLOG_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// Who is on duty.
pub trait Staff: Send + Sync {
    /// Who is on duty on a rung for a spot whose grid is the last of `path`; nobody is an empty list.
    fn on_rung(&self, rung: RungName, path: &[GridRef], at: Timestamp) -> Vec<String>;
    /// Who leads the seats: shift leads, or the officers where there is no lead.
    fn leads(&self, at: Timestamp) -> Vec<String>;
    /// Who answers for a level of 督办, 1 to 3.
    fn supervisors(&self, level: u8, at: Timestamp) -> Vec<String>;
    /// Who answers for a department.
    fn liaisons(&self, department: &str, at: Timestamp) -> Vec<String>;
    /// How somebody is named and reached.
    fn contact(&self, person: &str) -> Option<Contact>;
}

/// How somebody is named and reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contact {
    /// The name.
    pub name: String,
    /// The phone's number.
    pub phone: Option<String>,
}

/// People who are called or told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub why: CallReason,
    pub people: Vec<String>,
}

/// One alert while something happens to it.
pub(crate) struct Case<'a> {
    pub alert: &'a mut Alert,
    pub terms: Terms,
    pub staff: &'a dyn Staff,
    pub now: Timestamp,
    pub entries: Vec<Entry>,
    pub calls: Vec<Call>,
    /// What is not sent yet and is not to be sent any more.
    pub cancelled: Option<Cancelled>,
    /// Who accepted.
    pub accepted_by: Option<String>,
    /// What groups and systems are told.
    pub told: Vec<Told>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(alert: &'a mut Alert, terms: Terms, staff: &'a dyn Staff, now: Timestamp) -> Self {
        Self {
            alert,
            terms,
            staff,
            now,
            entries: Vec::new(),
            calls: Vec::new(),
            cancelled: None,
            accepted_by: None,
            told: Vec::new(),
        }
    }

    /// It was opened.
    pub(crate) fn opened(&mut self) {
        self.note(Actor::system(), Happening::Opened { level: self.alert.level });
        self.start(ClockKind::Judge);
        for level in 1..=3 {
            self.start(ClockKind::Supervise { level });
        }
    }

    /// What it is about is worse or better than it was.
    pub(crate) fn level_changed(&mut self, from: Level) {
        let to = self.alert.level;
        self.note(Actor::system(), Happening::Level { from, to });
        if !to.is_above(from) {
            return;
        }
        let called = self.alert.life.called();
        let people = match &called.accepted {
            Some(by) => by.person.iter().cloned().collect(),
            None => called.people.clone(),
        };
        self.call(CallReason::LevelUp, people);
    }

    /// Calls people without anybody's word where it is bad enough: to a long lie, and to a crowd of the two highest levels.
    pub(crate) fn dispatch_itself(&mut self) {
        let is_bad_enough = match &self.alert.crowd {
            None => self.alert.level == Level::RED,
            Some(crowd) => crowd.level >= CrowdLevel::Danger,
        };
        let waits = matches!(self.alert.life.state(), AlertState::Pending | AlertState::Confirmed);
        if is_bad_enough && waits && self.alert.life.times().dispatched.is_none() {
            // The state allows it, as was just seen, unless it is on hold or merged: then nobody is called.
            let _ = self.make(&Move::Dispatch { to: None }, Actor::system(), None);
        }
    }

    /// Nobody is called about it for now.
    pub(crate) fn silence(&mut self, silence: &Silence) {
        let hold = Move::Hold { reason: silence.reason.clone(), until: silence.until };
        // Whoever is not judged yet may be put on hold.
        if self.make(&hold, silence.by.clone(), None).is_ok() {
            self.alert.life.silence_by(&silence.id);
        }
    }

    /// The silence that held it is over: what goes on is told now, what is over lapses.
    pub(crate) fn silence_is_over(&mut self) {
        // It is on hold, or there would be no silence to end.
        let _ = self.make(&Move::Resume, Actor::system(), None);
        if self.alert.is_lasting() {
            self.told.push(Told::Opened);
            self.dispatch_itself();
        } else {
            let _ = self.make(&Move::Lapse, Actor::system(), None);
        }
    }

    /// Somebody makes a move.
    ///
    /// # Errors
    /// It is not allowed. Nothing has changed then.
    pub(crate) fn make(&mut self, mv: &Move, by: Actor, known: Option<u32>) -> Result<(), Box<Refused>> {
        let from = self.alert.life.state();
        let others = self.others(&by);
        let accepted = by.person.clone();
        let clocks = self.alert.life.clocks().to_vec();
        self.alert.life.make(mv, &by, known, self.now)?;
        let to = self.alert.life.state();
        self.note(by.clone(), Happening::Moved { done: mv.clone(), from, to });
        self.note_stopped(clocks, mv, &by);
        match mv {
            Move::Dispatch { to: None } => {
                self.start(ClockKind::Report);
                self.next_rung(CallReason::Dispatch);
            }
            Move::Dispatch { to: Some(person) } => {
                self.start(ClockKind::Report);
                self.call_named(person);
            }
            Move::Reassign { to, .. } => {
                self.call(CallReason::AllClear, others.into_iter().filter(|other| other != to).collect());
                self.cancelled = Some(Cancelled::Calls);
                self.start(ClockKind::Report);
                self.call_named(to);
            }
            Move::Return { .. } | Move::Escalate { .. } => self.next_rung(CallReason::Dispatch),
            Move::Accept => {
                self.cancelled = Some(Cancelled::Calls);
                self.accepted_by = accepted;
                self.call(CallReason::AllClear, others);
                self.start(ClockKind::Arrive);
            }
            Move::CallIn { department, .. } => {
                self.start(ClockKind::Answer { department: department.clone() });
                let liaisons = self.staff.liaisons(department, self.now);
                self.call(CallReason::CalledIn, liaisons);
            }
            Move::Supervise { .. } => self.tell_supervisors(self.alert.life.supervision()),
            Move::Reopen { .. } => match to {
                AlertState::Dispatched => {
                    self.start(ClockKind::Report);
                    self.next_rung(CallReason::Reopened);
                }
                AlertState::Pending => self.start(ClockKind::Judge),
                _ => {}
            },
            Move::Proceed => self.proceed(),
            Move::Dismiss { .. } | Move::Close { .. } | Move::Merge { .. } => {
                self.cancelled = Some(Cancelled::All);
                // Whoever has reported knows.
                if (AlertState::Dispatched..AlertState::Reported).contains(&from) {
                    self.call(CallReason::AllClear, others);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Lets every clock that is due run out, in order, each once. Those that were started in what is now the future begin anew
    /// first.
    pub(crate) fn tick(&mut self) {
        for Clock { kind: clock, due_at, .. } in self.alert.life.begin_anew(self.now) {
            self.note(Actor::system(), Happening::ClockBegunAnew { clock, due_at });
        }
        for Clock { kind, due_at, .. } in self.alert.life.due(self.now) {
            // An earlier one may have taken it away.
            if !self.alert.life.fire(&kind, self.now) {
                continue;
            }
            self.note(Actor::system(), Happening::ClockFired { clock: kind.clone(), due_at });
            let was_down = self.now.duration_since(due_at) > DOWN_AFTER;
            let is_old = self.now.duration_since(self.alert.opened_at) > BACKLOG_AFTER;
            if was_down && is_old && !self.alert.life.is_backlog() {
                self.alert.life.set_backlog();
                self.note(Actor::system(), Happening::Backlog);
            }
            if kind == ClockKind::Resume && self.alert.life.silence().is_some() {
                self.silence_is_over();
            } else if kind == ClockKind::Resume {
                // It is on hold, or there would be no such clock.
                let _ = self.make(&Move::Resume, Actor::system(), None);
            } else if let ClockKind::Supervise { level } = kind {
                self.alert.life.supervise(level);
            }
            if !self.alert.life.is_backlog() {
                self.run_out(&kind);
            }
        }
    }

    fn run_out(&mut self, kind: &ClockKind) {
        match kind {
            ClockKind::Judge => self.call(CallReason::NotJudged, self.staff.leads(self.now)),
            ClockKind::Accept => self.next_rung(CallReason::Dispatch),
            ClockKind::Arrive => {
                let accepted = self.alert.life.called().accepted.clone().and_then(|by| by.person);
                let mut people: Vec<String> = accepted.into_iter().collect();
                people.extend(self.rung(RungName::Leader));
                people.extend(self.staff.leads(self.now));
                self.call(CallReason::NotArrived, people);
            }
            ClockKind::Report => {
                self.call(CallReason::LeaderTold, self.rung(RungName::Leader));
                let helpers = self.rung(RungName::Patrol).into_iter().chain(self.rung(RungName::Police));
                self.call(CallReason::Reinforce, helpers.collect());
            }
            ClockKind::Supervise { level } => self.tell_supervisors(*level),
            ClockKind::Answer { .. } => self.call(CallReason::NotAnswered, self.staff.leads(self.now)),
            ClockKind::Resume => {}
        }
    }

    /// 积压 goes on: what would be waited for now is begun now.
    fn proceed(&mut self) {
        match self.alert.life.state() {
            AlertState::Pending => self.call(CallReason::NotJudged, self.staff.leads(self.now)),
            AlertState::Dispatched => self.next_rung(CallReason::Dispatch),
            AlertState::Accepted => self.run_out(&ClockKind::Arrive),
            _ => {}
        }
    }

    /// Calls the next rung on which somebody is on duty who was not called yet. Rungs without anybody are skipped at once.
    /// Where none is left, everybody is called again, and the seats' leads are told.
    fn next_rung(&mut self, why: CallReason) {
        let ladder = self.terms.ladder.clone();
        let reached = self.alert.life.called().rung.as_deref();
        let next = ladder.iter().position(|rung| Some(rung.as_str()) == reached).map_or(0, |at| at + 1);
        for rung in ladder.into_iter().skip(next) {
            let called = self.alert.life.called();
            let is_new =
                |person: &String| !called.people.contains(person) && !called.returned.contains(person);
            let people: Vec<String> = self.rung(rung).into_iter().filter(is_new).collect();
            if people.is_empty() {
                self.note(Actor::system(), Happening::NobodyOnDuty { rung: rung.as_str().to_owned() });
                continue;
            }
            self.alert.life.call(rung.as_str(), &people);
            self.call_from(why, Some(rung.as_str()), people);
            self.await_acceptance();
            return;
        }
        let called = self.alert.life.called();
        let again: Vec<String> =
            called.people.iter().filter(|person| !called.returned.contains(*person)).cloned().collect();
        let leads = self.staff.leads(self.now);
        if again.is_empty() {
            self.alert.life.call_nobody();
            self.call(CallReason::NobodyOnDuty, leads);
        } else {
            self.call(CallReason::Again, again.into_iter().chain(leads).collect());
        }
        self.await_acceptance();
    }

    /// Where somebody is on the way already, whoever comes to help need not say so.
    fn await_acceptance(&mut self) {
        if self.alert.life.state() == AlertState::Dispatched {
            self.start(ClockKind::Accept);
        }
    }

    fn call_named(&mut self, person: &str) {
        let people = vec![person.to_owned()];
        self.alert.life.call("named", &people);
        self.call_from(CallReason::Dispatch, Some("named"), people);
        self.start(ClockKind::Accept);
    }

    fn tell_supervisors(&mut self, level: u8) {
        self.call(CallReason::Supervise, self.staff.supervisors(level, self.now));
    }

    fn rung(&self, rung: RungName) -> Vec<String> {
        self.staff.on_rung(rung, &self.alert.grid_path, self.now)
    }

    /// Everybody who was called, but for one.
    fn others(&self, but: &Actor) -> Vec<String> {
        self.alert.life.called().people.iter().filter(|person| !but.is(person)).cloned().collect()
    }

    fn call(&mut self, why: CallReason, people: Vec<String>) {
        self.call_from(why, None, people);
    }

    fn call_from(&mut self, why: CallReason, rung: Option<&str>, people: Vec<String>) {
        let mut once: Vec<String> = Vec::with_capacity(people.len());
        for person in people {
            if !once.contains(&person) {
                once.push(person);
            }
        }
        if once.is_empty() {
            return;
        }
        let rung = rung.map(str::to_owned);
        self.note(Actor::system(), Happening::Called { why, rung, people: once.clone() });
        self.calls.push(Call { why, people: once });
    }

    /// Notes which clocks a move has stopped. Those that stand meanwhile go on later.
    fn note_stopped(&mut self, before: Vec<Clock>, mv: &Move, by: &Actor) {
        for Clock { kind: clock, due_at, fired_at, .. } in before {
            let life = &self.alert.life;
            let stands = life.standing().iter().any(|standing| standing.kind == clock);
            let met = clock.is_met_by(mv, by);
            let goes_on = stands || life.clocks().iter().any(|running| running.kind == clock);
            if !goes_on && (met || fired_at.is_none()) {
                self.note(by.clone(), Happening::ClockStopped { clock, due_at, met });
            }
        }
    }

    fn start(&mut self, kind: ClockKind) {
        let ran =
            self.alert.life.clocks().iter().find(|clock| clock.kind == kind && clock.fired_at.is_none());
        if let Some(due_at) = ran.map(|clock| clock.due_at) {
            self.note(Actor::system(), Happening::ClockStopped { clock: kind.clone(), due_at, met: false });
        }
        if let Some(after) = self.terms.times.of(&kind) {
            self.alert.life.start(kind, self.now, after);
        }
    }

    pub(crate) fn note(&mut self, by: Actor, what: Happening) {
        self.entries.push(Entry { at: self.now, by, what });
    }
}
