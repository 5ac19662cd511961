//! A crowd in a zone of which no more is known: one alert on the wall with its picture, which ends when people have gone.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use camera_farm::{Clip, Encoding, Farm};
use gridwatch_tests::{
    clip_cache, data, eventually,
    server::{Setup, config},
    socket::Socket,
    whole_machine,
};

/// Some 45 people on a square, then a room with one of them, in a file of its own.
fn square_that_empties(data: &Path) -> PathBuf {
    let kept = clip_cache().join("square-that-empties.mp4");
    if !kept.is_file() {
        // Whoever else makes it at the same time makes the same.
        let part = clip_cache().join(format!("square-that-empties.{}.part.mp4", std::process::id()));
        let scaled = "scale=640:360,fps=25,format=yuv420p,setsar=1";
        let filter = format!(
            "[0:v]trim=0:13,setpts=PTS-STARTPTS,{scaled}[a];[1:v]trim=0:8,setpts=PTS-STARTPTS,{scaled}[b];\
             [a][b]concat=n=2:v=1[v]"
        );
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i"])
            .arg(data.join("clips/eval_only/crowd_plaza_cctv.mp4"))
            .arg("-i")
            .arg(data.join("clips/gmdcsa24/S1_ADL_10.mp4"))
            .args(["-filter_complex", &filter, "-map", "[v]", "-c:v", "libx264", "-crf", "16"])
            .arg(&part)
            .status()
            .expect("ffmpeg runs");
        assert!(made.success(), "ffmpeg makes the clip");
        std::fs::rename(part, &kept).expect("the clip gets its name");
    }
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gathering_is_one_alert_and_ends_when_people_have_gone() {
    let name = "a_gathering_is_one_alert_and_ends_when_people_have_gone";
    let Some(data) = data::or_skip(name) else { return };
    let _turn = whole_machine().await;
    let encoding = Encoding { kbit_s: 1500, ..Encoding::default() };
    let clip = Clip::from_video_cached("square", &square_that_empties(&data), &encoding, &clip_cache());
    let farm = Farm::builder().clip(Arc::new(clip.expect("the clip is prepared"))).cameras(1);
    let farm = farm.start(([127, 0, 0, 1], 0).into()).expect("the farm starts");
    let model = |name: &str| data.join("models").join(name).display().to_string();
    let models = config(
        &model("yolox_nano_person_384x640.onnx"),
        &model("yolox_nano_person_rot3_640.onnx"),
        "evidence",
    );
    let camera = format!(
        "[[camera]]\nid = \"square\"\nname = \"人民广场\"\nurl = \"{}\"\n\
         [[camera.crowd_zone]]\nname = \"喷泉\"\ncorners = [[0, 0], [1, 0], [1, 1], [0, 1]]\n\
         gathering = 20\ngathering_after_s = 3\nclear_after_s = 4\n",
        farm.url("/clip/square/1?once")
    );
    let server = Setup::new(&format!("{models}{camera}")).start();
    let mut socket = Socket::connect(&server, None).await;

    let opened = socket.next("a crowd", |message| message["alert"]["kind"] == "crowd").await;
    let alert = &opened["alert"];
    assert_eq!((&opened["change"], &alert["level"]), (&"opened".into(), &4.into()), "{opened:#}");
    let crowd = &alert["crowd"];
    assert_eq!((&crowd["zone"], &crowd["level"]), (&"喷泉".into(), &"gathering".into()), "{crowd:#}");
    assert_eq!((&crowd["unit"], &crowd["spoke"]), (&"heads".into(), &"boxes".into()), "{crowd:#}");
    let heads = crowd["amount"].as_f64().expect("a number");
    assert!((36.0..=54.0).contains(&heads), "45 people are there, {heads} were counted");

    let id = alert["id"].clone();
    let is_crowd = |message: &serde_json::Value| message["alert"]["id"] == id;
    let ended = socket.next("its end", |m| is_crowd(m) && m["change"] == "ended").await;
    assert_eq!(ended["alert"]["end_reason"], "dispersed");
    assert!(ended["alert"]["crowd"]["peak"].as_f64() >= Some(heads), "{ended:#}");

    let evidence = eventually("its picture and clip", async || {
        let alerts = server.alerts().await;
        let crowds: Vec<_> = alerts.into_iter().filter(|alert| alert["kind"] == "crowd").collect();
        assert_eq!(crowds.len(), 1, "{crowds:#?}");
        let ready = |kind: &str| crowds[0][kind]["state"] == "ready";
        (ready("snapshot") && ready("clip")).then(|| crowds[0].clone())
    });
    let alert = evidence.await;
    let picture = server.file(alert["snapshot"]["url"].as_str().expect("a URL"), "image/jpeg").await;
    let picture = image::load_from_memory(&picture).expect("the JPEG decodes");
    assert_eq!(picture.width(), 640);
}
