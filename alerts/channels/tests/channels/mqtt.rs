mod broker;

use std::{future::Future, time::Duration};

use gridwatch_channels::{AlertSummary, Channel, Content, Failure, Message, Receipt};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::given::{channel, fall, message, now, ping};
use broker::{Broker, Certificates, Listener, PASSWORD};

/// Longer than any of these tests takes; they wait for conditions.
const PATIENCE: Duration = Duration::from_secs(60);

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("it happens in time")
}

fn to(url: &str) -> Value {
    json!({"kind": "mqtt", "url": url, "user": "gridwatch", "password": PASSWORD})
}

fn about(id: i64) -> Message {
    Message { key: format!("{id}-ping"), ..message(Content::Ping(AlertSummary { id, ..fall() })) }
}

/// Tries until it gets through, as the outbox does.
async fn send(channel: &dyn Channel, message: &Message) -> Receipt {
    soon(async {
        loop {
            match channel.send(message, now()).await {
                Ok(receipt) => return receipt,
                Err(Failure::Unavailable(_)) => tokio::task::yield_now().await,
                Err(other) => panic!("{other:?}"),
            }
        }
    })
    .await
}

#[tokio::test]
async fn state_events_and_status_are_where_they_belong() {
    let Some(broker) = Broker::start(None) else { return };
    let channel = channel(to(&broker.url()));
    let mut listener = Listener::at(&broker, "gridwatch/#").await;
    soon(listener.until("gridwatch/status", "online")).await;
    let receipt = send(&*channel, &ping()).await;
    assert_eq!((receipt.delivered, receipt.answer.as_str()), (false, "2 PUBACK"));
    let event: Value = serde_json::from_str(&soon(listener.next("gridwatch/events")).await.payload).unwrap();
    assert_eq!((&event["kind"], &event["about"]["id"]), (&json!("ping"), &json!(1042)));
    assert_eq!(event["title"], "【一级】有人倒地");
    assert_eq!(event.get("recipient"), None);

    // Whoever comes later finds the state and the status, and no event.
    let late = soon(Listener::at(&broker, "gridwatch/#").await.retained()).await;
    let mut topics: Vec<&str> = late.iter().map(|one| one.topic.as_str()).collect();
    topics.sort_unstable();
    assert_eq!(topics, ["gridwatch/alert/1042", "gridwatch/status"]);

    // A try that was late does not put an old state back.
    let newer = Message { at: ping().at + SignedDuration::from_secs(5), ..message(Content::LevelUp(fall())) };
    send(&*channel, &newer).await;
    assert_eq!(send(&*channel, &ping()).await.answer, "1 PUBACK");
    let state = soon(Listener::at(&broker, "gridwatch/alert/#").await.retained()).await;
    assert!(state[0].payload.contains("level_up"), "{}", state[0].payload);

    // What is over is told to who listens, and kept for nobody.
    let over = Message { at: newer.at + SignedDuration::from_secs(5), ..message(Content::AllClear(fall())) };
    send(&*channel, &over).await;
    assert!(soon(Listener::at(&broker, "gridwatch/alert/#").await.retained()).await.is_empty());
    soon(listener.next_with("gridwatch/alert/1042", "all_clear")).await;
}

#[tokio::test]
async fn the_last_will_says_that_it_is_gone() {
    let Some(broker) = Broker::start(None) else { return };
    let channel = channel(to(&broker.url()));
    let mut listener = Listener::at(&broker, "gridwatch/status").await;
    soon(listener.until("gridwatch/status", "online")).await;
    drop(channel);
    soon(listener.until("gridwatch/status", "offline")).await;
}

/// The broker's own log says what it got.
#[tokio::test]
async fn a_killed_broker_makes_no_receipt_and_the_next_ones_arrive() {
    let Some(mut broker) = Broker::start(None) else { return };
    let channel = channel(to(&broker.url()));
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let first = round * 1000;
        send(&*channel, &about(first)).await;
        acknowledged.push(first);
        for id in first + 1..first + 40 {
            if id == first + 20 {
                broker.kill();
            }
            match soon(channel.send(&about(id), now())).await {
                Ok(_) => acknowledged.push(id),
                Err(failure) => assert!(matches!(failure, Failure::Unavailable(_)), "{failure:?}"),
            }
        }
        assert!(
            acknowledged.iter().filter(|id| **id > first).count() >= 19,
            "before the kill all get through"
        );
        for id in acknowledged.iter().filter(|id| **id >= first) {
            let topic = format!("'gridwatch/alert/{id}'");
            assert!(broker.has_got(&topic), "{id} was acknowledged and did not arrive");
        }
        broker.restart();
    }
    let mut listener = Listener::at(&broker, "gridwatch/events").await;
    send(&*channel, &about(9999)).await;
    soon(listener.next_with("gridwatch/events", "9999-ping")).await;
}

/// The first failure of a channel that has tried to connect.
async fn failure(channel: &dyn Channel) -> Failure {
    soon(async {
        loop {
            let failure = channel.send(&ping(), now()).await.unwrap_err();
            if failure.context().said != "no connection yet" {
                return failure;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_wrong_password_is_named_and_not_shown() {
    let Some(broker) = Broker::start(None) else { return };
    let mut config = to(&broker.url());
    config["password"] = "wrong-password-of-the-tests".into();
    let failure = failure(&*channel(config)).await;
    assert_eq!(failure.context().said, "the broker refuses this user or password");
    assert!(!format!("{failure} {failure:?}").contains("wrong-password"));
}

#[tokio::test]
async fn tls_is_for_the_broker_whose_authority_is_trusted() {
    let certificates = Certificates::generate();
    let Some(mut broker) = Broker::start(Some(&certificates)) else { return };
    let with = |ca: &str| {
        let mut config = to(&format!("mqtts://localhost:{}", broker.port));
        config["ca_pem"] = ca.into();
        channel(config)
    };
    let failure = failure(&*with(&Certificates::generate().authority)).await;
    assert!(failure.context().said.contains("certificate"), "{failure:?}");
    send(&*with(&certificates.authority), &ping()).await;
    broker.kill();
    assert!(broker.has_got("'gridwatch/alert/1042'"));
}

/// A broker that lets everybody in, and then does as it is told.
async fn let_in(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut packet = [0; 1024];
    assert!(stream.read(&mut packet).await.unwrap() > 0 && packet[0] == 0x10, "it begins with CONNECT");
    stream.write_all(&[0x20, 2, 0, 0]).await.unwrap();
    stream
}

/// The first publication is the status: when it is there, the connection stands on both sides.
async fn connected(stream: &mut TcpStream) {
    let mut packet = [0; 1024];
    assert!(
        stream.read(&mut packet).await.unwrap() > 0 && packet[0] & 0xf0 == 0x30,
        "it goes on with PUBLISH"
    );
}

#[tokio::test]
async fn what_is_not_acknowledged_when_the_connection_breaks_has_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel(to(&format!("mqtt://{}", listener.local_addr().unwrap())));
    let mut stream = soon(let_in(&listener)).await;
    soon(connected(&mut stream)).await;
    let message = ping();
    let (sent, ()) = tokio::join!(soon(channel.send(&message, now())), async {
        let mut packet = [0; 4096];
        assert!(stream.read(&mut packet).await.unwrap() > 0);
        drop(stream);
    });
    assert!(matches!(sent, Err(Failure::Unavailable(_))), "{sent:?}");

    // On the next connection, the old message is not there: first of all comes the status.
    let mut stream = soon(let_in(&listener)).await;
    let mut packet = vec![0; 4096];
    let count = soon(stream.read(&mut packet)).await.unwrap();
    let first = String::from_utf8_lossy(&packet[..count]);
    assert!(first.contains("gridwatch/status") && !first.contains("gridwatch/alert"), "{first}");
}

#[tokio::test]
async fn a_broker_that_never_acknowledges_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel(to(&format!("mqtt://{}", listener.local_addr().unwrap())));
    let mut stream = soon(let_in(&listener)).await;
    soon(connected(&mut stream)).await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let failure = channel.send(&ping(), now()).await.unwrap_err();
    assert!(
        matches!(&failure, Failure::Unavailable(context) if context.said == "no acknowledgement in time"),
        "{failure:?}"
    );
    assert_eq!(begun.elapsed().as_secs(), 10);
}
