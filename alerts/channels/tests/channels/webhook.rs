use base64::{Engine, prelude::BASE64_STANDARD};
use gridwatch_channels::{Channel, ChannelKind, Content, Failure};
use serde_json::json;

use crate::{
    given::{channel, message, now, ping},
    receiver::{Receiver, reply, reply_with},
    rules::hmac_sha256,
};

const KEY: &[u8] = b"a key of the tests, 32 bytes long";

fn webhook(url: &str) -> Box<dyn Channel> {
    let secret = format!("whsec_{}", BASE64_STANDARD.encode(KEY));
    channel(json!({"kind": "webhook", "url": format!("{url}/hook"), "secret": secret}))
}

#[tokio::test]
async fn a_message_arrives_signed_and_whole() {
    let receiver = Receiver::saying(202, "queued as 77").await;
    let receipt = webhook(&receiver.url).send(&ping(), now()).await.unwrap();
    assert_eq!((receipt.delivered, receipt.answer.as_str()), (false, "queued as 77"));

    let seen = receiver.only();
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", "/hook"));
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(seen.header("webhook-id"), "1042-ping");
    assert_eq!(seen.header("webhook-timestamp"), "1791784986");
    let signed = [b"1042-ping.1791784986.", &*seen.body].concat();
    let expected = format!("v1,{}", BASE64_STANDARD.encode(hmac_sha256(KEY, &signed)));
    assert_eq!(seen.header("webhook-signature"), expected);

    let body = seen.json();
    assert_eq!(body["type"], "gridwatch.ping");
    assert_eq!(body["timestamp"], "2026-10-12T06:03:06Z");
    assert_eq!(body["data"]["recipient"]["phone"], "00000000007");
    assert_eq!(body["data"]["about"]["level"], 1);
    assert_eq!(body["data"]["text"]["title"], "【一级】有人倒地");
}

#[tokio::test]
async fn the_same_message_has_the_same_id_and_a_fresh_signature() {
    let receiver = Receiver::saying(200, "").await;
    let webhook = webhook(&receiver.url);
    webhook.send(&ping(), now()).await.unwrap();
    webhook.send(&ping(), now() + jiff::SignedDuration::from_secs(60)).await.unwrap();
    let [first, second] = &receiver.seen()[..] else { panic!("two requests are expected") };
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(first.body, second.body);
    assert_ne!(first.header("webhook-signature"), second.header("webhook-signature"));
}

#[tokio::test]
async fn each_status_is_what_it_means() {
    let of = |status: u16| async move {
        let receiver = Receiver::saying(status, "because").await;
        webhook(&receiver.url).send(&ping(), now()).await.unwrap_err()
    };
    for status in [400, 401, 403, 404, 413, 422] {
        assert!(matches!(of(status).await, Failure::Refused(_)), "{status}");
    }
    for status in [408, 425, 500, 502, 503, 504] {
        assert!(matches!(of(status).await, Failure::Unavailable(_)), "{status}");
    }
    assert!(matches!(of(410).await, Failure::Gone(_)));
    let failure = of(500).await;
    assert_eq!(failure.context().status, Some(500));
    assert_eq!(failure.context().channel, ChannelKind::Webhook);
    assert!(failure.to_string().contains("answered 500 (because): unavailable"), "{failure}");
}

#[tokio::test]
async fn a_receiver_that_throttles_says_for_how_long() {
    for (status, header, seconds) in
        [(429, "7", 7), (429, "Mon, 12 Oct 2026 06:05:06 GMT", 119), (429, "a while", 60), (503, "30", 30)]
    {
        let receiver = Receiver::start(move |_| reply_with(status, ("retry-after", header), "slowly")).await;
        match webhook(&receiver.url).send(&ping(), now()).await.unwrap_err() {
            Failure::Throttled { retry_after, context } => {
                assert_eq!((retry_after.as_secs(), context.said.as_str()), (seconds, "slowly"), "{header}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let other = Receiver::saying(200, "").await;
    let target = format!("{}/elsewhere", other.url);
    let receiver = Receiver::start(move |_| reply_with(307, ("location", &target), "")).await;
    let failure = webhook(&receiver.url).send(&ping(), now()).await.unwrap_err();
    assert!(matches!(failure, Failure::Refused(_)), "{failure:?}");
    assert!(other.seen().is_empty());
}

/// A key with a full stop could be moved into the timestamp under the same signature; one with a line feed into the headers.
#[tokio::test]
async fn a_key_that_would_blur_the_signature_is_not_sent() {
    let receiver = Receiver::start(|_| reply(200, "")).await;
    for key in ["", "a.b", "a\nb"] {
        let mut message = message(Content::Canary);
        message.key = key.to_owned();
        let failure = webhook(&receiver.url).send(&message, now()).await.unwrap_err();
        assert!(matches!(failure, Failure::Refused(_)), "{failure:?}");
    }
    assert!(receiver.seen().is_empty());
}
