//! What people do with alerts, and what happens by itself when their time is over.

use jiff::{SignedDuration, Timestamp};

use super::{Desk, OpenAlerts, to_its_end};
use crate::{
    alert::{Alert, AlertId, Change},
    error::Error,
    life::{Actor, ActorRole, AlertState, Move, Refused},
    queue::Queue,
    setup::Setup,
    store::Draft,
    timeline::{Entry, Happening},
};

/// How many alerts' clocks run out in one transaction at most.
const TICK_ALERTS_MAX: usize = 64;

/// How long a reason or a remark may be.
const TEXT_CHARS_MAX: usize = 2000;

/// How long an alert may be on hold.
const HOLD_MAX: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Desk {
    /// Makes a move, to its end, even where the caller stops waiting half-way. `known` is the number of moves
    /// that whoever moves knew of; with none, the last word wins.
    ///
    /// # Errors
    /// [`Error::Refused`] where the alert's state, the role, or somebody who was quicker does not allow it,
    /// [`Error::BadMove`] where what the move carries is not as it must be, [`Error::UnknownAlert`], or the database fails.
    pub async fn act(&self, id: AlertId, mv: Move, by: Actor, known: Option<u32>) -> Result<Alert, Error> {
        let desk = self.clone();
        to_its_end(async move { desk.do_act(id, &mv, by, known).await }).await
    }

    async fn do_act(&self, id: AlertId, mv: &Move, by: Actor, known: Option<u32>) -> Result<Alert, Error> {
        let mut open = self.certain().await?;
        let now = self.clock.now();
        let before = self.find(&open, id).await?;
        check(mv, now, &self.setup())?;
        if *mv == (Move::Close { reason: None }) && before.life.state() == AlertState::Confirmed {
            return Err(Error::BadMove { field: "reason", must: "given where nobody was sent" });
        }
        let mut drafts = Vec::with_capacity(2);
        let other = match mv {
            Move::Merge { into } => Some(self.merge_target(&open, &before, *into).await?),
            Move::Unmerge => match before.life.merged() {
                Some(merged) => Some(self.find(&open, merged.into).await?),
                None => None,
            },
            _ => None,
        };
        let mut alert = before;
        let mut refused: Option<Box<Refused>> = None;
        let draft = self.change(&mut alert, Change::Moved, now, Vec::new(), |case| {
            refused = case.make(mv, by.clone(), known).err();
        });
        if let Some(refused) = refused {
            return Err(Error::Refused(id, refused));
        }
        drafts.push(draft);
        drafts.extend(other.map(|other| {
            let what = match mv {
                Move::Merge { .. } => Happening::TookIn { other: id },
                _ => Happening::GaveBack { other: id },
            };
            Draft { entries: vec![Entry { at: now, by, what }], ..Draft::of(other, Change::Updated) }
        }));
        let written = self.write(&mut open, drafts, now).await?;
        written.into_iter().next().ok_or(Error::UnknownAlert(id))
    }

    /// What waits to be judged, for so many seats.
    ///
    /// # Errors
    /// The database fails.
    pub async fn queue(&self, seats: usize) -> Result<Queue, Error> {
        let open = self.certain().await?;
        let alerts: Vec<Alert> = open.watched.iter().map(|watched| watched.alert.clone()).collect();
        drop(open);
        Ok(Queue::of(&alerts, seats, self.now()))
    }

    /// When the next clock runs out.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.certain().await?.times.next_due())
    }

    /// Lets clocks that are due run out, of at most 64 alerts, the newest first, in one transaction. Gives their number: 0 means
    /// that none is due. Where the machine's time went back, clocks that were started later than it is now begin anew.
    ///
    /// # Errors
    /// The database fails; the clocks are still due then.
    pub async fn tick(&self) -> Result<usize, Error> {
        let desk = self.clone();
        to_its_end(async move { desk.do_tick().await }).await
    }

    pub(super) async fn do_tick(&self) -> Result<usize, Error> {
        let mut open = self.certain().await?;
        let now = self.clock.now();
        let mut to_do = open.times.to_do(now);
        let lifted = open.watched.iter().map(|watched| &watched.alert).filter(|alert| self.is_lifted(alert));
        to_do.extend(lifted.map(|alert| alert.id));
        let alerts = to_do.into_iter().rev().filter_map(|id| open.watched(id)).map(|watched| &watched.alert);
        let due: Vec<Alert> = alerts.take(TICK_ALERTS_MAX).cloned().collect();
        if due.is_empty() {
            return Ok(0);
        }
        let tick = |mut alert: Alert| {
            let is_lifted = self.is_lifted(&alert);
            self.change(&mut alert, Change::Moved, now, Vec::new(), |case| {
                if is_lifted {
                    case.silence_is_over();
                }
                case.tick();
            })
        };
        let drafts: Vec<Draft> = due.into_iter().map(tick).collect();
        Ok(self.write(&mut open, drafts, now).await?.len())
    }

    pub(super) async fn find(&self, open: &OpenAlerts, id: AlertId) -> Result<Alert, Error> {
        match open.watched(id) {
            Some(watched) => Ok(watched.alert.clone()),
            None => self.store.alert(id).await?.ok_or(Error::UnknownAlert(id)),
        }
    }

    async fn merge_target(&self, open: &OpenAlerts, alert: &Alert, into: AlertId) -> Result<Alert, Error> {
        let (id, other) = (alert.id, self.find(open, into).await?);
        // One that took in others does not go into another: nobody would look for them there.
        let has_own = open
            .watched
            .iter()
            .any(|watched| watched.alert.life.merged().is_some_and(|merged| merged.into == id));
        if into == id || !other.life.is_open() || has_own || other.drill != alert.drill {
            return Err(Error::BadMove {
                field: "into",
                must: "another alert that is open, a drill's where this is one; and none that took in others may be merged itself",
            });
        }
        Ok(other)
    }
}

/// Whether a reason or a remark is as it must be.
pub(super) fn check_text(field: &'static str, text: &str) -> Result<(), Error> {
    let is_control = |c: char| c.is_control() && c != '\n' && c != '\t';
    match text.trim().is_empty() || text.chars().count() > TEXT_CHARS_MAX || text.contains(is_control) {
        true => Err(Error::BadMove { field, must: "1 to 2000 characters, none of them a control character" }),
        false => Ok(()),
    }
}

/// Whether somebody sits at the desk.
pub(super) fn check_officer(by: &Actor) -> Result<(), Error> {
    match by.role {
        ActorRole::DutyOfficer | ActorRole::ShiftLead => Ok(()),
        _ => Err(Error::BadMove { field: "by", must: "a duty officer or a shift lead" }),
    }
}

/// Whether what a move carries is as it must be.
fn check(mv: &Move, now: Timestamp, setup: &Setup) -> Result<(), Error> {
    let bad = |field, must| Err(Error::BadMove { field, must });
    if let Some(text) = mv.text() {
        check_text("text", text)?;
    }
    match mv {
        Move::Dispatch { to: Some(person) } | Move::Reassign { to: person, .. }
            if setup.staff.contact(person).is_none() =>
        {
            bad("to", "the id of a person")
        }
        Move::CallIn { department, .. } if setup.staff.liaisons(department, now).is_empty() => {
            bad("department", "a department whose liaison is on duty")
        }
        Move::Hold { until, .. } if *until <= now || until.duration_since(now) > HOLD_MAX => {
            bad("until", "a time to come, at most 7 days from now")
        }
        _ => Ok(()),
    }
}
