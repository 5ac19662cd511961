//! The hand-over sheet.

use gridwatch_roster::*;
use serde::{Deserialize, Serialize};

use super::support::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    number: u32,
}

fn night_of_changes() -> Roster {
    let grid = Post::grid(&code("111"), Position::Primary);
    let plans = vec![
        daily(seat(), "2026-03-02", &[("08:00", "20:00", &["ann"]), ("20:00", "08:00", &["ben", "eve"])]),
        daily(grid, "2026-03-02", &[("06:00", "02:00", &["wang"]), ("02:00", "06:00", &["zhao"])]),
        swap(seat(), "2026-03-03T12:00:00Z", "2026-03-04T00:00:00Z", "eve", "dan"),
        leave("ben", "2026-03-03T04:00:00Z", "2026-03-04T04:00:00Z"),
        leave("zhao", "2026-03-01T00:00:00Z", "2026-03-09T00:00:00Z"),
        swap(seat(), "2026-03-04T12:00:00Z", "2026-03-05T00:00:00Z", "eve", "dan"),
    ];
    let mut roster = roster(&["ann", "ben", "eve", "dan", "wang", "zhao"], plans);
    let name = |text| Name::new(text).unwrap();
    roster.put_person(Person {
        name: name("甲值班01"),
        phone: Some(Phone::new("+999 0001").unwrap()),
        ..person("ann")
    });
    roster.put_person(Person { name: name("乙\"值班\"02"), ..person("dan") });
    roster
}

fn required() -> Vec<Post> {
    vec![seat(), Post::grid(&code("111"), Position::Primary)]
}

#[test]
fn a_shift_hands_over_to_the_next_with_what_will_be_missing() {
    let roster = night_of_changes();
    // 16:00 in Shanghai.
    let sheet = roster.handover(&seat(), &required(), at("2026-03-03T08:00:00Z")).unwrap();
    let span = |from, to, people: &[&str]| Span { from: at(from), to: at(to), people: ids(people) };
    assert_eq!(sheet.outgoing, span("2026-03-03T00:00:00Z", "2026-03-03T12:00:00Z", &["ann"]));
    assert_eq!(sheet.incoming, span("2026-03-03T12:00:00Z", "2026-03-04T00:00:00Z", &["dan"]));
    let gap = Uncovered {
        post: Post::grid(&code("111"), Position::Primary),
        from: at("2026-03-03T18:00:00Z"),
        to: at("2026-03-03T22:00:00Z"),
        why: UncoveredReason::OnLeave { people: ids(&["zhao"]) },
    };
    assert_eq!(sheet.uncovered, [gap]);
    let notes: Vec<&str> = sheet.notes.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(notes, ["e0003", "e0004"], "what is about this post and that shift");
    let named: Vec<&str> = sheet.people.iter().map(|contact| contact.id.as_str()).collect();
    assert_eq!(named, ["ann", "ben", "dan", "eve", "zhao"]);
}

#[test]
fn the_sheet_is_for_the_shift_that_is_on_at_that_very_moment() {
    let roster = night_of_changes();
    let outgoing = |time| roster.handover(&seat(), &[], at(time)).unwrap().outgoing.from;
    assert_eq!(outgoing("2026-03-05T11:59:59Z"), at("2026-03-05T00:00:00Z"));
    assert_eq!(outgoing("2026-03-05T12:00:00Z"), at("2026-03-05T12:00:00Z"));
}

#[test]
fn where_nobody_comes_or_goes_there_is_no_sheet() {
    let always = daily(seat(), "2026-01-01", &[("00:00", "00:00", &["ann"])]);
    let roster = roster(&["ann"], vec![always]);
    assert_eq!(roster.handover(&seat(), &[], at("2026-03-03T00:00:00Z")), None);
    assert_eq!(roster.handover(&Post::ShiftLead, &[], at("2026-03-03T00:00:00Z")), None);
}

#[test]
fn the_sheet_reads_well_in_both_languages() {
    let roster = night_of_changes();
    let handover = roster.handover(&seat(), &required(), at("2026-03-03T08:00:00Z")).unwrap();
    let sheet = HandoverSheet { handover, open: vec![Open { number: 7 }, Open { number: 9 }] };
    let zone = roster.zone().time_zone();
    let zh = "\
交接班单：席位 1号席

交班：2026-03-03 08:00 至 2026-03-03 20:00
  甲值班01  +999 0001

接班：2026-03-03 20:00 至 2026-03-04 08:00
  乙\"值班\"02

接班时段无人在岗：1
  1. 网格 111 主岗：2026-03-04 02:00 至 2026-03-04 06:00，请假：zhao

班次变动：2
  1. 换班：乙\"值班\"02替eve，2026-03-03 20:00 至 2026-03-04 08:00（测试）
  2. 请假：ben，2026-03-03 12:00 至 2026-03-04 12:00（测试）

未结告警：2
  1. 告警7
  2. 告警9
";
    assert_eq!(sheet.text(zone, Language::Zh, |open| format!("告警{}", open.number)), zh);
    let quiet = HandoverSheet::<Open> {
        handover: roster.handover(&seat(), &[seat()], at("2026-03-05T08:00:00Z")).unwrap(),
        open: vec![],
    };
    let en = "\
Hand-over sheet: seat 1号席

Outgoing: 2026-03-05 08:00 to 2026-03-05 20:00
  甲值班01  +999 0001

Incoming: 2026-03-05 20:00 to 2026-03-06 08:00
  ben
  eve

Nobody on duty during the incoming shift: none

Changes of the roster: none

Open alerts: none
";
    assert_eq!(quiet.text(zone, Language::En, |open| open.number.to_string()), en);
    let json = serde_json::to_string(&sheet).unwrap();
    assert_eq!(serde_json::from_str::<HandoverSheet<Open>>(&json).unwrap(), sheet);
}
