//! The WebSocket: greeting, changes in order, replay, and clients that do not behave.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use gridwatch_alerts::{Recorder, send_canary};
use gridwatch_inference::{EndReason, Phase};
use serde_json::json;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest, http::StatusCode};

use crate::support::{Console, next, next_of};

#[tokio::test]
async fn a_client_is_greeted_told_of_changes_and_ticked() {
    let console = Console::start().await;
    console.open_alert(1).await;
    let mut client = console.connect("").await;
    assert_eq!(next(&mut client, "hello").await["seq"], 1);
    assert_eq!(next(&mut client, "cameras").await["cameras"][0]["id"], "cam-1");
    console.see(1, Phase::Ended(EndReason::Upright)).await;
    let ended = next(&mut client, "alert").await;
    assert_eq!((&ended["seq"], &ended["change"]), (&json!(2), &json!("ended")), "live only, without `after`");
    assert_eq!(ended["alert"], console.get("/api/alerts/1").await.json());
    console.problems.raise("detector_down", "detector 0");
    let tick = next(&mut client, "tick").await;
    assert_eq!((&tick["seq"], &tick["problems"][0]["code"]), (&json!(2), &json!("detector_down")));
}

#[tokio::test]
async fn what_was_missed_is_replayed_in_order_and_goes_on_live() {
    let console = Console::start().await;
    for incident in 1..=5 {
        console.open_alert(incident).await;
    }
    let mut client = console.connect("?after=2").await;
    for seq in 3..=5 {
        assert_eq!(next(&mut client, "alert").await["seq"], seq);
    }
    console.open_alert(6).await;
    assert_eq!(next(&mut client, "alert").await["seq"], 6);
}

#[tokio::test]
async fn a_client_of_another_history_is_told_to_load_anew() {
    let console = Console::start().await;
    console.open_alert(1).await;
    let mut client = console.connect("?after=77").await;
    assert_eq!(next(&mut client, "resync").await["seq"], 1);
    console.open_alert(2).await;
    assert_eq!(next(&mut client, "alert").await["seq"], 2);
}

/// One client takes nothing while more is sent than its small window holds; the other is served all the same.
#[tokio::test]
async fn a_slow_client_delays_nobody() {
    let console = Console::start().await;
    let mut slow = console.connect_with_small_window().await;
    let mut fast = console.connect("?after=0").await;
    let changes = 1000;
    for incident in 0..changes {
        console.open_alert(incident).await;
    }
    for seq in 1..=changes {
        assert_eq!(next(&mut fast, "alert").await["seq"], seq);
    }
    for seq in 1..=changes {
        assert_eq!(next(&mut slow, "alert").await["seq"], seq, "nothing was dropped for the slow one either");
    }
}

/// A client that is there and never answers is given up, so that it does not keep its place for ever.
#[tokio::test]
async fn a_client_that_never_answers_is_given_up() {
    let console = Console::start().await;
    let mut stuck = console.connect("").await;
    // Not polled, it answers no ping. The server's patience is 15 s, its pings are 2 s apart.
    tokio::time::sleep(Duration::from_secs(19)).await;
    let ended = timeout(Duration::from_secs(5), async { while let Some(Ok(_)) = stuck.next().await {} });
    ended.await.expect("the connection should be closed by now");
}

#[tokio::test]
async fn a_page_of_another_server_is_refused() {
    let console = Console::start().await;
    let host = console.address.to_string();
    for (origin, allowed) in [
        (format!("http://{host}"), true),
        (format!("https://{host}"), true),
        ("http://example.org".to_owned(), false),
        (format!("http://{host}.example.org"), false),
        ("null".to_owned(), false),
        (String::new(), false),
    ] {
        let mut request = format!("ws://{host}/api/events").into_client_request().unwrap();
        request.headers_mut().insert("Origin", origin.parse().unwrap());
        match tokio_tungstenite::connect_async(request).await {
            Ok(_) => assert!(allowed, "{origin} was let in"),
            Err(Error::Http(response)) => {
                assert_eq!((response.status(), allowed), (StatusCode::FORBIDDEN, false), "{origin}");
            }
            Err(error) => panic!("{origin}: {error}"),
        }
    }
}

#[tokio::test]
async fn clients_that_talk_nonsense_or_leave_harm_nobody() {
    let console = Console::start().await;
    let mut rude = console.connect("").await;
    rude.send(Message::Text("x".repeat(100_000).into())).await.unwrap();
    let mut gone = console.connect("").await;
    gone.close(None).await.unwrap();
    drop(TcpStream::connect(console.address).await.unwrap());
    let mut good = console.connect("").await;
    next(&mut good, "hello").await;
    console.open_alert(1).await;
    assert_eq!(next(&mut good, "alert").await["seq"], 1);
}

#[tokio::test]
async fn a_stopping_server_says_goodbye_and_ends() {
    let console = Console::start().await;
    let mut client = console.connect("").await;
    next(&mut client, "cameras").await;
    console.shutdown.cancel();
    let farewell = timeout(Duration::from_secs(5), async {
        loop {
            match client.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| u16::from(frame.code)),
                Some(Ok(_)) => {}
                other => panic!("no goodbye but {other:?}"),
            }
        }
    });
    assert_eq!(farewell.await.unwrap(), Some(1001));
    timeout(Duration::from_secs(5), console.serving).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_screen_with_a_name_is_proven_by_its_answer_to_a_canary() {
    let console = Console::start().await;
    let mut screen = console.connect("?screen=wall-1").await;
    let mut nameless = console.connect("").await;
    let of_screen = async || {
        let links = console.get("/api/canary").await.json()["links"].clone();
        links.as_array().unwrap().iter().find(|link| link["name"] == "wall-1").cloned()
    };
    let (recorder, recording, _orders) = Recorder::new(console.desk.clone(), console.problems.clone());
    tokio::spawn(recording.run());
    send_canary(&console.desk, &recorder, &console.problems);
    let canary = next(&mut screen, "canary").await;
    next(&mut nameless, "canary").await;
    assert_eq!(of_screen().await, None, "it has not answered yet");
    for wrong in ["hello", r#"{"canary":"2020-01-01T00:00:00Z"}"#] {
        screen.send(Message::text(wrong)).await.unwrap();
    }
    nameless.send(Message::text(json!({ "canary": canary["at"] }).to_string())).await.unwrap();
    assert_eq!(of_screen().await, None);
    screen.send(Message::text(json!({ "canary": canary["at"] }).to_string())).await.unwrap();
    let mut link = None;
    while link.is_none() {
        link = of_screen().await;
    }
    let link = link.unwrap();
    assert_eq!((&link["kind"], &link["missed"]), (&json!("screen"), &json!(0)));
    // Closed on purpose, it is not missed.
    screen.close(None).await.unwrap();
    while of_screen().await.is_some() {}
    for refused in ["?screen=", "?screen=a&person=b", "?person=%0a"] {
        assert_eq!(console.get(&format!("/api/events{refused}")).await.status, 400, "{refused}");
    }
}

#[tokio::test]
async fn a_phone_is_given_what_its_person_is_called_for_until_it_answers() {
    let console = Console::start().await;
    let person = |id: &str, role: &str| json!({ "id": id, "name": id, "active": true, "roles": [{ "role": role, "grid": "1" }] });
    let people = json!({ "by": "admin", "people": [person("officer", "duty_officer"), person("wang", "grid_worker")] });
    let json_type = "Content-Type: application/json\r\n";
    assert_eq!(console.post("/api/people", json_type, &people.to_string()).await.status, 204);
    console.open_alert(1).await;
    let mut phone = console.connect("?person=wang").await;
    let mut other = console.connect("?person=officer").await;
    next(&mut phone, "cameras").await;
    let dispatch = json!({ "move": "dispatch", "to": "wang", "by": "officer" }).to_string();
    assert_eq!(console.post("/api/alerts/1/moves", json_type, &dispatch).await.status, 200);
    let delivery = next(&mut phone, "delivery").await["delivery"].clone();
    assert_eq!((&delivery["alert"], &delivery["recipient"]), (&json!(1), &json!("wang")));
    let state = async |expected: &str| {
        loop {
            let deliveries = console.get("/api/alerts/1/deliveries").await.json()["deliveries"].clone();
            if deliveries[0]["state"] == expected {
                return deliveries[0].clone();
            }
        }
    };
    state("sent").await;
    // Not answered: it is given again, as the same, to whoever connects for this person.
    drop(phone);
    let mut phone = console.connect("?person=wang").await;
    assert_eq!(next(&mut phone, "delivery").await["delivery"]["key"], delivery["key"]);
    let say = |what: &str| Message::text(json!({ what: delivery["id"] }).to_string());
    // Another person's phone has nothing to say about it.
    other.send(say("seen")).await.unwrap();
    phone.send(say("delivered")).await.unwrap();
    assert_eq!(state("delivered").await["seen_at"], json!(null));
    phone.send(say("seen")).await.unwrap();
    assert!(state("seen").await["seen_at"].is_string());
    // Answered: it is not given again. The next thing that the phone hears of is the tick.
    drop(phone);
    let mut phone = console.connect("?person=wang").await;
    let heard = next_of(&mut phone, &["delivery", "tick"]).await;
    assert_eq!(heard["type"], "tick", "{heard}");
}
