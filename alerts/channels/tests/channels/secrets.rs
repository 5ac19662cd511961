//! Nothing that is configured as a secret is ever seen again, not even where a receiver sends everything back.

use base64::{Engine, prelude::BASE64_STANDARD};
use gridwatch_channels::{ChannelConfig, build};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    given::{http, now, ping},
    receiver::{Receiver, Seen, reply},
    webpush::Browser,
};

/// Everything that arrived, as text.
fn echo(seen: &Seen) -> String {
    format!("{} {:?} {}", seen.uri, seen.headers, String::from_utf8_lossy(&seen.body))
}

/// All channels with these secrets; what is a secret in each of them.
fn configs(base: &str, token: &str, key: &str, subscription: Value) -> Vec<(Value, Vec<String>)> {
    let encoded = BASE64_STANDARD.encode(key);
    let vapid = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
    let address = format!("{base}/hooks/{token}?access={key}");
    let push = subscription["keys"]["auth"].as_str().unwrap().to_owned();
    let (token, key) = (token.to_owned(), key.to_owned());
    vec![
        (
            json!({"kind": "webhook", "url": address, "secret": encoded}),
            vec![token.clone(), key.clone(), encoded.clone()],
        ),
        (
            json!({"kind": "gb28181", "url": address, "secret": encoded}),
            vec![token.clone(), key.clone(), encoded],
        ),
        (json!({"kind": "wecom", "key": token, "base_url": base}), vec![token.clone()]),
        (
            json!({"kind": "dingtalk", "access_token": token, "secret": key, "base_url": base}),
            vec![token.clone(), key.clone()],
        ),
        (
            json!({"kind": "feishu", "token": token, "secret": key, "base_url": base}),
            vec![token.clone(), key.clone()],
        ),
        (
            json!({"kind": "mqtt", "url": "mqtt://127.0.0.1:1", "user": "gridwatch", "password": key}),
            vec![key.clone()],
        ),
        (
            json!({
                "kind": "web_push", "vapid_private_key": vapid, "contact": "mailto:a@example.org",
                "subscription": subscription, "private_service": true,
            }),
            // The beginning of every signed token is the same; a push service would take one for half a day.
            vec![token, vapid, push, "eyJ".to_owned()],
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_secret_is_shown(
        token in "[a-zA-Z0-9]{1}[a-zA-Z0-9_-]{11,40}", key in "[a-zA-Z0-9]{24,48}",
        status in prop::sample::select(vec![200u16, 302, 400, 404, 410, 429, 500]), is_there in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let receiver = Receiver::start(move |seen| reply(status, echo(seen))).await;
            let base = if is_there { receiver.url.clone() } else { "http://127.0.0.1:1".to_owned() };
            let subscription = Browser::new().subscription(&format!("{base}/push/{token}"));
            for (config, secrets) in configs(&base, &token, &key, subscription) {
                let config: ChannelConfig = serde_json::from_value(config).unwrap();
                let channel = build(&config, &http(), &TimeZone::UTC, 1).unwrap();
                let outcome = channel.send(&ping(), now()).await;
                let said = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
                let written = serde_json::to_string(&config).unwrap();
                for shown in [format!("{config:?}"), written, format!("{outcome:?}"), said] {
                    for secret in &secrets {
                        prop_assert!(!shown.contains(secret), "{} is shown: {}", secret, shown);
                    }
                }
            }
            Ok(())
        })?;
    }
}
