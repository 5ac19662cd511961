use gridwatch_channels::{ChannelConfig, ConfigError, Language, Message, Problem, build};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::given::{http, ping};

fn error(config: Value) -> ConfigError {
    let config: ChannelConfig = serde_json::from_value(config).unwrap();
    match build(&config, &http(), &TimeZone::UTC, 1) {
        Ok(channel) => panic!("a channel {} was made", channel.kind()),
        Err(error) => error,
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_in_both_languages_without_the_secret() {
    let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
    let of_webhook =
        |url: &str, secret: &str| error(json!({"kind": "webhook", "url": url, "secret": secret}));
    let of_mqtt = |field: &str, value: &str| {
        let mut config = json!({"kind": "mqtt", "url": "mqtts://broker.example"});
        config[field] = value.into();
        error(config)
    };
    let cases = [
        (of_webhook("no address", key), "url", Problem::NotAUrl),
        (of_webhook("ftp://example.org/token-123456", key), "url", Problem::NotHttp),
        (of_webhook("file:///etc/passwd", key), "url", Problem::NotHttp),
        (of_webhook("https://a:b@example.org", key), "url", Problem::UserInfo),
        (of_webhook("https://example.org", "whsec_!!!token-123456"), "secret", Problem::NotBase64),
        (of_webhook("https://example.org", "c2hvcnQ="), "secret", Problem::KeyLength { min: 24, max: 64 }),
        (error(json!({"kind": "wecom", "key": ""})), "key", Problem::Empty),
        (error(json!({"kind": "wecom", "key": "token-123456&x=1"})), "key", Problem::NotAToken),
        (error(json!({"kind": "feishu", "token": "../token-123456"})), "token", Problem::NotAToken),
        (
            error(json!({"kind": "dingtalk", "access_token": "t", "per_minute": 0})),
            "per_minute",
            Problem::Zero,
        ),
        (of_mqtt("url", "http://broker.example"), "url", Problem::NotMqtt),
        (of_mqtt("url", "mqtt://u:token-123456@broker.example"), "url", Problem::UserInfo),
        (of_mqtt("topic_prefix", "a/#"), "topic_prefix", Problem::NotATopic),
        (of_mqtt("client_id", " "), "client_id", Problem::Empty),
        (of_mqtt("ca_pem", "token-123456"), "ca_pem", Problem::NotPem),
    ];
    for (error, field, problem) in cases {
        assert_eq!((error.field, error.problem), (field, problem));
        let (en, zh) = (error.text(Language::English), error.text(Language::Chinese));
        assert_eq!(en, error.to_string());
        assert!(en.is_ascii() && en.contains(field), "{en}");
        assert!(!zh.is_ascii() && zh.contains(field), "{zh}");
        assert!(!format!("{en} {zh} {error:?}").contains("token-123456"));
    }
}

#[test]
fn a_misspelt_field_is_not_passed_over() {
    let config = json!({"kind": "dingtalk", "access_token": "t", "secrett": "SEC1"});
    let error = serde_json::from_value::<ChannelConfig>(config).unwrap_err();
    assert!(error.to_string().contains("secrett"), "{error}");
}

#[test]
fn a_message_is_stored_and_read_again() {
    let stored = serde_json::to_string(&ping()).unwrap();
    assert_eq!(serde_json::from_str::<Message>(&stored).unwrap(), ping());
    let fields: Value = serde_json::from_str(&stored).unwrap();
    assert_eq!((&fields["kind"], &fields["language"]), (&json!("ping"), &json!("zh-CN")));
    assert_eq!(fields["about"]["kind"], "fall");
    let of_level_5 = stored.replace(r#""level":1"#, r#""level":5"#);
    assert!(serde_json::from_str::<Message>(&of_level_5).is_err());
}
