//! Files that are missing, broken or something else: a clear sentence, nothing started, nothing harmed.

use std::path::Path;

use gridwatch_tests::{
    root,
    server::{Setup, blind_config, config, run_in, said},
};

fn fixtures() -> String {
    root().join("tests/fixtures").display().to_string()
}

/// `serve` must refuse and say all of `expected`.
fn refuses(setup: &Setup, expected: &[&str]) {
    let output = setup.run(&["serve", "--config", "gridwatch.toml"]);
    let said = said(&output);
    assert!(!output.status.success(), "it started: {said}");
    for expected in expected {
        assert!(said.contains(expected), "{expected:?} is not in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn every_mistake_of_a_configuration_is_told_at_once() {
    let setup = Setup::new(
        r#"[server]
listen = "here"
[ingest]
ring_s = 0.5
decoder_cores = "two"
speed = 3
[fall]
alert_after_s = 2.0
[[camera]]
id = "gate east"
name = "东门"
url = "rtsp://admin:s3cret@"
[[camera]]
id = "a"
name = "甲"
url = "rtsp://10.0.0.7/a"
longitude = 117.0
[[camera]]
id = "a"
name = "乙"
url = "rtsp://10.0.0.8/a"
code = "123"
"#,
    );
    refuses(
        &setup,
        &[
            "gridwatch.toml has 10 mistake(s)",
            "line 2: server.listen: found \"here\"; allowed: an address and port",
            "line 4: ingest.ring_s: found 0.5; allowed: a number from 2 to 600",
            "line 5: ingest.decoder_cores: found \"two\"; allowed: a number from 0.1 to 64",
            "line 6: ingest.speed: found a setting that does not exist; allowed:",
            "line 8: fall.alert_after_s: found 2 s, with suspected_after_s at 3 s; allowed: more than suspected_after_s",
            "line 10: camera[1].id: found \"gate east\"; allowed: 1 to 64 ASCII letters",
            "line 12: camera[1].url: found something else (not shown); allowed: rtsp://",
            "line 17: camera[2].longitude: found only one of longitude and latitude; allowed: both or neither",
            "line 19: camera[3].id: found \"a\" a second time",
            "line 22: camera[3].code: found \"123\"; allowed: the 20 digits of GB/T 28181",
        ],
    );
    let output = setup.run(&["check", "--config", "gridwatch.toml"]);
    assert!(!said(&output).contains("s3cret"), "a password is never shown");
}

#[test]
fn a_configuration_that_is_missing_or_no_toml_is_named() {
    let setup = Setup::new("[server\nlisten = 1");
    refuses(&setup, &["gridwatch.toml has 1 mistake(s)", "line 1: file:"]);
    let output = setup.run(&["serve", "--config", "other.toml"]);
    assert!(said(&output).contains("cannot read the configuration other.toml"), "{}", said(&output));
}

#[test]
fn a_model_that_is_missing_broken_or_another_is_named() {
    let fixtures = fixtures();
    let good = |name: &str| format!("{fixtures}/{name}.onnx");
    let setup = Setup::new(&config("missing.onnx", &good("fallen"), "evidence"));
    refuses(&setup, &["cannot read the model", "missing.onnx"]);

    let setup = Setup::new(&config("broken.onnx", &good("fallen"), "evidence"));
    std::fs::write(setup.path().join("broken.onnx"), b"no model").expect("a file");
    refuses(&setup, &["broken.onnx is no model that ONNX Runtime can load"]);

    let setup = Setup::new(&config(&good("misfit"), &good("fallen"), "evidence"));
    refuses(
        &setup,
        &[
            "misfit.onnx does not fit: expected for person one of contract A, stretched (`boxes`, float32 [N, boxes, 5]), or ",
            ", found outputs `logits`, float32 [?, 1, 5]",
        ],
    );
    let setup = Setup::new(&config(&good("person"), &good("misfit"), "evidence"));
    refuses(&setup, &["misfit.onnx does not fit", "or contract R (`boxes_rot`, float32 [N, boxes, 6])"]);
    let setup = Setup::new(&config(&good("fallen"), &good("fallen"), "evidence"));
    refuses(&setup, &["fallen.onnx does not fit", ", found contract R (`boxes_rot`, float32 [N, boxes, 6])"]);
}

#[test]
fn a_missing_onnx_runtime_is_named_with_the_next_step() {
    let setup = Setup::new(&format!("{}[models]\nruntime = \"libnothing.so\"\n", blind_config()));
    refuses(&setup, &["libnothing.so cannot be loaded", "set ORT_DYLIB_PATH"]);
}

#[test]
fn a_grid_tree_that_is_missing_or_broken_is_named_with_every_fault() {
    let refuses_grids = |text: &str, expected: &[&str]| {
        let setup = Setup::new(&blind_config());
        std::fs::write(setup.path().join("grids.geojson"), text).expect("a file");
        refuses(&setup, expected);
        assert!(!setup.path().join("gridwatch.db").exists(), "nothing was begun");
    };
    refuses_grids("{", &["grid tree", "grids.geojson"]);
    refuses_grids(
        r#"{"type":"FeatureCollection","features":[
          {"type":"Feature","properties":{"code":"1","name":"甲","level":"street","parent":null},
           "geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}},
          {"type":"Feature","properties":{"code":"1","name":"乙","level":"community","parent":"9"},
           "geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}}]}"#,
        &["grid tree", "\"9\"", "cross"],
    );
    let setup = Setup::new(&blind_config().replace("grids.geojson", "missing.geojson"));
    refuses(&setup, &["missing.geojson"]);
}

#[test]
fn a_camera_in_a_grid_that_does_not_exist_is_named() {
    let camera = "[[camera]]\nid = \"a\"\nname = \"甲\"\nurl = \"rtsp://10.0.0.7/a\"\ngrid = \"42\"\n";
    refuses(
        &Setup::new(&format!("{}{camera}", blind_config())),
        &["camera a: grid \"42\" is not in the grid tree"],
    );
}

#[test]
fn a_database_that_is_something_else_is_named_and_left_alone() {
    let setup = Setup::new(&blind_config());
    let database = setup.path().join("gridwatch.db");
    let text = "this is a letter, not a database. ".repeat(100);
    std::fs::write(&database, &text).expect("a file");
    refuses(&setup, &["gridwatch.db is not a gridwatch database"]);
    assert_eq!(std::fs::read_to_string(&database).expect("a file"), text, "the file is untouched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_database_is_refused_and_the_first_goes_on() {
    let setup = Setup::new(&blind_config());
    let first = setup.start();
    refuses(&setup, &["is in use by another gridwatch"]);
    assert_eq!(first.get("/api/health").await["status"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_named() {
    let setup = Setup::new(&blind_config());
    let first = setup.start();
    let taken = blind_config().replace("127.0.0.1:0", first.address());
    refuses(&Setup::new(&taken), &["cannot listen on", first.address()]);
}

#[test]
fn a_good_configuration_is_checked_without_starting() {
    let setup = Setup::new(&blind_config());
    let output = setup.run(&["check", "--config", "gridwatch.toml"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("in order: 8 grids, 0 cameras"), "{}", said(&output));
    assert!(!setup.path().join("gridwatch.db").exists());
}

#[test]
fn the_annotated_configuration_is_right() {
    // It names no models that are there; everything else must be in order.
    let output = run_in(
        Path::new("/"),
        &["check", "--config", &root().join("configs/gridwatch.toml").display().to_string()],
    );
    let said = said(&output);
    assert!(!said.contains("mistake"), "{said}");
}
