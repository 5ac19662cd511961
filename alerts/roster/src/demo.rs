//! People and rosters of the demo world: generated, and plainly so. They are called by what they do, and no number is anybody's.

use std::collections::HashMap;

use jiff::{
    Timestamp,
    civil::{Date, Time, date},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    entry::{Plan, RosterEntry, Rotation, Shift, Week, Weekday},
    person::{Person, Role, RoleBinding},
    post::{Position, Post},
    text::{EntryId, GridCode, InvalidText, Name, PersonId, Phone},
};

/// A Monday long before any demo.
const STARTS_ON: Date = date(2020, 1, 6);

const DAY: (Time, Time) = (Time::constant(8, 0, 0, 0), Time::constant(20, 0, 0, 0));
const NIGHT: (Time, Time) = (DAY.1, DAY.0);
const WHOLE_DAY: (Time, Time) = (Time::midnight(), Time::midnight());
/// The thirds of a day in which the patrol pool and the police post change.
const THIRDS: [(Time, Time); 3] = [
    (Time::midnight(), Time::constant(8, 0, 0, 0)),
    (Time::constant(8, 0, 0, 0), Time::constant(16, 0, 0, 0)),
    (Time::constant(16, 0, 0, 0), Time::midnight()),
];

const SEATS: usize = 4;
/// Three platoons of twelve.
const PLATOON: usize = 12;
const DEPARTMENTS: [&str; 3] = ["医疗", "城管", "公安"];

/// A grid of the demo world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoGrid<'a> {
    /// Its code.
    pub code: &'a str,
    /// Its rank.
    pub level: DemoLevel,
    /// The code of the grid above it.
    pub parent: Option<&'a str>,
}

/// The rank of a grid of the demo world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoLevel {
    /// 街道.
    Street,
    /// 社区网格: has a leader.
    Community,
    /// 基础网格: has a worker, and another grid's as backup.
    Base,
    /// 微网格: its base grid answers for it.
    Micro,
}

/// Who works in the demo world, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Demo {
    /// Everybody.
    pub people: Vec<Person>,
    /// Rotations that cover every minute of every post from 2020 on.
    pub entries: Vec<RosterEntry>,
    /// The posts where somebody has to be.
    pub posts: Vec<Post>,
}

/// Makes people and rosters for a street: a worker a base grid, with the worker of the grid beside it as backup (they take
/// the nights of both by turns, a week each); a leader a community; four seats by day, one sleeper at night, a shift lead;
/// a patrol pool of 36, a police post, three liaisons, and who answers for the three levels of 督办.
///
/// The same grids give the same people. Without a street there is nobody. Grids beside one another are those that follow
/// one another below one parent.
///
/// # Errors
/// A code that is no [`GridCode`].
pub fn demo_people(grids: &[DemoGrid<'_>]) -> Result<Demo, InvalidText> {
    let Some(street) = grids.iter().find(|grid| grid.level == DemoLevel::Street) else {
        return Ok(Demo::default());
    };
    let mut maker = Maker::new(GridCode::new(street.code)?);
    maker.workers(grids)?;
    maker.leaders(grids)?;
    maker.centre()?;
    maker.pools()?;
    maker.called_in()?;
    Ok(maker.demo)
}

/// Between which times of every day, and who.
type Turn<'a> = ((Time, Time), &'a [&'a PersonId]);

struct Maker {
    street: GridCode,
    /// How many people there are of a kind.
    counts: HashMap<&'static str, usize>,
    demo: Demo,
}

// === impl Maker ===

impl Maker {
    fn new(street: GridCode) -> Self {
        Self { street, counts: HashMap::new(), demo: Demo::default() }
    }

    fn workers(&mut self, grids: &[DemoGrid<'_>]) -> Result<(), InvalidText> {
        let mut workers = Vec::new();
        for grid in grids.iter().filter(|grid| grid.level == DemoLevel::Base) {
            let code = GridCode::new(grid.code)?;
            let worker = self.person("worker", "网格员", Role::GridWorker, &code)?;
            workers.push((code, grid.parent, worker));
        }
        for (own, (code, parent, worker)) in workers.iter().enumerate() {
            let below: Vec<usize> = (0..workers.len()).filter(|other| workers[*other].1 == *parent).collect();
            let Some(beside) =
                beside(&below, own).or_else(|| beside(&(0..workers.len()).collect::<Vec<_>>(), own))
            else {
                // The only grid of the street: its worker is all there is.
                self.rotate(Post::grid(code, Position::Primary), &[&[(WHOLE_DAY, &[worker])]])?;
                continue;
            };
            let partner = &workers[beside].2;
            // Two that are each other's backup are never both at home.
            let (first, second) = if own < beside { (worker, partner) } else { (partner, worker) };
            self.rotate(
                Post::grid(code, Position::Primary),
                &[&[(DAY, &[worker]), (NIGHT, &[first])], &[(DAY, &[worker]), (NIGHT, &[second])]],
            )?;
            self.rotate(
                Post::grid(code, Position::Backup),
                &[&[(DAY, &[partner]), (NIGHT, &[second])], &[(DAY, &[partner]), (NIGHT, &[first])]],
            )?;
        }
        Ok(())
    }

    fn leaders(&mut self, grids: &[DemoGrid<'_>]) -> Result<(), InvalidText> {
        for grid in grids.iter().filter(|grid| grid.level == DemoLevel::Community) {
            let code = GridCode::new(grid.code)?;
            let leader = self.person("leader", "网格长", Role::GridLeader, &code)?;
            self.rotate(Post::grid(&code, Position::Leader), &[&[(WHOLE_DAY, &[&leader])]])?;
        }
        Ok(())
    }

    /// The seats of the command centre. Day teams and nights change by the week; at night one person sits at all seats.
    fn centre(&mut self) -> Result<(), InvalidText> {
        let street = self.street.clone();
        let sleepers = [(); 2].map(|()| self.person("night", "夜班值班员", Role::DutyOfficer, &street));
        let [even, odd] = sleepers;
        let (even, odd) = (even?, odd?);
        for seat in 1..=SEATS {
            let first = self.person("officer", "值班员", Role::DutyOfficer, &street)?;
            let second = self.person("officer", "值班员", Role::DutyOfficer, &street)?;
            self.rotate(
                Post::Seat { name: Name::new(&format!("{seat}号席"))? },
                &[&[(DAY, &[&first]), (NIGHT, &[&even])], &[(DAY, &[&second]), (NIGHT, &[&odd])]],
            )?;
        }
        let first = self.person("lead", "值班长", Role::ShiftLead, &street)?;
        let second = self.person("lead", "值班长", Role::ShiftLead, &street)?;
        self.rotate(
            Post::ShiftLead,
            &[&[(DAY, &[&first]), (NIGHT, &[&second])], &[(DAY, &[&second]), (NIGHT, &[&first])]],
        )
    }

    /// The patrol pool and the police post, in three shifts that change places every week.
    fn pools(&mut self) -> Result<(), InvalidText> {
        let street = self.street.clone();
        let patrol = Post::PatrolPool { grid: street.clone() };
        self.thirds(patrol, PLATOON, |maker| {
            maker.person("patrol", "巡逻队员", Role::PatrolMember, &street)
        })?;
        let police = Post::PolicePost { grid: street.clone() };
        self.thirds(police, 1, |maker| maker.person("police", "警务室民警", Role::PolicePost, &street))
    }

    fn thirds(
        &mut self,
        post: Post,
        size: usize,
        mut member: impl FnMut(&mut Self) -> Result<PersonId, InvalidText>,
    ) -> Result<(), InvalidText> {
        let mut team = || (0..size).map(|_| member(self)).collect::<Result<Vec<_>, _>>();
        let teams = [team()?, team()?, team()?];
        let teams: Vec<Vec<&PersonId>> = teams.iter().map(|team| team.iter().collect()).collect();
        let week = |turn: usize| -> Vec<Turn<'_>> {
            (0..3).map(|third| (THIRDS[third], teams[(third + turn) % 3].as_slice())).collect()
        };
        let weeks = [week(0), week(1), week(2)];
        self.rotate(post, &[&weeks[0], &weeks[1], &weeks[2]])
    }

    /// Liaisons, and who answers for 督办: on call all the time.
    fn called_in(&mut self) -> Result<(), InvalidText> {
        let street = self.street.clone();
        for department in DEPARTMENTS {
            let department_name = Name::new(department)?;
            let role = Role::Liaison { department: department_name.clone() };
            let liaison = self.person("liaison", &format!("{department}联络员"), role, &street)?;
            self.rotate(Post::Liaison { department: department_name }, &[&[(WHOLE_DAY, &[&liaison])]])?;
        }
        self.person("director", "中心主任", Role::CentreDirector, &street)?;
        self.person("political", "政法委员", Role::PoliticalLegal, &street)?;
        self.person("principal", "主要负责人", Role::Principal, &street)?;
        Ok(())
    }

    /// Somebody new, who is called what they do and a number: 网格员 07.
    fn person(
        &mut self,
        kind: &'static str,
        title: &str,
        role: Role,
        grid: &GridCode,
    ) -> Result<PersonId, InvalidText> {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let id = PersonId::new(&format!("demo-{kind}-{count:03}"))?;
        // 999 is a country code that no country has.
        let phone = Phone::new(&format!("+999 0000 {:04}", self.demo.people.len() + 1))?;
        self.demo.people.push(Person {
            id: id.clone(),
            name: Name::new(&format!("{title} {count:02}"))?,
            phone: Some(phone),
            roles: vec![RoleBinding { role, grid: grid.clone() }],
            active: true,
        });
        Ok(id)
    }

    /// Sets a post up: for each week of a round, the shifts of every day.
    fn rotate(&mut self, post: Post, weeks: &[&[Turn<'_>]]) -> Result<(), InvalidText> {
        let shift = |weekday, &((from, to), people): &Turn<'_>| {
            let people = people.iter().copied().cloned().collect();
            Shift { weekday, from, to, people }
        };
        let week = |day: &&[Turn<'_>]| Week {
            shifts: Weekday::ALL
                .into_iter()
                .flat_map(|weekday| day.iter().map(move |of_day| shift(weekday, of_day)))
                .collect(),
        };
        let weeks = weeks.iter().map(week).collect();
        self.demo.entries.push(RosterEntry {
            id: EntryId::new(&format!("demo-rotation-{:03}", self.demo.entries.len() + 1))?,
            made_by: PersonId::new("demo")?,
            made_at: Timestamp::UNIX_EPOCH,
            plan: Plan::Rotation(Rotation { post: post.clone(), starts_on: STARTS_ON, weeks }),
        });
        self.demo.posts.push(post);
        Ok(())
    }
}

/// The one beside `own` in a list: they stand in pairs, and the last of an odd number joins the pair before it.
fn beside(list: &[usize], own: usize) -> Option<usize> {
    let place = list.iter().position(|other| *other == own)?;
    list.get(place ^ 1).or_else(|| list.get(place.checked_sub(1)?)).copied()
}
