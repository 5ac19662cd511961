//! Receivers that do what a receiver must not do. Nothing of it may hang a channel, fill the memory or pass for an answer.

use std::time::Duration;

use axum::body::Body;
use gridwatch_channels::{Channel, Failure};
use serde_json::json;
use tokio::{net::TcpListener, time::timeout};

use crate::{
    given::{channel, now, ping},
    receiver::{Receiver, Reply, reply},
};

/// More than any channel may take with the tests' patience of 0.8 s.
const PATIENCE: Duration = Duration::from_secs(5);

fn webhook(url: &str) -> Box<dyn Channel> {
    channel(json!({"kind": "webhook", "url": url, "secret": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}))
}

fn wecom(url: &str) -> Box<dyn Channel> {
    channel(json!({"kind": "wecom", "key": "k1", "base_url": url}))
}

async fn failure(channel: &dyn Channel) -> Failure {
    timeout(PATIENCE, channel.send(&ping(), now())).await.expect("it answers in time").unwrap_err()
}

#[tokio::test]
async fn one_that_never_answers() {
    let receiver = Receiver::start(|_| Reply::Never).await;
    let failure = failure(&*webhook(&receiver.url)).await;
    assert!(
        matches!(&failure, Failure::Unavailable(context) if context.said == "no answer in time"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn one_that_never_finishes_its_answer() {
    let receiver = Receiver::start(|_| reply(200, Body::new(http_body_that_hangs()))).await;
    let failure = failure(&*webhook(&receiver.url)).await;
    assert!(matches!(failure, Failure::Unavailable(_)), "{failure:?}");
}

/// A body of which no byte ever comes.
fn http_body_that_hangs() -> Body {
    Body::from_stream(futures::stream::pending::<Result<axum::body::Bytes, std::io::Error>>())
}

#[tokio::test]
async fn one_that_is_not_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failure = failure(&*webhook(&format!("http://{address}/hook"))).await;
    assert!(
        matches!(&failure, Failure::Unavailable(context) if context.said.starts_with("no connection")),
        "{failure:?}"
    );
    assert_eq!(failure.context().host, address.to_string());
}

#[tokio::test]
async fn one_that_sends_ten_megabytes() {
    let receiver = Receiver::start(|_| reply(200, "x".repeat(10 << 20))).await;
    let receipt = webhook(&receiver.url).send(&ping(), now()).await.unwrap();
    assert_eq!(receipt.answer, "x".repeat(500));
    let failure = failure(&*wecom(&receiver.url)).await;
    assert!(matches!(&failure, Failure::Unavailable(context) if context.said.len() == 500), "{failure:?}");
}

#[tokio::test]
async fn one_that_closes_half_way() {
    let answers: [&'static [u8]; 3] = [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"errcode\":0}",
    ];
    for answer in answers {
        let receiver = Receiver::raw(answer).await;
        for channel in [webhook(&receiver.url), wecom(&receiver.url)] {
            let failure = failure(&*channel).await;
            assert!(matches!(failure, Failure::Unavailable(_)), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn one_that_speaks_another_protocol() {
    for answer in
        [&b"SSH-2.0-OpenSSH_9.2p1\r\n"[..], b"\x00\xff\x00\xff\r\n\r\n", b"HTTP/1.1 9999 \xff\r\n\r\n"]
    {
        let receiver = Receiver::raw(answer).await;
        let failure = failure(&*webhook(&receiver.url)).await;
        assert!(matches!(failure, Failure::Unavailable(_)), "{failure:?}");
    }
}

#[tokio::test]
async fn one_that_answers_with_control_characters() {
    let receiver = Receiver::start(|_| reply(400, &b"no\x1b[31m\r\n2026 INFO all is well\xff"[..])).await;
    let failure = failure(&*webhook(&receiver.url)).await;
    assert!(!failure.to_string().contains(|c: char| c.is_control()), "{failure:?}");
    assert!(matches!(failure, Failure::Refused(_)));
}
