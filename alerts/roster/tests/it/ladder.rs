//! Who is called for an alert.

use gridwatch_roster::*;

use super::support::*;

const NOW: &str = "2026-03-03T04:00:00Z";

fn post(grid: &str, position: Position) -> Post {
    Post::grid(&code(grid), position)
}

fn always(post: Post, people: &[&str]) -> Plan {
    daily(post, "2026-03-02", &[("00:00", "00:00", people)])
}

/// Street 1, community 11, base grids 111 to 113; 1111 and 1191 are micro grids; 119 is a base grid without any post.
fn street() -> Vec<Plan> {
    vec![
        always(post("111", Position::Primary), &["w1"]),
        always(post("111", Position::Backup), &["w2"]),
        always(post("112", Position::Primary), &["w2"]),
        always(post("112", Position::Backup), &["w1"]),
        always(post("113", Position::Primary), &["w3"]),
        always(post("11", Position::Leader), &["boss"]),
        always(Post::PatrolPool { grid: code("1") }, &["p1", "p2", "w3"]),
        always(Post::PolicePost { grid: code("1") }, &["cop"]),
    ]
}

fn climb(plans: Vec<Plan>, path: &[&str], neighbours: &[&str]) -> Vec<String> {
    let people = ["w1", "w2", "w3", "boss", "p1", "p2", "cop"];
    let codes = |texts: &[&str]| texts.iter().map(|text| code(text)).collect::<Vec<_>>();
    let rungs = ladder(&roster(&people, plans), &codes(path), &codes(neighbours), at(NOW));
    assert_eq!(rungs.iter().map(|rung| rung.name).collect::<Vec<_>>(), RungName::ALL);
    let mut once: Vec<&PersonId> = rungs.iter().flat_map(|rung| &rung.people).collect();
    let count = once.len();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), count, "nobody appears twice");
    rungs.iter().map(|rung| names(&rung.people).join(" ")).collect()
}

#[test]
fn the_rungs_come_in_order_and_nobody_twice() {
    let rungs = climb(street(), &["1", "11", "111"], &["112", "113"]);
    // 112's worker is our backup, so the next neighbour counts; its worker is in the pool too, and named once.
    assert_eq!(rungs, ["w1", "w2", "boss", "w3", "p1 p2", "cop"]);
}

#[test]
fn a_grid_without_a_post_is_answered_for_by_the_next_one_above_that_has_one() {
    assert_eq!(
        climb(street(), &["1", "11", "111", "1111"], &[]),
        ["w1", "w2", "boss", "", "p1 p2 w3", "cop"]
    );
    // The community has a leader and no worker: the first rungs are empty, and stay.
    assert_eq!(
        climb(street(), &["1", "11", "119", "1191"], &["113"]),
        ["", "", "boss", "w3", "p1 p2", "cop"]
    );
    assert_eq!(climb(street(), &["1"], &[]), ["", "", "", "", "p1 p2 w3", "cop"]);
    assert_eq!(climb(street(), &[], &[]), ["", "", "", "", "", ""]);
}

#[test]
fn a_post_where_nobody_is_on_stays_empty_and_does_not_go_up() {
    let mut plans = street();
    plans.push(always(post("11", Position::Primary), &["p1"]));
    plans.push(leave("w1", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"));
    assert_eq!(climb(plans, &["1", "11", "111"], &[]), ["", "w2", "boss", "", "p1 p2 w3", "cop"]);
}

#[test]
fn a_grid_s_own_leader_comes_before_its_community_s() {
    let mut plans = street();
    plans.push(always(post("111", Position::Leader), &["p1"]));
    assert_eq!(climb(plans, &["1", "11", "111"], &[]), ["w1", "w2", "p1", "", "p2 w3", "cop"]);
}

#[test]
fn a_post_that_begins_later_or_has_ended_does_not_stand_in_the_way() {
    let nobody = |starts_on: &str, post: Post| {
        Plan::Rotation(Rotation { post, starts_on: date(starts_on), weeks: vec![Week::default()] })
    };
    let mut plans = street();
    plans.push(always(post("119", Position::Primary), &["p2"]));
    plans.push(nobody("2026-03-03", post("119", Position::Primary)));
    plans.push(daily(post("1191", Position::Primary), "2026-03-04", &[("00:00", "00:00", &["p2"])]));
    plans.push(always(post("11", Position::Backup), &["p1"]));
    assert_eq!(climb(plans, &["1", "11", "119", "1191"], &[]), ["", "p1", "boss", "", "p2 w3", "cop"]);
}

#[test]
fn a_rung_says_at_which_post_its_people_are() {
    let roster = roster(&["w1", "w2", "w3"], street());
    let path = [code("1"), code("11"), code("111")];
    let rungs = ladder(&roster, &path, &[code("112"), code("113")], at(NOW));
    assert_eq!(rungs[0].post, Some(post("111", Position::Primary)));
    assert_eq!(rungs[3].post, Some(post("113", Position::Primary)));
    assert_eq!(rungs[2].post, Some(post("11", Position::Leader)));
    assert!(rungs[2].is_empty(), "there is such a post, and its leader is nobody known");
    let alone = ladder(&roster, &path, &[], at(NOW));
    assert_eq!((alone[3].post.as_ref(), alone[3].is_empty()), (None, true));
}
