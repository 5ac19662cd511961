//! Weekly rotations from a file: a row for each shift.

use std::collections::HashMap;

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use super::{
    Column, FileProblem, Import, Imported, Outcome, RowFault, RowProblem,
    read::{Cells, date, not_understood, person_ids, time, weekdays},
    table::Table,
};
use crate::{
    entry::{Plan, RosterEntry, Rotation, Shift, Week, Weekday},
    language::Language,
    post::{Position, Post},
    problem::RosterFault,
    roster::Roster,
    text::{EntryId, GridCode, Name, PersonId},
};

const NEEDED: [Column; 7] =
    [Column::Id, Column::Post, Column::StartsOn, Column::Weekday, Column::From, Column::To, Column::People];
const OPTIONAL: [Column; 5] = [Column::Grid, Column::Department, Column::Seat, Column::Weeks, Column::Week];

/// As many weeks as a round can have, so that a wrong number fills no memory.
const WEEKS_MAX: usize = 53;

/// What the post column takes: in Chinese, in English, and what it means.
const KINDS: [(&str, &str, Kind); 8] = [
    ("主岗", "primary", Kind::Grid(Position::Primary)),
    ("备岗", "backup", Kind::Grid(Position::Backup)),
    ("网格长", "leader", Kind::Grid(Position::Leader)),
    ("巡逻队", "patrol_pool", Kind::PatrolPool),
    ("警务室", "police_post", Kind::PolicePost),
    ("联络员", "liaison", Kind::Liaison),
    ("席位", "seat", Kind::Seat),
    ("值班长", "shift_lead", Kind::ShiftLead),
];

#[derive(Clone, Copy)]
enum Kind {
    Grid(Position),
    PatrolPool,
    PolicePost,
    Liaison,
    Seat,
    ShiftLead,
}

/// Reads rotations from CSV, in UTF-8 or GBK, with Chinese or English headers: 编号 id, 岗位 post, 起始日期 starts_on, 星期
/// weekday (one day, several, or 每天), 开始 from, 结束 to, 人员 people (ids with 、 or ; between them); and 网格编码 grid, 部门
/// department or 席位 seat where the post is one of these, 周期 weeks and 周次 week (1 where they are not said). The rows with
/// one id are one rotation; what its first row says of the post need not be said again. A row that says nothing of weekday,
/// times and people is no shift: so a rotation without any ends its post.
///
/// A rotation whose id is in the roster takes the place of that entry. What would be wrong in the roster, with the rotations
/// before it in the file, is told like everything else. `made_by` and `now` are noted in what is new or changed.
///
/// # Errors
/// The file is no table with these columns, in no such encoding, or too large.
pub fn import_rotations(
    file: &[u8],
    roster: &Roster,
    is_grid: impl Fn(&GridCode) -> bool,
    made_by: &PersonId,
    now: Timestamp,
) -> Result<Import<RosterEntry>, FileProblem> {
    let mut table = Table::read(file, &NEEDED, &OPTIONAL)?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: HashMap<EntryId, usize> = HashMap::new();
    for row in &table.rows {
        let mut cells = Cells::new(row, &mut table.problems);
        let Some(id) = cells.need(Column::Id, |text| Ok(EntryId::new(text)?)) else { continue };
        match places.get(&id) {
            Some(&place) => drafts[place].go_on(cells, &is_grid),
            None => {
                places.insert(id.clone(), drafts.len());
                drafts.push(Draft::begin(id, cells, &is_grid));
            }
        }
    }
    let mut import = Import {
        rows: table.rows.len(),
        accepted: Vec::new(),
        refused: Vec::new(),
        problems: table.problems,
    };
    let mut trial = roster.clone();
    for draft in drafts {
        let (id, row) = (draft.id.clone(), draft.row);
        let Some(plan) = draft.finish() else {
            import.refused.push(id.into());
            continue;
        };
        let entry = RosterEntry { id: id.clone(), made_by: made_by.clone(), made_at: now, plan };
        let (value, outcome) = match roster.entry(&id) {
            None => (entry, Outcome::Added),
            Some(known) if known.plan == entry.plan => (known.clone(), Outcome::Unchanged),
            Some(_) => (entry, Outcome::Changed),
        };
        match trial.put(value.clone()) {
            Ok(()) => import.accepted.push(Imported { value, outcome, row }),
            Err(problems) => {
                import.problems.extend(problems.into_iter().map(|problem| in_roster(row, problem.fault)));
                import.refused.push(id.into());
            }
        }
    }
    import.problems.sort_by_key(|problem| problem.row);
    Ok(import)
}

/// What the post column takes.
pub(super) fn posts_allowed(language: Language) -> String {
    let labels: Vec<&str> = KINDS.iter().map(|(zh, en, _)| language.pick(*zh, *en)).collect();
    labels.join(language.pick("、", ", "))
}

fn in_roster(row: u64, fault: RosterFault) -> RowProblem {
    RowProblem { row, column: None, fault: RowFault::Roster { fault } }
}

/// A rotation as far as the rows say.
struct Draft {
    id: EntryId,
    row: u64,
    post: Option<Post>,
    starts_on: Option<Date>,
    weeks: Option<usize>,
    shifts: Vec<(usize, Shift)>,
    is_sound: bool,
}

// === impl Draft ===

impl Draft {
    fn begin(id: EntryId, mut cells: Cells<'_>, is_grid: &impl Fn(&GridCode) -> bool) -> Self {
        let kind = cells.need(Column::Post, kind);
        let post = kind.and_then(|kind| post(&mut cells, kind, is_grid));
        let starts_on = cells.need(Column::StartsOn, date);
        let weeks = cells.read(Column::Weeks, week);
        let shifts = shifts(&mut cells);
        Self { id, row: cells.row.number, post, starts_on, weeks, shifts, is_sound: cells.is_sound }
    }

    fn go_on(&mut self, mut cells: Cells<'_>, is_grid: &impl Fn(&GridCode) -> bool) {
        if let Some(kind) = cells.read(Column::Post, kind) {
            let post = post(&mut cells, kind, is_grid);
            cells.agree(Column::Post, self.post.as_ref(), post.as_ref(), self.row);
        }
        let starts_on = cells.read(Column::StartsOn, date);
        cells.agree(Column::StartsOn, self.starts_on.as_ref(), starts_on.as_ref(), self.row);
        let weeks = cells.read(Column::Weeks, week);
        cells.agree(Column::Weeks, self.weeks.as_ref(), weeks.as_ref(), self.row);
        self.shifts.extend(shifts(&mut cells));
        self.is_sound &= cells.is_sound;
    }

    /// None where something is wrong.
    fn finish(self) -> Option<Plan> {
        let (post, starts_on) = self.post.zip(self.starts_on).filter(|_| self.is_sound)?;
        let last = self.shifts.iter().map(|(week, _)| *week).max();
        let mut weeks = vec![Week::default(); self.weeks.max(last).unwrap_or(1)];
        for (number, shift) in self.shifts {
            weeks[number - 1].shifts.push(shift);
        }
        Some(Plan::Rotation(Rotation { post, starts_on, weeks }))
    }
}

/// The shifts of a row, one for each of its days, with the number of the week, from 1.
fn shifts(cells: &mut Cells<'_>) -> Vec<(usize, Shift)> {
    let number = cells.read(Column::Week, week).unwrap_or(1);
    let is_empty = |column| cells.row.cell(column).is_none();
    if [Column::Weekday, Column::From, Column::To, Column::People].into_iter().all(is_empty) {
        return Vec::new();
    }
    let days = cells.need(Column::Weekday, weekdays);
    let times: (Option<Time>, Option<Time>) = (cells.need(Column::From, time), cells.need(Column::To, time));
    let people = cells.need(Column::People, person_ids);
    let (Some(days), (Some(from), Some(to)), Some(people)) = (days, times, people) else { return Vec::new() };
    let shift = |weekday: Weekday| (number, Shift { weekday, from, to, people: people.clone() });
    days.into_iter().map(shift).collect()
}

fn post(cells: &mut Cells<'_>, kind: Kind, is_grid: &impl Fn(&GridCode) -> bool) -> Option<Post> {
    let name = |text: &str| Ok(Name::new(text)?);
    match kind {
        Kind::Grid(position) => cells.grid(is_grid).map(|grid| Post::Grid { grid, position }),
        Kind::PatrolPool => cells.grid(is_grid).map(|grid| Post::PatrolPool { grid }),
        Kind::PolicePost => cells.grid(is_grid).map(|grid| Post::PolicePost { grid }),
        Kind::Liaison => cells.need(Column::Department, name).map(|department| Post::Liaison { department }),
        Kind::Seat => cells.need(Column::Seat, name).map(|name| Post::Seat { name }),
        Kind::ShiftLead => Some(Post::ShiftLead),
    }
}

fn kind(text: &str) -> Result<Kind, RowFault> {
    let lower = text.to_lowercase().replace(' ', "_");
    let found = KINDS.iter().find(|(zh, en, _)| *zh == lower || *en == lower);
    found.map(|(_, _, kind)| *kind).ok_or_else(|| not_understood(text))
}

fn week(text: &str) -> Result<usize, RowFault> {
    let number = text.parse().ok().filter(|number| (1..=WEEKS_MAX).contains(number));
    number.ok_or_else(|| not_understood(text))
}
