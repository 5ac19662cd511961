//! What holding many cameras costs: that it is measured, not how much it is, which depends on the machine.

use std::collections::BTreeSet;

use gridwatch_tests::{
    clip_cache,
    server::{run_in, said},
    whole_machine,
};
use serde_json::Value;

#[tokio::test]
async fn ingest_is_measured_beside_the_usual_ways() {
    let _turn = whole_machine().await;
    let cache = clip_cache();
    let cache = cache.to_str().expect("a path in Unicode");
    let ran = |more: &[&str]| {
        let common = ["bench", "ingest", "--streams", "20", "--seconds", "3", "--cache", cache, "--json"];
        let output = run_in("/".as_ref(), &[&common[..], more].concat());
        assert!(output.status.success(), "{}", said(&output));
        let line = String::from_utf8(output.stdout).expect("text");
        assert_eq!(line.lines().count(), 1, "one line of JSON and nothing else: {line}");
        println!("{line}");
        serde_json::from_str::<Value>(&line).expect("JSON")
    };

    let plain = ran(&["--baseline", "ffmpeg", "--baseline", "rtspsrc"]);
    let fields = [
        "streams",
        "live",
        "all_up_s",
        "cores",
        "ingest_ms_per_stream_s",
        "decoded_per_s",
        "rss_mb",
        "threads",
        "fds",
        "dropped",
        "baseline",
    ];
    let found: BTreeSet<&str> = plain.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(found, BTreeSet::from(fields));
    assert_eq!((plain["streams"].as_u64(), plain["live"].as_u64()), (Some(20), Some(20)), "{plain}");
    assert!(plain["all_up_s"].as_f64() < Some(20.0) && plain["all_up_s"].is_f64(), "{plain}");
    assert_eq!(plain["decoded_per_s"], 0.0, "nothing is decoded unless it is asked for: {plain}");
    assert!(plain["ingest_ms_per_stream_s"].as_f64() > Some(0.0), "{plain}");
    assert!(plain["fds"].as_u64() > Some(20), "a connection for each camera: {plain}");
    assert!(plain["threads"].as_u64() < Some(64), "cameras cost no threads: {plain}");
    assert_eq!(plain["dropped"]["not_kept"], 0, "{plain}");
    for way in ["ffmpeg", "rtspsrc"] {
        assert_eq!(plain["baseline"][way]["streams"], 20, "{plain}");
        assert!(plain["baseline"][way]["ratio"].as_f64() > Some(1.0), "{plain}");
    }

    let decoding = ran(&["--decode", "--gop", "0.4"]);
    assert_eq!(decoding["live"], 20, "{decoding}");
    assert!(decoding["decoded_per_s"].as_f64() > Some(1.0), "{decoding}");
    assert!(decoding.get("baseline").is_none(), "{decoding}");
}

#[tokio::test]
async fn what_goes_wrong_at_once_is_put_right_by_itself() {
    let _turn = whole_machine().await;
    let cache = clip_cache();
    let cache = cache.to_str().expect("a path in Unicode");
    let args = "bench chaos --streams 20 --hosts 2 --silent-seconds 6 --rounds 2 --cache";
    let output = run_in("/".as_ref(), &args.split(' ').chain([cache]).collect::<Vec<_>>());
    let line = String::from_utf8(output.stdout.clone()).expect("text");
    let report: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{}", said(&output)));
    // How long it takes depends on the machine; that all came back, and that nobody else was touched, does not.
    assert_eq!(report["back_s"].as_array().map(Vec::len), Some(5), "{report}");
    assert!(report["connecting_host_most"].as_u64() <= report["connecting_host_max"].as_u64(), "{report}");
    assert_eq!(report["silent"]["cameras"], 2, "{report}");
    assert_eq!(report["silent"]["others_lost"], 0, "{report}");
    assert_eq!(report["churn"]["threads"][0], report["churn"]["threads"][1], "{report}");
    assert_eq!(output.status.success(), report["held"] == true, "{report}");
}

#[test]
fn what_cannot_be_measured_is_named() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    for (args, expected) in [
        (["--fps", "0"], "0 is not in 1..=60"),
        (["--gop", "0"], "gop_s is 0, allowed is above 0 to 60"),
        (["--cache", "/proc/nothing"], "cannot keep a prepared clip in /proc/nothing"),
    ] {
        let output = run_in(folder.path(), &[&["bench", "ingest", "--streams", "1"][..], &args].concat());
        assert!(!output.status.success());
        assert!(output.stdout.is_empty(), "no result where there is none: {}", said(&output));
        assert!(said(&output).contains(expected), "{expected} is not in: {}", said(&output));
    }
}
