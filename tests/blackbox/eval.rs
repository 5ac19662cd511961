//! How well falls are found on recorded clips.

use std::path::Path;

use gridwatch_tests::{
    data,
    server::{run_in, said},
    whole_machine,
};
use serde_json::{Value, json};

/// A name that would end an attribute and begin an element, where it is not escaped.
const NASTY: &str = "a\"'><img src=x onerror=alert(1)>&amp;.mp4";
const NASTY_ESCAPED: &str = "a&quot;'&gt;&lt;img src=x onerror=alert(1)&gt;&amp;amp;.mp4";

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

/// A folder with the models of `data` and copies of clips under other names.
fn folder_with(data: &Path, clips: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    std::os::unix::fs::symlink(data.join("models"), folder.path().join("models")).expect("a link");
    for (from, to) in clips {
        let to = folder.path().join(to);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::copy(data.join("clips").join(from), to).expect("a copy");
    }
    folder
}

/// Runs an evaluation of `folder` that writes a page; gives its score and the page.
fn page_of(folder: &Path, what: &str, lang: &str) -> (Value, String) {
    let output = run_in(folder, &["eval", what, ".", "--json", "--html", "report.html", "--lang", lang]);
    assert!(output.status.success(), "{}", said(&output));
    let score = serde_json::from_slice(&output.stdout).expect("one line of JSON beside the page");
    let page = std::fs::read_to_string(folder.join("report.html")).expect("a page");
    for smuggled in ["<script", "<img", "<link", "http:", "https:", "url("] {
        assert!(!page.contains(smuggled), "{smuggled}");
    }
    (score, page)
}

/// Pictures in a page. A JPEG file begins with FF D8 FF.
fn pictures_in(page: &str) -> usize {
    assert_eq!(page.matches("data:image").count(), page.matches("data:image/jpeg;base64,/9j/").count());
    page.matches("data:image").count()
}

fn sha256_of(file: &Path) -> String {
    let output = std::process::Command::new("sha256sum").arg(file).output().expect("sha256sum runs");
    String::from_utf8_lossy(&output.stdout).split_whitespace().next().expect("a digest").to_owned()
}

#[tokio::test]
async fn falls_are_shown_on_a_page_that_stands_by_itself() {
    let Some(data) = data::or_skip("falls_are_shown_on_a_page_that_stands_by_itself") else { return };
    let _turn = whole_machine().await;
    let fall = "gmdcsa24/S1_Fall_13.mp4";
    let folder = folder_with(&data, &[(fall, NASTY), (fall, "eval_only/fall.mp4")]);
    let truth = json!([{ "kind": "fall", "from_s": 1.7 }]);
    let labels = json!({ "clips": [
        { "file": NASTY, "truth": truth, "hold_last_s": 20 },
        // Over before anybody can be told.
        { "file": NASTY, "truth": truth, "end_s": 3.0, "note": "cut short" },
        { "file": "eval_only/fall.mp4", "truth": truth, "hold_last_s": 20 },
    ] });
    std::fs::write(folder.path().join("falls.json"), labels.to_string()).expect("labels");
    let (score, page) = page_of(folder.path(), "falls", "zh");
    assert_eq!((&score["found"], &score["missed"]), (&2.into(), &json!([NASTY])), "{score}");
    assert!(page.contains("<html lang=\"zh-CN\">"));
    assert_eq!(page.matches(NASTY_ESCAPED).count(), 2);
    assert_eq!((page.matches("✓ 检出").count(), page.matches("◆ 漏报").count()), (2, 1));
    assert_eq!(pictures_in(&page), 4, "each fall's beginning, its alert, and what was missed");
    assert_eq!(page.matches("画面不展示").count(), 2, "nothing of the clip that nobody may see");
    for model in ["yolox_nano_person_384x640.onnx", "yolox_nano_person_rot3_640.onnx"] {
        assert!(
            page.contains(model) && page.contains(&sha256_of(&data.join("models").join(model))),
            "{model}"
        );
    }
    assert!(page.contains("eval falls . --json --html report.html --lang zh"));
    assert!(page.contains("fall.alert_after_s"));
}

#[tokio::test]
async fn crowds_are_shown_on_a_page_that_stands_by_itself() {
    let Some(data) = data::or_skip("crowds_are_shown_on_a_page_that_stands_by_itself") else { return };
    let _turn = whole_machine().await;
    let clips =
        [("intel/people-detection.mp4", NASTY), ("eval_only/crowd_plaza_cctv.mp4", "eval_only/plaza.mp4")];
    let folder = folder_with(&data, &clips);
    let counts = json!({ "pictures": [
        { "file": NASTY, "at_s": 10.0, "people": 2 },
        { "file": "eval_only/plaza.mp4", "at_s": 2.4, "people": 45 },
    ] });
    std::fs::write(folder.path().join("counts.json"), counts.to_string()).expect("counts");
    let (score, page) = page_of(folder.path(), "crowd", "en");
    let mut keys: Vec<&String> = score.as_object().expect("an object").keys().collect();
    keys.sort();
    assert_eq!(keys, ["mae", "mape", "per_picture", "pictures"]);
    assert!(page.contains("<html lang=\"en\">"));
    assert_eq!(page.matches(NASTY_ESCAPED).count(), 1);
    assert_eq!((pictures_in(&page), page.matches("picture withheld").count()), (1, 1));
    let boxes = page.matches("<rect class=\"upright\"").count() as u64;
    let counted = |i: usize| score["per_picture"][i]["counted"].as_u64().expect("a number");
    assert_eq!(boxes, counted(0) + counted(1), "everyone who was counted has a box");
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_the_work() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("falls.json"), "{\"clips\": []}").expect("labels");
    let output = run_in(folder.path(), &["eval", "falls", ".", "--html", "absent/report.html"]);
    assert!(!output.status.success());
    assert!(said(&output).contains("the report cannot be written: absent is no folder"), "{}", said(&output));
}
