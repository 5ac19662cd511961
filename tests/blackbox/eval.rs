//! How well falls are found on recorded clips.

use std::path::Path;

use gridwatch_tests::{
    data,
    server::{run_in, said},
    whole_machine,
};
use serde_json::Value;

#[tokio::test]
async fn at_least_five_of_six_falls_are_found_and_nothing_else() {
    let Some(data) = data::or_skip("at_least_five_of_six_falls_are_found_and_nothing_else") else { return };
    let _turn = whole_machine().await;
    let output = run_in(&data, &["eval", "falls", ".", "--json"]);
    assert!(output.status.success(), "{}", said(&output));
    let line = String::from_utf8(output.stdout).expect("text");
    assert_eq!(line.lines().count(), 1, "one line of JSON and nothing else: {line}");
    let score: Value = serde_json::from_str(&line).expect("JSON");
    println!("{score}");
    assert_eq!(score["clips"], 16);
    assert_eq!(score["falls"], 6);
    assert!(score["found"].as_u64() >= Some(5), "{score}");
    assert_eq!(score["false_alerts"], 0, "{score}");
    assert_eq!(score["false_in"], Value::Array(Vec::new()));
    assert!(score["delay_s"]["p95"].as_f64() <= Some(15.0), "{score}");
    assert!(score["camera_seconds"].as_f64() >= Some(400.0), "{score}");
}

#[test]
fn a_clip_that_cannot_be_read_is_named() {
    let Some(data) = data::or_skip("a_clip_that_cannot_be_read_is_named") else { return };
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("models")).expect("a folder");
    for model in ["yolox_nano_person_384x640.onnx", "yolox_nano_person_rot3_640.onnx"] {
        std::fs::copy(data.join("models").join(model), folder.path().join("models").join(model))
            .expect("a copy");
    }
    let labels = |file: &str| format!("{{\"clips\": [{{\"file\": \"{file}\", \"truth\": []}}]}}");
    let complaint = |folder: &Path| {
        let output = run_in(folder, &["eval", "falls", ".", "--json"]);
        assert!(!output.status.success());
        assert!(output.stdout.is_empty(), "no result where there is none: {}", said(&output));
        said(&output)
    };
    std::fs::write(folder.path().join("broken.mp4"), b"not a video").expect("a file");
    for (text, expected) in [
        (labels("missing.mp4"), "cannot read ./missing.mp4"),
        (labels("broken.mp4"), "./broken.mp4 is no video that can be read"),
        ("{\"clips\": [{\"file\": 1}]}".to_owned(), "is no list of labelled clips"),
    ] {
        std::fs::write(folder.path().join("falls.json"), text).expect("labels");
        let said = complaint(folder.path());
        assert!(said.contains(expected), "{said}");
    }
    std::fs::remove_file(folder.path().join("falls.json")).expect("labels");
    assert!(complaint(folder.path()).contains("name the file with --labels"));
}

#[tokio::test]
async fn the_plaza_is_counted_within_a_tenth() {
    let Some(data) = data::or_skip("the_plaza_is_counted_within_a_tenth") else { return };
    let _turn = whole_machine().await;
    let output = run_in(&data, &["eval", "crowd", ".", "--json"]);
    assert!(output.status.success(), "{}", said(&output));
    let line = String::from_utf8(output.stdout).expect("text");
    assert_eq!(line.lines().count(), 1, "one line of JSON and nothing else: {line}");
    let score: Value = serde_json::from_str(&line).expect("JSON");
    println!("{score}");
    assert_eq!(score["pictures"], 1);
    let plaza = &score["per_picture"][0];
    assert_eq!((&plaza["truth"], &plaza["spoke"]), (&45.into(), &"boxes".into()));
    let counted = plaza["counted"].as_u64().expect("a number");
    assert!((41..=49).contains(&counted), "{score}");
    assert_eq!(score["mae"].as_f64(), Some(counted.abs_diff(45) as f64));
    assert!(score["mape"].as_f64() <= Some(0.1), "{score}");
}
