//! The people of the demo world.

use std::collections::{BTreeSet, HashMap};

use gridwatch_roster::*;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::support::*;

/// A tree of codes: base grids are dealt to the communities, micro grids to the base grids.
struct Tree(Vec<(String, DemoLevel, Option<String>)>);

impl Tree {
    fn new(communities: usize, bases: usize, micros: usize) -> Self {
        let mut grids = vec![("370405001".to_owned(), DemoLevel::Street, None)];
        let community = |n: usize| format!("370405001{n:03}");
        let base = |n: usize| format!("{}{n:03}", community(n % communities));
        let below = |parent: String| Some(parent);
        grids.extend(
            (0..communities).map(|n| (community(n), DemoLevel::Community, below("370405001".to_owned()))),
        );
        grids.extend((0..bases).map(|n| (base(n), DemoLevel::Base, below(community(n % communities)))));
        grids.extend(
            (0..micros)
                .map(|n| (format!("{}{n:03}", base(n % bases)), DemoLevel::Micro, below(base(n % bases)))),
        );
        Self(grids)
    }

    fn grids(&self) -> Vec<DemoGrid<'_>> {
        let grids = self.0.iter();
        grids
            .map(|(code, level, parent)| DemoGrid { code, level: *level, parent: parent.as_deref() })
            .collect()
    }
}

fn world() -> Demo {
    demo_people(&Tree::new(13, 143, 351).grids()).unwrap()
}

fn count(demo: &Demo, role: &Role) -> usize {
    demo.people.iter().filter(|person| person.has_role(role)).count()
}

#[test]
fn the_street_has_its_people() {
    let demo = world();
    let liaison = |department| Role::Liaison { department: Name::new(department).unwrap() };
    let expected = [
        (Role::GridWorker, 143),
        (Role::GridLeader, 13),
        (Role::DutyOfficer, 10),
        (Role::ShiftLead, 2),
        (Role::PatrolMember, 36),
        (Role::PolicePost, 3),
        (liaison("医疗"), 1),
        (liaison("城管"), 1),
        (liaison("公安"), 1),
        (Role::CentreDirector, 1),
        (Role::PoliticalLegal, 1),
        (Role::Principal, 1),
    ];
    let total: usize = expected.iter().map(|(_, number)| number).sum();
    for (role, number) in expected {
        assert_eq!(count(&demo, &role), number, "{role:?}");
    }
    assert_eq!(demo.people.len(), total);
    assert_eq!(demo.posts.len(), 143 * 2 + 13 + 4 + 1 + 2 + 3);
    let ids: BTreeSet<&PersonId> = demo.people.iter().map(|person| &person.id).collect();
    let names: BTreeSet<&str> = demo.people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!((ids.len(), names.len()), (total, total));
    for person in &demo.people {
        let (title, number) = person.name.as_str().rsplit_once(' ').unwrap();
        assert!(number.parse::<usize>().is_ok(), "{title} {number}");
        assert!(person.phone.as_ref().unwrap().as_str().starts_with("+999 0000 "));
    }
    assert!(names.contains("网格员 07") && names.contains("网格员 143") && names.contains("医疗联络员 01"));
    let json = serde_json::to_string(&demo).unwrap();
    assert_eq!(serde_json::from_str::<Demo>(&json).unwrap(), demo);
}

#[test]
fn every_minute_of_every_post_is_covered_and_nothing_is_wrong() {
    let demo = world();
    let roster = Roster::new(Zone::default(), demo.people.clone(), demo.entries.clone());
    assert_eq!(roster.problems(), []);
    let posts: BTreeSet<&Post> = demo.posts.iter().collect();
    assert_eq!(posts, roster.posts().into_iter().collect());
    // Six weeks: every round there is, whole.
    let from = at("2026-03-01T16:00:00Z");
    assert_eq!(roster.uncovered(&demo.posts, from, from + SignedDuration::from_hours(6 * 7 * 24)), []);
}

#[test]
fn the_backup_is_never_the_primary_and_comes_from_the_same_community() {
    let demo = world();
    let roster = Roster::new(Zone::default(), demo.people.clone(), demo.entries.clone());
    let home: HashMap<&PersonId, &str> =
        demo.people.iter().map(|person| (&person.id, person.roles[0].grid.as_str())).collect();
    for time in
        ["2026-03-02T04:00:00Z", "2026-03-02T18:00:00Z", "2026-03-10T04:00:00Z", "2026-03-10T18:00:00Z"]
    {
        for post in &demo.posts {
            let Post::Grid { grid, position: Position::Primary } = post else { continue };
            let primary = roster.on_duty(post, at(time));
            let backup = roster.on_duty(&Post::grid(grid, Position::Backup), at(time));
            assert_eq!((primary.len(), backup.len()), (1, 1));
            assert_ne!(primary, backup);
            let community = &grid.as_str()[..12];
            assert!(home[&primary[0]].starts_with(community) && home[&backup[0]].starts_with(community));
        }
    }
}

#[test]
fn by_day_four_officers_sit_and_at_night_one() {
    let demo = world();
    let roster = Roster::new(Zone::default(), demo.people.clone(), demo.entries.clone());
    let officers = |time| {
        let seats = demo.posts.iter().filter(|post| matches!(post, Post::Seat { .. }));
        seats.flat_map(|seat| roster.on_duty(seat, at(time))).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(officers("2026-03-02T04:00:00Z"), 4);
    assert_eq!(officers("2026-03-02T18:00:00Z"), 1);
    assert_eq!(roster.leads(at("2026-03-02T18:00:00Z")).len(), 1);
    for level in 1..=3 {
        assert_eq!(roster.supervisors(level, at("2026-03-02T18:00:00Z")).len(), 1);
    }
}

#[test]
fn an_alert_in_a_micro_grid_finds_a_full_ladder() {
    let tree = Tree::new(13, 143, 351);
    let demo = demo_people(&tree.grids()).unwrap();
    let roster = Roster::new(Zone::default(), demo.people, demo.entries);
    let path = ["370405001", "370405001000", "370405001000000", "370405001000000000"].map(code);
    assert!(tree.0.iter().any(|grid| grid.0 == path[3].as_str()));
    let neighbours = ["370405001000013", "370405001000026"].map(code);
    for time in ["2026-03-02T04:00:00Z", "2026-03-02T18:00:00Z"] {
        assert_eq!(answering(&roster, &path, at(time)), Some(&path[2]), "{time}");
        let rungs = ladder(&roster, &path, &neighbours, at(time));
        let sizes: Vec<usize> = rungs.iter().map(|rung| rung.people.len()).collect();
        assert_eq!(sizes, [1, 1, 1, 1, 12, 1], "{time}");
    }
}

#[test]
fn a_code_that_is_none_is_refused_and_without_a_street_there_is_nobody() {
    let street = DemoGrid { code: "", level: DemoLevel::Street, parent: None };
    assert_eq!(demo_people(&[street]).unwrap_err().fault, TextFault::Empty);
    assert_eq!(demo_people(&[]).unwrap(), Demo::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn streets_of_any_shape_are_covered(communities in 1..6usize, bases in 1..20usize) {
        let demo = demo_people(&Tree::new(communities, bases, 0).grids()).unwrap();
        let roster = Roster::new(Zone::default(), demo.people, demo.entries);
        prop_assert!(roster.problems().is_empty());
        let from = at("2026-03-01T16:00:00Z");
        let to = from + SignedDuration::from_hours(6 * 7 * 24);
        prop_assert!(roster.uncovered(&demo.posts, from, to).is_empty());
    }
}
