//! People from a file: a row for each role that somebody has.

use std::collections::HashMap;

use super::{
    Column, FileProblem, Import, Imported, Outcome, RowFault,
    read::{Cells, not_understood, yes_or_no},
    table::Table,
};
use crate::{
    language::Language,
    person::{Person, Role, RoleBinding},
    roster::Roster,
    text::{GridCode, Name, PersonId, Phone},
};

const NEEDED: [Column; 4] = [Column::Id, Column::Name, Column::Role, Column::Grid];
const OPTIONAL: [Column; 3] = [Column::Phone, Column::Department, Column::Active];

/// Words for roles beside their names and labels.
const OTHER_WORDS: [(&str, Role); 3] =
    [("网格内勤", Role::GridLeader), ("管理员", Role::Admin), ("巡逻员", Role::PatrolMember)];

/// Reads people from CSV, in UTF-8 or GBK, with Chinese or English headers: 编号 id, 姓名 name, 角色 role, 网格编码 grid; and
/// perhaps 电话 phone, 部门 department of a liaison, 在职 active. Somebody with several roles has several rows with the same
/// id; cells that would only repeat an earlier row may be empty. A row with neither role nor grid is somebody without a role.
///
/// Somebody who is in the roster is replaced; where the file has no column of phone numbers, or says nothing of who is
/// active, what the roster says stays. `is_grid` tells whether there is a grid with a code.
///
/// # Errors
/// The file is no table with these columns, in no such encoding, or too large.
pub fn import_people(
    file: &[u8],
    roster: &Roster,
    is_grid: impl Fn(&GridCode) -> bool,
) -> Result<Import<Person>, FileProblem> {
    let mut table = Table::read(file, &NEEDED, &OPTIONAL)?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: HashMap<PersonId, usize> = HashMap::new();
    for row in &table.rows {
        let mut cells = Cells::new(row, &mut table.problems);
        let Some(id) = cells.need(Column::Id, |text| Ok(PersonId::new(text)?)) else { continue };
        match places.get(&id) {
            Some(&place) => drafts[place].go_on(cells, &is_grid),
            None => {
                places.insert(id.clone(), drafts.len());
                drafts.push(Draft::begin(id, cells, &is_grid));
            }
        }
    }
    let has_phones = table.columns.contains(&Column::Phone);
    let mut import = Import {
        rows: table.rows.len(),
        accepted: Vec::new(),
        refused: Vec::new(),
        problems: table.problems,
    };
    for draft in drafts {
        let (id, row) = (draft.id.clone(), draft.row);
        match draft.finish(roster.person(&id), has_phones) {
            Some((value, outcome)) => import.accepted.push(Imported { value, outcome, row }),
            None => import.refused.push(id.into()),
        }
    }
    import.problems.sort_by_key(|problem| problem.row);
    Ok(import)
}

/// What the role column takes.
pub(super) fn roles_allowed(language: Language) -> String {
    let simple = Role::SIMPLE.iter().map(|role| role.label(language));
    let labels: Vec<&str> = simple.chain([language.pick("部门联络员", "department liaison")]).collect();
    labels.join(language.pick("、", ", "))
}

/// Somebody as far as the rows say.
struct Draft {
    id: PersonId,
    row: u64,
    name: Option<Name>,
    phone: Option<Phone>,
    active: Option<bool>,
    roles: Vec<RoleBinding>,
    is_sound: bool,
}

// === impl Draft ===

impl Draft {
    fn begin(id: PersonId, mut cells: Cells<'_>, is_grid: &impl Fn(&GridCode) -> bool) -> Self {
        let name = cells.need(Column::Name, |text| Ok(Name::new(text)?));
        let phone = cells.read(Column::Phone, |text| Ok(Phone::new(text)?));
        let active = cells.read(Column::Active, yes_or_no);
        let roles = binding(&mut cells, is_grid).into_iter().collect();
        Self { id, row: cells.row.number, name, phone, active, roles, is_sound: cells.is_sound }
    }

    fn go_on(&mut self, mut cells: Cells<'_>, is_grid: &impl Fn(&GridCode) -> bool) {
        let name = cells.read(Column::Name, |text| Ok(Name::new(text)?));
        let phone = cells.read(Column::Phone, |text| Ok(Phone::new(text)?));
        let active = cells.read(Column::Active, yes_or_no);
        cells.agree(Column::Name, self.name.as_ref(), name.as_ref(), self.row);
        cells.agree(Column::Phone, self.phone.as_ref(), phone.as_ref(), self.row);
        cells.agree(Column::Active, self.active.as_ref(), active.as_ref(), self.row);
        if let Some(binding) = binding(&mut cells, is_grid)
            && !self.roles.contains(&binding)
        {
            self.roles.push(binding);
        }
        self.is_sound &= cells.is_sound;
    }

    /// The person, and what taking them in does; none where something is wrong.
    fn finish(self, known: Option<&Person>, has_phones: bool) -> Option<(Person, Outcome)> {
        let name = self.name.filter(|_| self.is_sound)?;
        let phone = if has_phones { self.phone } else { known.and_then(|known| known.phone.clone()) };
        let active = self.active.or(known.map(|known| known.active)).unwrap_or(true);
        let person = Person { id: self.id, name, phone, roles: self.roles, active };
        let outcome = match known {
            None => Outcome::Added,
            Some(known) if *known == person => Outcome::Unchanged,
            Some(_) => Outcome::Changed,
        };
        Some((person, outcome))
    }
}

/// None where the row has no role, or something is wrong with it.
fn binding(cells: &mut Cells<'_>, is_grid: &impl Fn(&GridCode) -> bool) -> Option<RoleBinding> {
    let is_empty = |column| cells.row.cell(column).is_none();
    if [Column::Role, Column::Grid, Column::Department].into_iter().all(is_empty) {
        return None;
    }
    let grid = cells.grid(is_grid);
    let role = match cells.row.cell(Column::Role) {
        Some(text) if is_liaison(text) => {
            cells.need(Column::Department, |text| Ok(Role::Liaison { department: Name::new(text)? }))
        }
        _ => cells.need(Column::Role, simple_role),
    };
    Some(RoleBinding { role: role?, grid: grid? })
}

fn is_liaison(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "部门联络员" | "联络员" | "liaison" | "department liaison")
}

fn simple_role(text: &str) -> Result<Role, RowFault> {
    let lower = text.to_lowercase();
    let is_called = |role: &&Role| {
        role.as_str() == lower || Language::ALL.into_iter().any(|language| role.label(language) == lower)
    };
    let other = OTHER_WORDS.iter().find(|(word, _)| *word == lower).map(|(_, role)| role);
    Role::SIMPLE.iter().find(is_called).or(other).cloned().ok_or_else(|| not_understood(text))
}
