use aes_gcm::{Aes128Gcm, KeyInit, aead::Aead};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use gridwatch_channels::{
    AlertSummary, Channel, ChannelConfig, Content, Failure, Level, Problem, Secret, VapidKeys, build,
};
use jiff::tz::TimeZone;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use web_push_native::p256::{
    PublicKey, SecretKey,
    ecdh::diffie_hellman,
    ecdsa::{Signature, VerifyingKey, signature::Verifier},
    elliptic_curve::sec1::ToEncodedPoint,
};

use crate::{
    given::{channel, fall, http, message, now, ping},
    receiver::{Receiver, Seen},
    rules::hkdf_sha256,
};

const AUTH: [u8; 16] = *b"sixteen of bytes";

/// A browser with a subscription: it alone can read what is sent to it.
pub struct Browser(SecretKey);

impl Browser {
    pub fn new() -> Self {
        Self(SecretKey::from_slice(&[0x42; 32]).unwrap())
    }

    /// What `PushSubscription.toJSON()` gives.
    pub fn subscription(&self, endpoint: &str) -> Value {
        json!({
            "endpoint": endpoint,
            "expirationTime": null,
            "keys": {
                "p256dh": BASE64_URL_SAFE_NO_PAD.encode(self.public_key()),
                "auth": BASE64_URL_SAFE_NO_PAD.encode(AUTH),
            },
        })
    }

    fn public_key(&self) -> Vec<u8> {
        self.0.public_key().to_encoded_point(false).as_bytes().to_vec()
    }

    /// RFC 8291, section 3.4, over one record of RFC 8188.
    fn read(&self, body: &[u8]) -> Vec<u8> {
        let (salt, rest) = body.split_at(16);
        let record_bytes = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let (sender, ciphertext) = rest[5..].split_at(usize::from(rest[4]));
        assert!(ciphertext.len() <= record_bytes, "it is one record");
        let sender_key = PublicKey::from_sec1_bytes(sender).unwrap();
        let shared = diffie_hellman(self.0.to_nonzero_scalar(), sender_key.as_affine());
        let info = [b"WebPush: info\0", &*self.public_key(), sender].concat();
        let material = hkdf_sha256(&AUTH, shared.raw_secret_bytes(), &info, 32);
        let key = hkdf_sha256(salt, &material, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = hkdf_sha256(salt, &material, b"Content-Encoding: nonce\0", 12);
        let mut text =
            Aes128Gcm::new_from_slice(&key).unwrap().decrypt(nonce.as_slice().into(), ciphertext).unwrap();
        while text.pop_if(|byte| *byte == 0).is_some() {}
        assert_eq!(text.pop(), Some(2), "it ends as a last record ends");
        text
    }
}

fn keys() -> VapidKeys {
    VapidKeys::generate(&mut StdRng::seed_from_u64(7))
}

fn config(endpoint: &str) -> Value {
    json!({
        "kind": "web_push",
        "vapid_private_key": keys().private_key().expose(),
        "contact": "mailto:duty@gridwatch.example",
        "subscription": Browser::new().subscription(endpoint),
        "private_service": true,
    })
}

fn push_to(receiver: &Receiver) -> Box<dyn Channel> {
    channel(config(&format!("{}/push/abc", receiver.url)))
}

/// Checks the token by RFC 8292 and RFC 7515 and gives what it claims.
fn claims(seen: &Seen) -> Value {
    let fields = seen.header("authorization").strip_prefix("vapid ").unwrap();
    let field =
        |name: &str| fields.split(", ").find_map(|field| field.strip_prefix(name)).unwrap().to_owned();
    let (token, public_key) = (field("t="), field("k="));
    assert_eq!(public_key, keys().public_key());
    let key = VerifyingKey::from_sec1_bytes(&BASE64_URL_SAFE_NO_PAD.decode(public_key).unwrap()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    key.verify(signed.as_bytes(), &signature).expect("the token is signed with the key it names");
    let (header, claims) = signed.split_once('.').unwrap();
    let read =
        |part| -> Value { serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(read(header)["alg"], "ES256");
    read(claims)
}

#[tokio::test]
async fn the_browser_can_read_it_and_the_service_knows_who_we_are() {
    let receiver = Receiver::saying(201, "").await;
    let receipt = push_to(&receiver).send(&ping(), now()).await.unwrap();
    assert!(!receipt.delivered);

    let seen = receiver.only();
    assert_eq!(seen.header("content-encoding"), "aes128gcm");
    assert_eq!(seen.header("ttl"), "600");
    assert_eq!(seen.header("urgency"), "high");
    let claims = claims(&seen);
    assert_eq!(claims["aud"], receiver.url);
    assert_eq!(claims["sub"], "mailto:duty@gridwatch.example");
    assert_eq!(claims["exp"], now().as_second() + 12 * 3600);

    let read: Value = serde_json::from_slice(&Browser::new().read(&seen.body)).unwrap();
    assert_eq!(read["tag"], "alert-1042");
    assert_eq!(read["level"], 1);
    assert_eq!(read["link"], "https://gridwatch.example/a/1042");
    assert!(read["text"].as_str().unwrap().starts_with("【一级】有人倒地\n地点：样例路"));
    assert!(!String::from_utf8_lossy(&seen.body).contains("倒地"));
}

#[tokio::test]
async fn no_two_are_encrypted_alike() {
    let receiver = Receiver::saying(201, "").await;
    let push = push_to(&receiver);
    push.send(&ping(), now()).await.unwrap();
    push.send(&ping(), now()).await.unwrap();
    let [first, second] = &receiver.seen()[..] else { panic!("two requests are expected") };
    assert_ne!(first.body[..86], second.body[..86]);
    assert_eq!(Browser::new().read(&first.body), Browser::new().read(&second.body));
}

#[tokio::test]
async fn a_lower_level_wakes_nobody_up() {
    let receiver = Receiver::saying(201, "").await;
    let yellow = AlertSummary { level: Level::try_from(3).unwrap(), ..fall() };
    push_to(&receiver).send(&message(Content::Ping(yellow)), now()).await.unwrap();
    assert_eq!(receiver.only().header("urgency"), "normal");
}

#[tokio::test]
async fn a_subscription_that_is_gone_is_gone() {
    for status in [404, 410] {
        let receiver = Receiver::saying(status, "push subscription has unsubscribed or expired").await;
        let failure = push_to(&receiver).send(&ping(), now()).await.unwrap_err();
        assert!(matches!(failure, Failure::Gone(_)), "{failure:?}");
    }
    let receiver = Receiver::saying(403, "the VAPID credentials do not correspond").await;
    let failure = push_to(&receiver).send(&ping(), now()).await.unwrap_err();
    assert!(matches!(failure, Failure::Refused(_)), "{failure:?}");
}

#[tokio::test]
async fn the_longest_message_fits_into_what_every_service_takes() {
    let receiver = Receiver::saying(201, "").await;
    let long = AlertSummary { place: "\"长\\".repeat(3000), ..fall() };
    let mut message = message(Content::Ping(long));
    message.note = Some("\u{1}\"\\注".repeat(3000));
    push_to(&receiver).send(&message, now()).await.unwrap();
    assert!(receiver.only().body.len() <= 4096);
}

#[tokio::test]
async fn a_browser_cannot_send_us_into_our_own_network() {
    let endpoints = [
        "http://push.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.0.0.8:9200/x",
        "https://2130706433/x",
        "https://localhost/x",
        "https://db.localhost/x",
        "https://camera-7/x",
    ];
    for endpoint in endpoints {
        let mut config = config(endpoint);
        config["private_service"] = false.into();
        let config: ChannelConfig = serde_json::from_value(config).unwrap();
        let error = build(&config, &http(), &TimeZone::UTC, 1).err().expect(endpoint);
        assert_eq!(error.problem, Problem::PrivateService, "{endpoint}");
    }
    let mut config = config("https://push.example/x");
    config["private_service"] = false.into();
    let config: ChannelConfig = serde_json::from_value(config).unwrap();
    assert!(build(&config, &http(), &TimeZone::UTC, 1).is_ok());
}

#[test]
fn keys_are_kept_and_found_again() {
    let keys = keys();
    let again = VapidKeys::from_private_key(&keys.private_key()).unwrap();
    assert_eq!(again.public_key(), keys.public_key());
    assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(keys.public_key()).unwrap().len(), 65);
    assert!(!format!("{keys:?}").contains(keys.private_key().expose()));
    assert!(VapidKeys::from_private_key(&Secret::new("AAAA")).is_none());
    assert!(VapidKeys::from_private_key(&Secret::new(BASE64_URL_SAFE_NO_PAD.encode([0; 32]))).is_none());
}
