//! The form in which everything is stored and sent, and what is refused in it.

use gridwatch_roster::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::support::*;

#[test]
fn people_and_entries_are_stored_and_sent_in_one_form() {
    let liaison = Role::Liaison { department: Name::new("医疗").unwrap() };
    let role = |role| RoleBinding { role, grid: code("11") };
    let somebody = Person {
        id: id("w\"1\""),
        name: Name::new("O'Neil \"甲\"").unwrap(),
        phone: Some(Phone::new("+999 0000 0001").unwrap()),
        roles: vec![role(Role::GridWorker), role(liaison)],
        active: true,
    };
    let expected = json!({
        "id": "w\"1\"", "name": "O'Neil \"甲\"", "phone": "+999 0000 0001", "active": true,
        "roles": [
            { "role": "grid_worker", "grid": "11" },
            { "role": "liaison", "department": "医疗", "grid": "11" },
        ],
    });
    assert_eq!(serde_json::to_value(&somebody).unwrap(), expected);
    assert_eq!(serde_json::from_value::<Person>(expected).unwrap(), somebody);

    let rotation =
        daily(Post::grid(&code("111"), Position::Backup), "2026-03-02", &[("20:00", "08:00", &["ann"])]);
    let written = serde_json::to_value(entry(1, rotation.clone())).unwrap();
    let head =
        json!({ "id": "e0001", "made_by": "lead", "made_at": "1970-01-01T00:00:01Z", "entry": "rotation" });
    for (field, value) in head.as_object().unwrap() {
        assert_eq!(&written[field], value);
    }
    assert_eq!(written["post"], json!({ "kind": "grid", "grid": "111", "position": "backup" }));
    assert_eq!(written["starts_on"], json!("2026-03-02"));
    let shift = json!({ "weekday": "monday", "from": "20:00:00", "to": "08:00:00", "people": ["ann"] });
    assert_eq!(written["weeks"][0]["shifts"][0], shift);

    let day = ("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    let plans = [
        rotation,
        swap(seat(), day.0, day.1, "ann", "ben"),
        leave("ann", day.0, day.1),
        override_with(Post::ShiftLead, day.0, day.1, &[]),
    ];
    for plan in plans {
        let made = entry(1, plan);
        let json = serde_json::to_string(&made).unwrap();
        assert_eq!(serde_json::from_str::<RosterEntry>(&json).unwrap(), made);
    }
}

#[test]
fn what_no_constructor_would_take_is_not_read_either() {
    let with = |field: &str, value: Value| {
        let mut person = json!({ "id": "a", "name": "b", "active": true });
        person[field] = value;
        serde_json::from_value::<Person>(person)
    };
    assert!(with("phone", Value::Null).is_ok());
    let refused = [
        ("id", json!("")),
        ("id", json!(" a")),
        ("id", json!("a\nb")),
        ("name", json!("   ")),
        ("name", json!("a\u{202E}b")),
        ("name", json!("字".repeat(65))),
        ("phone", json!("12")),
        ("phone", json!("call me")),
        ("roles", json!([{ "role": "liaison", "grid": "1" }])),
        ("roles", json!([{ "role": "emperor", "grid": "1" }])),
        ("roles", json!([{ "role": "admin" }])),
    ];
    for (field, value) in refused {
        assert!(with(field, value.clone()).is_err(), "{field} {value}");
    }
    assert!(with("name", json!("字".repeat(64))).is_ok(), "characters are counted, not bytes");
    let error = with("name", json!("a\tb")).unwrap_err().to_string();
    assert!(error.contains("name has control characters"), "{error}");
}

proptest! {
    #[test]
    fn a_name_is_kept_as_it_is_or_refused(text in any::<String>()) {
        match Name::new(&text) {
            Ok(name) => {
                prop_assert_eq!(name.as_str(), &text);
                prop_assert!((1..=64).contains(&text.chars().count()));
                prop_assert!(!text.chars().any(char::is_control) && text.trim() == text);
                let json = serde_json::to_string(&name).unwrap();
                prop_assert_eq!(serde_json::from_str::<Name>(&json).unwrap(), name);
            }
            Err(InvalidText { fault: TextFault::Empty, .. }) => prop_assert!(text.trim().is_empty()),
            Err(InvalidText { fault: TextFault::TooLong { chars_max }, .. }) => {
                prop_assert!(text.chars().count() > chars_max);
            }
            Err(_) => {}
        }
    }
}

/// Every enum that people read has its words in both languages.
#[test]
fn every_word_is_there_in_both_languages() {
    let has_chinese = |text: &str| text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
    let person = || id("p");
    let faults = vec![
        RosterFault::UnknownPerson { person: person() },
        RosterFault::InactivePerson { person: person() },
        RosterFault::EndsBeforeStart { from: at("2026-03-03T00:00:00Z"), to: at("2026-03-03T00:00:00Z") },
        RosterFault::TooLong { days_max: 1 },
        RosterFault::GiverNotOn { person: person(), post: Post::ShiftLead },
        RosterFault::SwapWithSelf { person: person() },
        RosterFault::LeaveOverlaps {
            person: person(),
            other: entry(1, leave("p", "2026-03-03T00:00:00Z", "2026-03-03T00:00:00Z")).id,
        },
        RosterFault::SameStart { other: EntryId::new("e").unwrap() },
        RosterFault::Weeks { weeks_max: 1 },
        RosterFault::Shifts { shifts_max: 1 },
        RosterFault::People { people_max: 1 },
    ];
    let department = Name::new("x").unwrap();
    let posts = [
        Post::grid(&code("1"), Position::Primary),
        Post::PatrolPool { grid: code("1") },
        Post::PolicePost { grid: code("1") },
        Post::Liaison { department: department.clone() },
        Post::Seat { name: department.clone() },
        Post::ShiftLead,
    ];
    for language in Language::ALL {
        let mut words: Vec<String> = faults.iter().map(|fault| fault.sentence(language)).collect();
        words.extend(posts.iter().map(|post| post.label(language)));
        words.extend(Role::SIMPLE.iter().map(|role| role.label(language).to_owned()));
        words.push(Role::Liaison { department: department.clone() }.label(language).to_owned());
        words.extend(RungName::ALL.iter().map(|rung| rung.label(language).to_owned()));
        words.extend(Position::ALL.iter().map(|position| position.label(language).to_owned()));
        words.extend(Weekday::ALL.iter().map(|day| day.label(language).to_owned()));
        let texts = [
            TextFault::Empty,
            TextFault::Padded,
            TextFault::Control,
            TextFault::NotAPhone,
            TextFault::TooLong { chars_max: 1 },
        ];
        words.extend(texts.iter().map(|fault| fault.sentence(language)));
        for word in words {
            assert_eq!(has_chinese(&word), language == Language::Zh, "{word}");
        }
    }
}

#[derive(OpenApi)]
#[openapi(components(schemas(
    Person,
    RosterEntry,
    Span,
    Uncovered,
    Rung,
    HandoverSheet<Contact>,
    RosterProblem,
    Zone,
    Language,
    Import<Person>,
    Import<RosterEntry>,
    FileProblem,
)))]
struct Api;

#[test]
fn the_schemas_name_what_is_sent() {
    let api = serde_json::to_value(Api::openapi()).unwrap();
    let schemas = &api["components"]["schemas"];
    assert_eq!(
        schemas["PersonId"],
        json!({ "type": "string", "description": "Names one person for ever.", "maxLength": 64, "minLength": 1 })
    );
    assert_eq!(
        schemas["Person"]["properties"]["id"],
        json!({ "$ref": "#/components/schemas/PersonId", "description": "Who." })
    );
    assert_eq!(schemas["Zone"]["type"], json!("string"));
    assert_eq!(schemas["Shift"]["properties"]["from"]["type"], json!("string"));
    let positions = &schemas["GridPosition"]["enum"];
    assert_eq!(positions, &json!(["primary", "backup", "leader"]));

    // Nothing is referred to that is not there.
    let text = api.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.get(name).is_some(), "{name}");
    }
}
