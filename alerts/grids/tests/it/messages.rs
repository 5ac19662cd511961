//! What people are told: in both languages, with its parameters, on the wire as a code.

use std::mem::discriminant;

use gridwatch_grids::{
    Allowed, Fault, Finding, GridLevel, GridProblem, Lang, Lint, Place, Property, Shape, WrongSystem,
};
use serde_json::json;

fn every_fault() -> Vec<Fault> {
    let text = || "甲".to_owned();
    vec![
        Fault::Property { property: Property::People, found: Some(text()), allowed: Allowed::CountOrNothing },
        Fault::ControlCharacter { property: Property::Name, character: "U+0007".into() },
        Fault::TooLong { property: Property::Name, chars: 101, chars_max: 100 },
        Fault::UnknownLevel { found: text() },
        Fault::DuplicateCode { first: Place::Row(7) },
        Fault::UnknownParent { parent: text() },
        Fault::Cycle { codes: vec![text(), "乙".into(), text()] },
        Fault::LevelOutOfOrder { level: GridLevel::Base, parent: text(), parent_level: GridLevel::Micro },
        Fault::NotAnArea { found: None, shape: Shape::Text },
        Fault::RingTooShort { positions: 3 },
        Fault::RingNotClosed { start: (1.0, 2.0), end: (3.0, 4.0) },
        Fault::OutOfRange { lon: 200.0, lat: 0.5 },
        Fault::Crossing { lon: 1.0, lat: 2.0 },
        Fault::HoleOutside { lon: 1.0, lat: 2.0 },
        Fault::TooIntricate { positions: 50_001, rings: 1 },
    ]
}

fn every_finding() -> Vec<Finding> {
    let code = || "370405001".to_owned();
    vec![
        Finding::Gap { area_m2: 12.5 },
        Finding::Overlap { other: code(), area_m2: 12.5 },
        Finding::OutsideParent { parent: code(), area_m2: 12.5 },
        Finding::Households { households: 12 },
        Finding::People { people: 2_001 },
        Finding::CodeLength { digits: 15 },
        Finding::CodePrefix { parent: code() },
        Finding::Entangled,
        Finding::NoChildren,
    ]
}

/// Both sentences have every number and name, and nothing of the other language.
fn check_sentences(chinese: &str, english: &str) {
    let is_han = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
    let names = ['甲', '乙'];
    assert!(chinese.chars().any(|c| is_han(c) && !names.contains(&c)), "{chinese}");
    assert!(!english.chars().any(|c| is_han(c) && !names.contains(&c)), "{english}");
    assert!(chinese.contains("请"), "says what to do: {chinese}");
    assert!(!english.ends_with('.') && english.contains([';', ':']), "{english}");
}

#[test]
fn every_fault_has_a_sentence_in_both_languages_and_is_a_code_on_the_wire() {
    let mut seen = Vec::new();
    for fault in every_fault() {
        assert!(!seen.contains(&discriminant(&fault)));
        seen.push(discriminant(&fault));
        check_sentences(&fault.describe(Lang::ZhCn), &fault.describe(Lang::En));
        let problem = GridProblem { place: Place::Row(3), grid: None, fault };
        let wire = serde_json::to_value(&problem).unwrap();
        assert_eq!(wire["place"], json!({ "of": "row", "number": 3 }));
        assert!(wire["code"].is_string() && wire["params"].is_object(), "{wire}");
        assert_eq!(serde_json::from_value::<GridProblem>(wire).unwrap(), problem);
    }
}

#[test]
fn every_finding_has_a_sentence_in_both_languages_and_is_a_code_on_the_wire() {
    for finding in every_finding() {
        let (chinese, english) = (finding.describe(Lang::ZhCn), finding.describe(Lang::En));
        assert!(chinese.contains('请') || chinese.contains("可保留"), "{chinese}");
        assert!(english.contains([';', ',']) && !english.ends_with('.'), "{english}");
        let lint = Lint { grid: "1".into(), name: "甲".into(), finding };
        let wire = serde_json::to_value(&lint).unwrap();
        assert!(wire["code"].is_string(), "{wire}");
        assert_eq!(serde_json::from_value::<Lint>(wire).unwrap(), lint);
    }
}

#[test]
fn a_wrong_system_is_told_with_its_alternatives() {
    let wrong: WrongSystem = serde_json::from_value(json!({
        "named": "wgs84",
        "outside_share": 0.125,
        "alternatives": [{ "system": "gcj02", "outside_share": 0.0 }, { "system": "bd09", "outside_share": 0.5 }],
    }))
    .unwrap();
    let chinese = wrong.describe(Lang::ZhCn);
    assert!(chinese.starts_with("坐标系可能选错：按 WGS-84 读取时，12.5 %"), "{chinese}");
    assert!(chinese.contains("若为 GCJ-02（高德、腾讯） 则为 0.0 %"), "{chinese}");
    assert!(wrong.describe(Lang::En).contains("50.0 % as BD-09 (Baidu)"));
}
