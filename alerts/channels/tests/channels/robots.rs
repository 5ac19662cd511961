use base64::{Engine, prelude::BASE64_STANDARD};
use gridwatch_channels::{Channel, Content, Failure};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    given::{channel, fall, message, now, ping},
    receiver::{Receiver, Seen, reply},
    rules::hmac_sha256,
};

const TEXT: &str = "【一级】有人倒地\n地点：样例路与示范街路口东球机\n网格：样例社区第三网格（370405001003）\n\
                    时间：2026-10-12 14:03:05\n编号：#1042\n查看：https://gridwatch.example/a/1042";

fn wecom(url: &str) -> Box<dyn Channel> {
    channel(json!({"kind": "wecom", "key": "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa", "base_url": url}))
}

fn dingtalk(url: &str) -> Box<dyn Channel> {
    let token = "566cc69da782ec33e42542b09f08551f09fbe864eb8008112e994b43887";
    channel(
        json!({"kind": "dingtalk", "access_token": token, "secret": "SECgenerated-by-the-tests", "base_url": url}),
    )
}

fn feishu(url: &str) -> Box<dyn Channel> {
    let token = "ffffffff-0000-4000-8000-generated001";
    channel(json!({"kind": "feishu", "token": token, "secret": "generated-by-the-tests", "base_url": url}))
}

/// The vendor refuses what it would refuse: a signature that is not the one of its published rule.
fn dingtalk_vendor(seen: &Seen) -> Value {
    let timestamp = seen.parameter("timestamp");
    let text = format!("{timestamp}\nSECgenerated-by-the-tests");
    let expected = BASE64_STANDARD.encode(hmac_sha256(b"SECgenerated-by-the-tests", text.as_bytes()));
    if seen.parameter("sign") == expected && timestamp == now().as_millisecond().to_string() {
        json!({"errcode": 0, "errmsg": "ok"})
    } else {
        json!({"errcode": 310000, "errmsg": "sign not match"})
    }
}

fn feishu_vendor(seen: &Seen) -> Value {
    let body = seen.json();
    let timestamp = body["timestamp"].as_str().unwrap().to_owned();
    let key = format!("{timestamp}\ngenerated-by-the-tests");
    let expected = BASE64_STANDARD.encode(hmac_sha256(key.as_bytes(), b""));
    if body["sign"] == expected && timestamp == now().as_second().to_string() {
        json!({"code": 0, "msg": "success", "data": {}})
    } else {
        json!({"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"})
    }
}

#[tokio::test]
async fn wecom_takes_a_text_and_a_markdown() {
    let receiver = Receiver::saying(200, r#"{"errcode":0,"errmsg":"ok"}"#).await;
    let receipt = wecom(&receiver.url).send(&ping(), now()).await.unwrap();
    assert!(!receipt.delivered);
    let seen = receiver.only();
    assert_eq!(seen.uri.path(), "/cgi-bin/webhook/send");
    assert_eq!(seen.parameter("key"), "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa");
    assert_eq!(seen.json(), json!({"msgtype": "text", "text": {"content": TEXT}}));

    let mut hostile = fall();
    hostile.place = "[点我](http://evil.example) *粗*".to_owned();
    let config = json!({"kind": "wecom", "key": "k1", "format": "markdown", "base_url": receiver.url});
    channel(config).send(&message(Content::Ping(hostile)), now()).await.unwrap();
    let content = receiver.seen()[1].json()["markdown"]["content"].as_str().unwrap().to_owned();
    assert!(content.starts_with("**【一级】有人倒地**\n"), "{content}");
    assert!(content.contains(r"\[点我\](http://evil.example) \*粗\*"), "{content}");
    assert!(content.ends_with("\n[查看](https://gridwatch.example/a/1042)"), "{content}");
}

#[tokio::test]
async fn dingtalk_takes_what_is_signed_by_its_rule() {
    let receiver = Receiver::start(|seen| reply(200, dingtalk_vendor(seen).to_string())).await;
    dingtalk(&receiver.url).send(&ping(), now()).await.unwrap();
    let seen = receiver.only();
    assert_eq!(seen.uri.path(), "/robot/send");
    assert!(seen.parameter("access_token").starts_with("566cc69d"));
    assert_eq!(seen.json(), json!({"msgtype": "text", "text": {"content": TEXT}}));

    let config = json!({
        "kind": "dingtalk", "access_token": "t1", "secret": "SECanother", "keyword": "格哨", "base_url": receiver.url,
    });
    let failure = channel(config).send(&ping(), now()).await.unwrap_err();
    assert!(
        matches!(&failure, Failure::Refused(context) if context.said.contains("sign not match")),
        "{failure:?}"
    );
    let content = receiver.seen()[1].json()["text"]["content"].as_str().unwrap().to_owned();
    assert!(content.ends_with("\n格哨"));
}

#[tokio::test]
async fn feishu_takes_what_is_signed_by_its_rule() {
    let receiver = Receiver::start(|seen| reply(200, feishu_vendor(seen).to_string())).await;
    feishu(&receiver.url).send(&ping(), now()).await.unwrap();
    let seen = receiver.only();
    assert_eq!(seen.uri.path(), "/open-apis/bot/v2/hook/ffffffff-0000-4000-8000-generated001");
    assert_eq!(seen.json()["msg_type"], "text");
    assert_eq!(seen.json()["content"], json!({"text": TEXT}));

    let config = json!({"kind": "feishu", "token": "t1", "secret": "another", "base_url": receiver.url});
    let failure = channel(config).send(&ping(), now()).await.unwrap_err();
    assert!(matches!(failure, Failure::Refused(_)), "{failure:?}");
}

#[tokio::test]
async fn a_code_in_a_good_answer_is_a_failure() {
    type Case<'a> = (fn(&str) -> Box<dyn Channel>, u16, &'static str, &'a dyn Fn(&Failure) -> bool);
    let refused = |failure: &Failure| matches!(failure, Failure::Refused(_));
    let busy = |failure: &Failure| matches!(failure, Failure::Unavailable(_));
    let gone = |failure: &Failure| matches!(failure, Failure::Gone(_));
    let throttled = |seconds| move |failure: &Failure| matches!(failure, Failure::Throttled { retry_after, .. } if retry_after.as_secs() == seconds);
    let minute = throttled(60);
    let ten_minutes = throttled(600);
    let cases: [Case; 13] = [
        (wecom, 200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, &refused),
        (wecom, 200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, &minute),
        (wecom, 200, r#"{"errcode":-1,"errmsg":"system busy"}"#, &busy),
        (dingtalk, 200, r#"{"errcode":310000,"errmsg":"keywords not in content"}"#, &refused),
        (dingtalk, 200, r#"{"errcode":300001,"errmsg":"token is not exist"}"#, &refused),
        (
            dingtalk,
            200,
            r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#,
            &ten_minutes,
        ),
        (dingtalk, 200, r#"{"errcode":410100,"errmsg":"发送速度太快而限流"}"#, &ten_minutes),
        (dingtalk, 200, r#"{"errcode":400013,"errmsg":"群已被解散"}"#, &gone),
        (feishu, 200, r#"{"code":19024,"msg":"Key Words Not Found"}"#, &refused),
        (feishu, 400, r#"{"code":11232,"msg":"trigger rate limit"}"#, &minute),
        (feishu, 400, r#"{"code":9499,"msg":"Bad Request"}"#, &refused),
        (wecom, 502, r#"{"errcode":0}"#, &busy),
        (dingtalk, 429, r#"{"errcode":0}"#, &minute),
    ];
    for (make, status, body, is_expected) in cases {
        let receiver = Receiver::saying(status, body).await;
        let robot = make(&receiver.url);
        let failure = robot.send(&ping(), now()).await.unwrap_err();
        assert!(is_expected(&failure), "{body}: {failure:?}");
        if let Failure::Throttled { retry_after, .. } = failure {
            // Told to wait, it waits: the next message does not even leave.
            let until = now() + SignedDuration::try_from(retry_after).unwrap();
            assert_eq!(robot.room(until - SignedDuration::from_secs(1)), Some(0));
            let held_back = robot.send(&ping(), until - SignedDuration::from_secs(1)).await.unwrap_err();
            assert!(
                matches!(held_back, Failure::Throttled { retry_after, .. } if retry_after.as_secs() == 1)
            );
            assert_eq!(receiver.seen().len(), 1);
            assert!(robot.room(until) > Some(0));
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_code_proves_nothing() {
    for body in [
        "",
        "<html>Welcome to the hotel</html>",
        "[]",
        r#"{"errcode":"0"}"#,
        r#"{"code":0}"#,
        "{\"errcode\":0",
    ] {
        let receiver = Receiver::saying(200, body).await;
        let failure = wecom(&receiver.url).send(&ping(), now()).await.unwrap_err();
        assert!(matches!(failure, Failure::Unavailable(_)), "{body}: {failure:?}");
    }
}

#[tokio::test]
async fn the_twenty_first_of_a_minute_does_not_leave() {
    let receiver = Receiver::saying(200, r#"{"errcode":0}"#).await;
    let robot = dingtalk(&receiver.url);
    for _ in 0..5 {
        robot.remember(now() - SignedDuration::from_secs(30));
    }
    assert_eq!(robot.room(now()), Some(15));
    for _ in 0..15 {
        robot.send(&ping(), now()).await.unwrap();
    }
    // A place is free when the message is a minute old for the vendor, which may have got it 0.8 s after it left.
    match robot.send(&ping(), now()).await.unwrap_err() {
        Failure::Throttled { retry_after, .. } => assert_eq!(retry_after.as_millis(), 30_800),
        other => panic!("{other:?}"),
    }
    assert_eq!(receiver.seen().len(), 15);
    robot.send(&ping(), now() + SignedDuration::from_millis(30_800)).await.unwrap();
}

#[tokio::test]
async fn feishu_takes_five_in_a_second() {
    let receiver = Receiver::start(|_| reply(200, r#"{"code":0}"#)).await;
    let robot = feishu(&receiver.url);
    assert_eq!(robot.room(now()), Some(5));
    for _ in 0..5 {
        robot.send(&ping(), now()).await.unwrap();
    }
    assert!(matches!(robot.send(&ping(), now()).await, Err(Failure::Throttled { .. })));
    assert_eq!(robot.room(now() + SignedDuration::from_secs(1)), Some(5));
}
