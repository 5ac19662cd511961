//! One incident from its beginning to its end: what is seen of it, and what people do about it, each in its own time.

use std::{collections::VecDeque, time::Duration};

use gridwatch_alerts::{Actor, ActorRole, AlertId, Move};
use jiff::{SignedDuration, Timestamp};
use rand::{Rng, rngs::StdRng};
use tokio::time::Instant;

use super::order::{Answer, Deed, PLACES_OF_CAMERA, Sight, Spot, Stage, Verdict};

/// How many cameras see something.
pub const CAMERAS: usize = 300;
/// How many incidents there are at most; each has a spot of its own.
pub const CASES_MAX: usize = CAMERAS * PLACES_OF_CAMERA;
/// How long a hold is.
const HOLD: SignedDuration = SignedDuration::from_millis(1_500);

/// An incident.
pub struct Case {
    /// Where.
    pub spot: Spot,
    /// The alert, once the desk has named it.
    pub alert: Option<AlertId>,
    /// What the desk has said it has seen to, in order.
    pub seen: Vec<Stage>,
    incident: u64,
    began_at: Timestamp,
    lines: [Line; 3],
}

/// What is done one after the other, each so long after the one before.
struct Line {
    steps: VecDeque<(Duration, Step)>,
    is_under_way: bool,
    ready_at: Instant,
}

enum Step {
    See(Stage),
    Make(Move, &'static Somebody),
    Hold,
}

struct Somebody(&'static str, ActorRole);

const OFFICER: &Somebody = &Somebody("demo-officer-001", ActorRole::DutyOfficer);
const WORKER: &Somebody = &Somebody("demo-worker-001", ActorRole::GridWorker);
const LEADER: &Somebody = &Somebody("demo-leader-001", ActorRole::GridLeader);
/// A department of the demo world.
const DEPARTMENT: &str = "医疗";

/// Which line of a case: what is seen, what people do, and what closes it in the end.
pub type LineNo = usize;
const SEEN: LineNo = 0;
const MADE: LineNo = 1;
const CLOSED: LineNo = 2;

// === impl Case ===

impl Case {
    /// The incident with this number.
    pub fn new(number: usize, rng: &mut StdRng, now: Instant, at: Timestamp) -> Self {
        let spot = Spot { camera: number % CAMERAS, place: number / CAMERAS, is_crowd: rng.random_bool(0.3) };
        let made = handling(rng);
        // What nobody handles must not call people: they would be called for ever.
        let seen = course(rng, !made.is_empty());
        let closed = if made.is_empty() { Vec::new() } else { closing() };
        let line =
            |steps: Vec<(Duration, Step)>| Line { steps: steps.into(), is_under_way: false, ready_at: now };
        let lines = [line(seen), line(made), line(closed)];
        Self { spot, alert: None, seen: Vec::new(), incident: number as u64, began_at: at, lines }
    }

    /// Whether all is done.
    pub fn is_over(&self) -> bool {
        self.lines.iter().all(Line::is_over)
    }

    /// When the next thing is to be done; none while all lines wait for an answer or for one another.
    pub fn next(&self) -> Option<Instant> {
        (0..self.lines.len())
            .filter(|line| self.is_open(*line))
            .filter_map(|line| self.lines[line].next())
            .min()
    }

    /// What is to be done by now.
    pub fn due(&mut self, now: Instant, at: Timestamp) -> Vec<(LineNo, Deed)> {
        let is_due =
            |line: &LineNo| self.is_open(*line) && self.lines[*line].next().is_some_and(|next| next <= now);
        let due: Vec<LineNo> = (0..self.lines.len()).filter(is_due).collect();
        due.into_iter().filter_map(|line| Some((line, self.begin(line, at)?))).collect()
    }

    /// An answer to what was begun in a line.
    pub fn answered(&mut self, line: LineNo, deed: &Deed, answer: &Answer, now: Instant) {
        self.lines[line].is_under_way = false;
        self.lines[line].ready_at = now;
        if let (Deed::Observe(sight), Verdict::Done) = (deed, answer.done) {
            self.seen.push(sight.stage);
            self.alert = self.alert.or(answer.alert);
        }
    }

    fn is_open(&self, line: LineNo) -> bool {
        match line {
            SEEN => true,
            MADE => self.alert.is_some(),
            _ => self.alert.is_some() && self.lines[..CLOSED].iter().all(Line::is_over),
        }
    }

    fn begin(&mut self, line: LineNo, at: Timestamp) -> Option<Deed> {
        let (_, step) = self.lines[line].steps.pop_front()?;
        self.lines[line].is_under_way = true;
        let (mv, who) = match step {
            Step::See(stage) => {
                let (spot, incident, since) = (self.spot, self.incident, self.began_at);
                return Some(Deed::Observe(Sight { spot, incident, stage, since, at }));
            }
            Step::Make(mv, who) => (mv, who),
            Step::Hold => (Move::Hold { reason: "a while".to_owned(), until: at + HOLD }, OFFICER),
        };
        let Somebody(person, role) = *who;
        let by =
            Actor { person: Some(person.to_owned()), name: person.to_owned(), role, from: String::new() };
        Some(Deed::Act { alert: self.alert?, mv, by })
    }
}

// === impl Line ===

impl Line {
    fn is_over(&self) -> bool {
        self.steps.is_empty() && !self.is_under_way
    }

    fn next(&self) -> Option<Instant> {
        let (after, _) = self.steps.front().filter(|_| !self.is_under_way)?;
        Some(self.ready_at + *after)
    }
}

/// What is seen.
fn course(rng: &mut StdRng, may_be_worse: bool) -> Vec<(Duration, Step)> {
    let mut steps = vec![(Duration::ZERO, Step::See(Stage::Begun))];
    for _ in 0..rng.random_range(0..5) {
        steps.push((soon(rng), Step::See(Stage::On)));
    }
    if may_be_worse && rng.random_bool(0.4) {
        steps.push((soon(rng), Step::See(Stage::Worse)));
        steps.push((soon(rng), Step::See(Stage::On)));
    }
    if rng.random_bool(0.8) {
        steps.push((soon(rng), Step::See(Stage::Over)));
    }
    steps
}

/// What people do; nothing for an incident that is left alone.
fn handling(rng: &mut StdRng) -> Vec<(Duration, Step)> {
    let reason = || "for the measurement".to_owned();
    let officer = |mv: Move| Step::Make(mv, OFFICER);
    let worker = |mv: Move| Step::Make(mv, WORKER);
    let dispatch = || officer(Move::Dispatch { to: None });
    let go = || [worker(Move::Accept), worker(Move::Arrive), worker(Move::Report { text: reason() })];
    let reassign = Move::Reassign { to: "demo-worker-002".to_owned(), reason: reason() };
    let call_in = Move::CallIn { department: DEPARTMENT.to_owned(), reason: reason() };
    let answer = Move::Answer { department: DEPARTMENT.to_owned() };
    let steps: Vec<Step> = match rng.random_range(0..8) {
        0 => return Vec::new(),
        1 => {
            let dismiss = || officer(Move::Dismiss { reason: reason() });
            vec![dismiss(), officer(Move::Reopen { reason: reason() }), dismiss()]
        }
        2 => vec![dispatch()],
        3 => [dispatch(), worker(Move::Return { reason: reason() })].into_iter().chain(go()).collect(),
        4 => {
            // While it is on hold nobody can be sent.
            let held =
                [officer(Move::Confirm), Step::Hold, officer(Move::Note { text: reason() }), dispatch()];
            held.into_iter().chain(go()).collect()
        }
        5 => [dispatch(), officer(call_in), officer(answer)].into_iter().chain(go()).collect(),
        6 => {
            let changed = [dispatch(), officer(Move::Escalate { reason: reason() }), officer(reassign)];
            changed.into_iter().chain(go()).collect()
        }
        _ => [officer(Move::Confirm), dispatch()].into_iter().chain(go()).collect(),
    };
    steps.into_iter().map(|step| (later(rng), step)).collect()
}

/// Whatever state it is in: one of these closes it.
fn closing() -> Vec<(Duration, Step)> {
    let dismiss = Move::Dismiss { reason: "the measurement ends".to_owned() };
    let steps = [Step::Make(Move::Verify, LEADER), Step::Make(Move::Close { reason: None }, OFFICER)];
    let steps = steps.into_iter().chain([Step::Make(dismiss, OFFICER)]);
    steps.map(|step| (Duration::from_millis(300), step)).collect()
}

fn soon(rng: &mut StdRng) -> Duration {
    Duration::from_millis(rng.random_range(0..600))
}

/// Now and then later than the clocks allow.
fn later(rng: &mut StdRng) -> Duration {
    Duration::from_millis(rng.random_range(0..1_800))
}
