//! What the tests send.

use std::time::Duration;

use gridwatch_channels::{
    AlertKind, AlertSummary, Channel, ChannelConfig, Content, Grid, Http, HttpLimits, Language, Level,
    Message, Position, Recipient, build,
};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

pub fn now() -> Timestamp {
    "2026-10-12T06:03:06.789Z".parse().unwrap()
}

/// An HTTP client that loses patience sooner than the real one: the tests are not to wait for ten seconds.
pub fn http() -> Http {
    let limits = HttpLimits {
        connect: Duration::from_secs(2),
        whole: Duration::from_millis(800),
        ..HttpLimits::default()
    };
    Http::new(limits).unwrap()
}

pub fn channel(config: Value) -> Box<dyn Channel> {
    let config: ChannelConfig = serde_json::from_value(config).unwrap();
    build(&config, &http(), &TimeZone::fixed(jiff::tz::offset(8)), 1).unwrap()
}

pub fn fall() -> AlertSummary {
    AlertSummary {
        id: 1042,
        kind: AlertKind::Fall,
        level: Level::RED,
        grid: Some(Grid { code: "370405001003".to_owned(), name: "样例社区第三网格".to_owned() }),
        place: "样例路与示范街路口东球机".to_owned(),
        camera_code: Some("37040500001310000042".to_owned()),
        position: Some(Position { longitude: 117.733_5, latitude: 34.562_4 }),
        opened_at: "2026-10-12T06:03:05Z".parse().unwrap(),
    }
}

pub fn message(content: Content) -> Message {
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

pub fn ping() -> Message {
    message(Content::Ping(fall()))
}
