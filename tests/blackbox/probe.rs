//! `gridwatch cameras probe` against cameras that work and cameras that are broken in every way.

use std::{
    io::Write,
    net::TcpListener,
    process::{Command, Output, Stdio},
    sync::Arc,
};

use camera_farm::{Clip, Encoding, Farm, Pattern, RunningFarm};
use gridwatch_tests::{clip_cache, program, server::said};
use serde_json::Value;
use tokio::task::{JoinSet, spawn_blocking};

use crate::camera_faults::test_clips;

const USER: &str = "viewer";
/// Everything that is special in an address.
const PASSWORD: &str = "p@s:s/w?r#d%密码";
const PASSWORD_IN_URL: &str = "p%40s%3As%2Fw%3Fr%23d%25%E5%AF%86%E7%A0%81";

/// Each broken camera, and the reasons that fit.
const FAULTS: [(&str, &[&str]); 17] = [
    ("http://127.0.0.1/a", &["invalid_address"]),
    ("rtsp://no-such-host.invalid/a", &["name_not_found"]),
    ("rtsp://127.0.0.1:{closed}/a", &["refused"]),
    ("rtsp://127.0.0.1:{mute}/a", &["timed_out"]),
    ("{farm}/clip/test/1?hang=describe", &["timed_out"]),
    ("{farm}/clip/test/2?hang=setup", &["timed_out"]),
    ("{farm}/clip/test/3?hang=play", &["timed_out"]),
    ("{farm}/clip/test/4?auth=digest", &["wrong_credentials"]),
    ("{farm}/clip/test/5?auth=basic", &["wrong_credentials"]),
    ("{farm}/clip/test/6?status=404", &["no_such_stream"]),
    ("{farm}/clip/test/7?status=453", &["busy"]),
    ("{farm}/clip/test/8?garbage", &["protocol_error", "closed"]),
    ("{farm}/clip/test/9?drop=1", &["closed"]),
    ("{farm}/clip/test/10?stall=0", &["no_media"]),
    ("{farm}/clip/test/11?stall=1", &["no_media"]),
    ("{farm}/clip/test/12?novideo", &["codec_not_supported"]),
    ("{farm}/clip/test/13?junk", &["not_decodable"]),
];

/// Runs `cameras probe` with these arguments and this on standard input.
async fn probe(args: &[&str], input: &str, lang: &str) -> Output {
    let mut command = Command::new(program());
    command.args(["cameras", "probe"]).args(args).env("NO_COLOR", "1");
    command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", lang);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let input = input.to_owned();
    let run = spawn_blocking(move || {
        let mut child = command.spawn().expect("gridwatch starts");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends")
    });
    run.await.expect("no panic")
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    assert_eq!(text.lines().count(), 1, "one line: {}", said(output));
    serde_json::from_str(&text).expect("JSON")
}

fn farm(clips: impl IntoIterator<Item = Arc<Clip>>) -> RunningFarm {
    let farm = clips.into_iter().fold(Farm::builder(), |farm, clip| farm.clip(clip));
    let farm = farm.cameras(20).user(USER).password(PASSWORD);
    farm.start(([127, 0, 0, 1], 0).into()).expect("the farm starts")
}

fn number(answer: &Value, key: &str, range: std::ops::RangeInclusive<f64>) {
    assert!(answer[key].as_f64().is_some_and(|found| range.contains(&found)), "{key}: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_works_is_measured() {
    let Some((h264, h265)) = test_clips() else {
        println!("skipped: a_camera_that_works_is_measured: needs ffmpeg");
        return;
    };
    let farm = farm([h264, h265]);
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    for (path, codec) in
        [("/clip/test/1", "h264"), ("/clip/test265/1", "h265"), ("/clip/test/2?nosprop", "h264")]
    {
        let file = folder.path().join(format!("{codec}.jpg"));
        let args = [&farm.url(path), "--json", "--picture", file.to_str().expect("text")];
        let output = probe(&args, "", "C").await;
        let answer = json(&output);
        println!("{answer}");
        assert!(output.status.success(), "{}", said(&output));
        let keys: Vec<&str> = answer.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut expected = [
            "ok",
            "reason",
            "codec",
            "width",
            "height",
            "fps",
            "gop_s",
            "bitrate_kbps",
            "transport",
            "took_s",
        ];
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!((&answer["ok"], &answer["reason"]), (&Value::Bool(true), &Value::Null));
        assert_eq!((answer["codec"].as_str(), answer["transport"].as_str()), (Some(codec), Some("tcp")));
        assert_eq!((answer["width"].as_u64(), answer["height"].as_u64()), (Some(640), Some(360)));
        number(&answer, "fps", 14.8..=15.2);
        number(&answer, "gop_s", 1.95..=2.05);
        number(&answer, "bitrate_kbps", 100.0..=900.0);
        number(&answer, "took_s", 2.0..=10.0);
        let picture = image::open(&file).expect("a JPEG").to_rgb8();
        assert_eq!(picture.dimensions(), (640, 360));
        let colours: std::collections::HashSet<_> = picture.pixels().map(|p| p.0.map(|c| c >> 5)).collect();
        assert!(colours.len() > 20, "it shows something: {} colours", colours.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_broken_camera_is_given_its_reason_and_a_next_step() {
    let Some((h264, _)) = test_clips() else {
        println!("skipped: each_broken_camera_is_given_its_reason_and_a_next_step: needs ffmpeg");
        return;
    };
    let farm = farm([h264]);
    // A port that takes connections and never answers, and one where nobody listens.
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let mute_port = mute.local_addr().expect("an address").port();
    let mut probes = JoinSet::new();
    for (address, reasons) in FAULTS {
        let url = address
            .replace("{farm}", farm.url("").trim_end_matches('/'))
            .replace("{mute}", &mute_port.to_string())
            .replace("{closed}", &closed.to_string());
        probes.spawn(async move {
            let login = ["--user", USER, "--password-file", "-"];
            let output = probe(&[&[&url, "--json"], &login[..]].concat(), "wrong-secret\n", "C").await;
            let answer = json(&output);
            println!("{address}: {answer}");
            assert_eq!(output.status.code(), Some(1), "{address}: {answer}");
            assert_eq!(answer["ok"], false, "{address}: {answer}");
            let reason = answer["reason"].as_str().expect("a reason");
            assert!(reasons.contains(&reason), "{address}: {answer}");
            number(&answer, "took_s", 0.0..=10.0);
            assert!(!said(&output).contains("wrong-secret"), "{address}: {}", said(&output));
        });
    }
    probes.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_special_characters_works_and_is_never_shown() {
    let Some((h264, _)) = test_clips() else {
        println!("skipped: a_password_of_special_characters_works_and_is_never_shown: needs ffmpeg");
        return;
    };
    let farm = farm([h264]);
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).expect("a file");
    let file = file.to_str().expect("text");
    let digest = farm.url("/clip/test/1?auth=digest");
    let basic = farm.url("/clip/test/1?auth=basic");
    let raw = digest.replace("rtsp://", &format!("rtsp://{USER}:{PASSWORD}@"));
    let encoded = digest.replace("rtsp://", &format!("rtsp://{USER}:{PASSWORD_IN_URL}@"));
    let cases: [(&[&str], String); 6] = [
        (&[&digest, "--user", USER, "--password-file", file], String::new()),
        (&[&basic, "--user", USER, "--password-file", file], String::new()),
        (&[&digest, "--user", USER, "--password-file", "-"], format!("{PASSWORD}\n")),
        (&["-", "--user", USER, "--password-file", "-"], format!("{basic}\n{PASSWORD}\n")),
        (&["-"], format!("{raw}\n")),
        (&[&encoded], String::new()),
    ];
    for (args, input) in cases {
        let output = probe(args, &input, "C").await;
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        assert!(!said.contains(PASSWORD) && !said.contains(PASSWORD_IN_URL), "{said}");
        let visible = args[0] == encoded;
        assert_eq!(said.contains("could see the password"), visible, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_never_shown_when_the_probe_fails() {
    for (url, lang, expected) in [
        ("rtsp://admin:s3cret@127.0.0.1:1/s3cret?p=s3cret", "C", "Not usable (refused"),
        ("rtsp://admin:s3cret@no-such-host.invalid/a", "zh_CN.UTF-8", "主机名无法解析"),
        ("http://admin:s3cret@127.0.0.1/a", "zh_CN.UTF-8", "不可用（invalid_address"),
        ("rtsps://admin:s3cret@127.0.0.1:1/s3cret?p=s3cret", "zh_CN.UTF-8", "不可用（refused"),
        ("rtsp://admin:12/s3cret@127.0.0.1:1/a", "C", "Not usable (refused"),
        // Taken for host, port and path: all that may be shown of it is the user.
        ("rtsp://admin:12/s3cret@no-such-host/a", "C", "Hint: the address has an @"),
    ] {
        let output = probe(&[url], "", lang).await;
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(expected) && !said.contains("s3cret"), "{said}");
    }
    let output = probe(&["rtsp://127.0.0.1:1/", "--password-file", "/no/such/file"], "", "C").await;
    assert!(said(&output).contains("cannot read /no/such/file"), "{}", said(&output));
    let output = probe(&["rtsp://127.0.0.1:1/", "--password-file", "-"], "secret\n", "C").await;
    assert!(said(&output).contains("give --user"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn key_pictures_that_are_too_rare_are_named_in_both_languages() {
    let Some(_) = test_clips() else {
        println!("skipped: key_pictures_that_are_too_rare_are_named_in_both_languages: needs ffmpeg");
        return;
    };
    let cache = clip_cache();
    let rare = Encoding { gop_s: 30.0, ..Encoding::default() };
    let farm =
        farm([Arc::new(Clip::of_pattern("rare", &Pattern::default(), &rare, &cache).expect("a clip"))]);
    // Whoever comes first begins with the key picture; whoever comes second is too late for it.
    let url = farm.url("/clip/rare/1?once");
    let first = {
        let url = url.clone();
        tokio::spawn(async move { probe(&[&url], "", "zh_CN.UTF-8").await })
    };
    gridwatch_tests::eventually("somebody plays", async || (farm.plays("/clip/rare/1") == 1).then_some(()))
        .await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let second = probe(&[&url, "--lang", "en"], "", "zh_CN.UTF-8").await;
    let first = first.await.expect("no panic");
    assert!(first.status.success(), "{}", said(&first));
    let text = said(&first);
    assert!(text.contains("正常：H.264 640×360，每秒 15.0 帧"), "{text}");
    assert!(text.contains("秒没有关键帧") && text.contains("关闭智能编码"), "{text}");
    assert_eq!(second.status.code(), Some(1), "{}", said(&second));
    let text = said(&second);
    assert!(text.contains("Not usable (no_key_picture"), "{text}");
    assert!(text.contains("smart codec") && text.contains("Seen before that: H.264 640×360"), "{text}");
}
