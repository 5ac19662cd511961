use base64::{Engine, prelude::BASE64_STANDARD};
use gridwatch_channels::{AlertKind, AlertSummary, Channel, Content, Failure, Level};
use serde_json::json;

use crate::{
    given::{channel, fall, message, now, ping},
    receiver::Receiver,
    rules::hmac_sha256,
};

const KEY: &[u8] = b"a key of the tests, 32 bytes long";

fn gateway(url: &str) -> Box<dyn Channel> {
    channel(json!({"kind": "gb28181", "url": url, "secret": BASE64_STANDARD.encode(KEY)}))
}

#[tokio::test]
async fn a_fall_goes_by_method_7_and_says_what_it_is() {
    let receiver = Receiver::saying(200, "").await;
    gateway(&receiver.url).send(&ping(), now()).await.unwrap();
    let seen = receiver.only();
    let expected = json!({
        "CmdType": "Alarm",
        "DeviceID": "37040500001310000042",
        "AlarmPriority": "1",
        "AlarmMethod": "7",
        "AlarmTime": "2026-10-12T14:03:06",
        "AlarmDescription": "人员倒地",
        "Longitude": 117.7335,
        "Latitude": 34.5624,
    });
    assert_eq!(seen.json(), expected);
    let signed = [b"1042-ping.1791784986.", &*seen.body].concat();
    let signature = format!("v1,{}", BASE64_STANDARD.encode(hmac_sha256(KEY, &signed)));
    assert_eq!(seen.header("webhook-signature"), signature);
}

#[tokio::test]
async fn a_crowd_of_a_drill_goes_by_method_5_and_type_10() {
    let receiver = Receiver::saying(200, "").await;
    let level = Level::try_from(3).unwrap();
    let mut drill =
        message(Content::LevelUp(AlertSummary { kind: AlertKind::Crowd, level, position: None, ..fall() }));
    drill.drill = true;
    gateway(&receiver.url).send(&drill, now()).await.unwrap();
    let body = receiver.only().json();
    assert_eq!(body["AlarmMethod"], "5");
    assert_eq!(body["Info"], json!({"AlarmType": "10"}));
    assert_eq!(body["AlarmPriority"], "3");
    assert_eq!(body["AlarmDescription"], "【演练】人员聚集");
    assert_eq!(body.get("Longitude"), None);
}

#[tokio::test]
async fn what_the_standard_has_no_alarm_for_is_refused_and_not_sent() {
    let receiver = Receiver::saying(200, "").await;
    let without_code = |code: Option<&str>| {
        message(Content::Ping(AlertSummary { camera_code: code.map(str::to_owned), ..fall() }))
    };
    let messages = [
        without_code(None),
        without_code(Some("3704050000131000004")),
        without_code(Some("3704050000131000004x")),
        message(Content::AllClear(fall())),
        message(Content::Canary),
    ];
    for message in messages {
        let failure = gateway(&receiver.url).send(&message, now()).await.unwrap_err();
        assert!(matches!(failure, Failure::Refused(_)), "{failure:?}");
    }
    assert!(receiver.seen().is_empty());
}
