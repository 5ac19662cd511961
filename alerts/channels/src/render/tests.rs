//! What people read.

use proptest::prelude::*;

use super::*;
use crate::{
    digest::{NAMED_MAX, digest},
    message::{AlertKind, Grid, Language, Level, Recipient},
};

fn beijing() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(8))
}

fn fall() -> AlertSummary {
    AlertSummary {
        id: 1042,
        kind: AlertKind::Fall,
        level: Level::RED,
        grid: Some(Grid { code: "370405001003".to_owned(), name: "样例社区第三网格".to_owned() }),
        place: "样例路与示范街路口东球机".to_owned(),
        camera_code: None,
        position: None,
        opened_at: "2026-10-12T06:03:05Z".parse().unwrap(),
    }
}

fn message(content: Content) -> Message {
    Message {
        key: "1042-ping".to_owned(),
        recipient: Recipient::Person {
            id: "p7".to_owned(),
            name: "测试员七".to_owned(),
            phone: Some("00000000007".to_owned()),
        },
        language: Language::Chinese,
        drill: false,
        at: "2026-10-12T06:03:06Z".parse().unwrap(),
        content,
        note: None,
        link: Some("https://gridwatch.example/a/1042".parse().unwrap()),
        thumbnail_link: None,
    }
}

fn whole(message: &Message) -> String {
    render(message, &beijing()).fit(2048)
}

#[test]
fn a_ping_in_chinese() {
    let expected = "【一级】有人倒地\n地点：样例路与示范街路口东球机\n网格：样例社区第三网格（370405001003）\n\
                    时间：2026-10-12 14:03:05\n编号：#1042\n查看：https://gridwatch.example/a/1042";
    assert_eq!(whole(&message(Content::Ping(fall()))), expected);
}

#[test]
fn a_ping_of_a_drill_in_english_with_a_note_and_a_picture() {
    let mut message = message(Content::Ping(AlertSummary { grid: None, ..fall() }));
    message.language = Language::English;
    message.drill = true;
    message.note = Some("Take the first-aid kit\r\nand a blanket".to_owned());
    message.thumbnail_link = Some("https://gridwatch.example/t/1042".parse().unwrap());
    let expected = "【演练】[DRILL] [level 1] person down\nWhere: 样例路与示范街路口东球机\nWhen: 2026-10-12 14:03:05\n\
                    Alert: #1042\nTake the first-aid kit  and a blanket\nView: https://gridwatch.example/a/1042\n\
                    Picture: https://gridwatch.example/t/1042";
    assert_eq!(whole(&message), expected);
}

#[test]
fn each_kind_has_its_own_title() {
    let crowd = || AlertSummary { kind: AlertKind::Crowd, level: Level::try_from(2).unwrap(), ..fall() };
    let titles = [
        (Content::Ping(crowd()), "【二级】人员聚集", "[level 2] crowd"),
        (Content::LevelUp(crowd()), "【升为二级】人员聚集", "[raised to level 2] crowd"),
        (Content::Overdue(fall()), "【一级·超时】有人倒地", "[level 1, overdue] person down"),
        (Content::Supervise(fall()), "【一级·督办】有人倒地", "[level 1, supervised] person down"),
        (Content::AllClear(fall()), "【解除】有人倒地", "[all clear] person down"),
        (Content::Canary, "链路自检", "Self-test of the alert chain"),
        (Content::Drill, "演练通知", "Notice of a drill"),
    ];
    for (content, zh, en) in titles {
        let mut message = message(content);
        assert_eq!(render(&message, &beijing()).title, zh);
        message.language = Language::English;
        assert_eq!(render(&message, &beijing()).title, en);
        message.drill = true;
        assert_eq!(render(&message, &beijing()).title, format!("【演练】[DRILL] {en}"));
    }
}

#[test]
fn a_digest_names_the_worst_and_counts_all() {
    let crowd = AlertSummary {
        id: 1050,
        kind: AlertKind::Crowd,
        level: Level::try_from(3).unwrap(),
        place: "样例广场".to_owned(),
        ..fall()
    };
    let another = AlertSummary { id: 1051, ..crowd.clone() };
    let drill = Message { drill: true, ..message(Content::Ping(AlertSummary { id: 1052, ..fall() })) };
    let waiting = [
        message(Content::Ping(crowd.clone())),
        message(Content::Ping(fall())),
        message(Content::Ping(another)),
        message(Content::AllClear(crowd)),
        drill,
    ];
    let text = render(&digest(&waiting).unwrap(), &beijing());
    assert_eq!(text.title, "【汇总】4 起告警，最高一级");
    let expected = "一级有人倒地 #1042 样例路与示范街路口东球机 样例社区第三网格 14:03\n\
                    【演练】一级有人倒地 #1052 样例路与示范街路口东球机 样例社区第三网格 14:03\n\
                    一级有人倒地 1 起；三级人员聚集 1 起；【演练】一级有人倒地 1 起；三级人员聚集（已解除） 1 起";
    assert_eq!(text.body, expected);
}

#[test]
fn nothing_of_the_recipient_is_told() {
    let text = whole(&message(Content::Ping(fall())));
    assert!(!text.contains("测试员七") && !text.contains("00000000007"));
}

#[test]
fn a_link_is_shown_whole_or_not_at_all() {
    let mut message = message(Content::Ping(fall()));
    let text = render(&message, &beijing()).fit(120);
    assert!(text.len() <= 120 && text.contains('…'));
    assert!(text.ends_with("查看：https://gridwatch.example/a/1042"));
    message.link = Some(format!("https://gridwatch.example/{}", "a".repeat(2000)).parse().unwrap());
    assert!(!whole(&message).contains("https://"));
}

proptest! {
    #[test]
    fn hostile_names_stay_on_their_line_and_within_bounds(
        place in any::<String>(), name in any::<String>(), note in any::<String>(), bytes_max in 16usize..3000,
    ) {
        let grid = Some(Grid { code: name.clone(), name });
        let mut message = message(Content::Ping(AlertSummary { place, grid, ..fall() }));
        message.note = Some(note);
        let text = render(&message, &beijing());
        prop_assert!(text.body.lines().count() <= 5);
        prop_assert!(text.body.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(text.fit(bytes_max).len() <= bytes_max);
    }

    /// Level 1 is never only counted, not even in the shortest message that a vendor takes, with the longest names.
    #[test]
    fn every_named_alert_is_in_the_shortest_message(
        count in 1..=NAMED_MAX, letter in "[a-z文字]", english in any::<bool>(), drill in any::<bool>(),
    ) {
        let long = letter.repeat(500);
        let grid = Some(Grid { code: long.clone(), name: long.clone() });
        let ids = (0..count).map(|n| i64::MAX - n as i64);
        let alert = |id| AlertSummary { id, place: long.clone(), grid: grid.clone(), ..fall() };
        let language = if english { Language::English } else { Language::Chinese };
        let waiting: Vec<Message> =
            ids.clone().map(|id| Message { language, drill, ..message(Content::Ping(alert(id))) }).collect();
        let text = whole(&digest(&waiting).unwrap());
        for id in ids {
            let tag = format!("#{id} ");
            prop_assert!(text.contains(&tag), "{} is missing in {}", id, text);
        }
    }
}
