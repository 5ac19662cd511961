//! The farm played by ffmpeg and ffprobe, from clips that ffmpeg prepared.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use camera_farm::{Clip, ClipError, Codec, Encoding, Farm, Pattern, RunningFarm, Shows};
use std::{
    fs,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

/// One second of still lead-in, one of moving test picture, then the tail; groups of one second.
const FPS: usize = 10;
const CODECS: [Codec; 2] = [Codec::H264, Codec::H265];
/// Pictures are compared in grey at this size: small enough to keep all of them.
const WIDTH: usize = 64;
const HEIGHT: usize = 36;

#[test]
fn a_video_file_becomes_a_clip_and_is_kept() {
    if ffmpeg_is_missing("a_video_file_becomes_a_clip_and_is_kept") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (video, cache) = (test_video(folder.path()), folder.path().join("cache"));
    for codec in CODECS {
        let encoding = encoding(codec);
        let made = Clip::from_video_cached("t", &video, &encoding, &cache).unwrap();
        assert_eq!((made.codec(), made.fps()), (codec, 10));
        assert_eq!((made.content_len(), made.hold_from(), made.len()), (20, 30, 40), "{codec:?}");
        let kept = names(&cache);
        let again = Clip::from_video_cached("t", &video, &encoding, &cache).unwrap();
        assert_eq!((again.len(), again.bitrate()), (made.len(), made.bitrate()));
        assert_eq!(names(&cache), kept);
        // A kept file that broke is made again.
        fs::write(cache.join(kept.last().unwrap()), "broken").unwrap();
        assert_eq!(Clip::from_video_cached("t", &video, &encoding, &cache).unwrap().len(), made.len());
    }
    assert_eq!(names(&cache).len(), 2);
    // The height of a clip with both sides given fits into both.
    let boxed = Encoding { width: 64, height: Some(64), ..encoding(Codec::H264) };
    assert!(Clip::from_video("t", &video, &boxed).is_ok());
}

#[test]
fn ffmpeg_s_own_words_are_in_the_error() {
    if ffmpeg_is_missing("ffmpeg_s_own_words_are_in_the_error") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    fs::write(&path, "no video").unwrap();
    let error = Clip::from_video("t", &path, &Encoding::default()).err().unwrap();
    assert!(matches!(&error, ClipError::Ffmpeg { line, .. } if line.contains("Invalid data")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_codecs_play_with_every_way_to_log_in() {
    if ffmpeg_is_missing("both_codecs_play_with_every_way_to_log_in") {
        return;
    }
    let farm = farm();
    let mut probes = tokio::task::JoinSet::new();
    for (clip, codec) in [("H264", "h264"), ("H265", "hevc")] {
        for query in ["", "?nosprop", "?auth=basic", "?auth=digest"] {
            let url = farm.url_with_login(&format!("/clip/{clip}/1{query}"));
            probes.spawn(async move { (format!("{codec},640,360"), run(ffprobe(&url)).await, url) });
        }
    }
    for (wanted, probed, url) in probes.join_all().await {
        assert_eq!(String::from_utf8_lossy(&probed.stdout).trim(), wanted, "{url}: {probed:?}");
    }
    let refused = run(ffprobe(&farm.url("/clip/H264/1?auth=digest"))).await;
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("401"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn once_plays_the_clip_and_then_holds_its_last_picture() {
    if ffmpeg_is_missing("once_plays_the_clip_and_then_holds_its_last_picture") {
        return;
    }
    let farm = farm();
    // To the end of the clip (40 pictures), and the held group twice more.
    let (a, b) =
        tokio::join!(pictures(&farm, "/clip/H264/1?once", 60), pictures(&farm, "/clip/H265/1?once", 60));
    for (codec, pictures) in [("H264", a), ("H265", b)] {
        assert_eq!(pictures.len(), 60, "{codec}");
        let change = |i: usize| difference(&pictures[i - 1], &pictures[i]);
        assert!(change(FPS / 2) < 1.0, "{codec}: the lead-in moves by {}", change(FPS / 2));
        let moving = (FPS + 2..2 * FPS).map(change).fold(f64::MAX, f64::min);
        assert!(moving > 1.0, "{codec}: the clip moves by only {moving}");
        for i in 50..60 {
            assert!(change(i) < 1.0, "{codec}: picture {i} moves by {}", change(i));
            assert!(pictures[i] == pictures[i - FPS], "{codec}: picture {i} differs from a group before");
        }
    }
    assert_eq!((farm.plays("/clip/H264/1"), farm.plays("/clip/H264/2")), (1, 0));
    assert!(farm.once_elapsed("/clip/H264/1").unwrap().as_secs() >= 5);
    assert_eq!(farm.once_elapsed("/clip/H264/2"), None);
}

/// The pictures of a clip with B-pictures are shown in the order of the same clip without them: so the clip knows what
/// is shown when, for both codecs and to the end of a group that the B-pictures do not fill.
#[tokio::test(flavor = "multi_thread")]
async fn b_pictures_come_out_in_the_order_of_showing() {
    if ffmpeg_is_missing("b_pictures_come_out_in_the_order_of_showing") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let video = test_video(folder.path());
    let mut builder = Farm::builder().cameras(2);
    for codec in CODECS {
        for b_frames in [0, 3] {
            let encoding = Encoding { b_frames, kbit_s: 2000, ..encoding(codec) };
            builder =
                builder.clip(Clip::from_video(&format!("{codec:?}-{b_frames}"), &video, &encoding).unwrap());
        }
    }
    let farm = Arc::new(builder.start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap());
    let mut checks = tokio::task::JoinSet::new();
    for codec in CODECS {
        let farm = farm.clone();
        checks.spawn(async move {
            let [plain, with_b] = [0, 3].map(|b_frames| format!("/clip/{codec:?}-{b_frames}/1?once"));
            // Another camera, since the first client of each decides when its clip begins.
            let mut probe = ffprobe(&farm.url(&format!("/clip/{codec:?}-3/2?once")));
            probe.args("-show_entries frame=pts,pict_type -read_intervals %+2.5".split(' '));
            let (plain, with_b, told) =
                tokio::join!(pictures(&farm, &plain, 25), pictures(&farm, &with_b, 25), run(probe));
            for (n, (a, b)) in plain.iter().zip(&with_b).enumerate() {
                assert!(difference(a, b) < 4.0, "{codec:?}: picture {n} differs by {}", difference(a, b));
            }
            let told = String::from_utf8(told.stdout).unwrap();
            assert!(told.contains(",B"), "{codec:?}: {told}");
            // ffmpeg knows no time for the first few pictures.
            let times: Vec<Option<i64>> =
                told.lines().filter_map(|l| Some(l.split_once(',')?.0.parse().ok())).collect();
            let steps: Vec<i64> = times.windows(2).filter_map(|two| Some(two[1]? - two[0]?)).collect();
            let even = steps.iter().all(|step| *step == 90_000 / FPS as i64);
            assert!(plain.len() == 25 && steps.len() > 10 && even, "{codec:?}: {told}");
        });
    }
    checks.join_all().await;
}

#[test]
fn a_pattern_is_made_once_and_shows_what_it_says() {
    if ffmpeg_is_missing("a_pattern_is_made_once_and_shows_what_it_says") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let mut sizes = Vec::new();
    for shows in [Shows::Moving, Shows::Black] {
        let pattern = Pattern { shows, width: 320, height: 180, seconds: 1, ..Pattern::default() };
        let clip = Clip::of_pattern("p", &pattern, &Encoding::default(), &cache).unwrap();
        sizes.push(clip.bitrate());
        let (file, kept) = (pattern.file(&cache).unwrap(), names(&cache));
        let made_at = fs::metadata(&file).unwrap().modified().unwrap();
        assert_eq!(fs::metadata(pattern.file(&cache).unwrap()).unwrap().modified().unwrap(), made_at);
        assert_eq!(names(&cache), kept);
    }
    assert!(sizes[0] > 5 * sizes[1], "{sizes:?}");
    let nothing = Pattern { width: 0, seconds: 1, ..Pattern::default() };
    assert!(matches!(nothing.file(&cache), Err(ClipError::Ffmpeg { .. })));
    assert_eq!(names(&cache).len(), 4, "nothing half made stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_and_no_video_give_no_picture() {
    if ffmpeg_is_missing("junk_and_no_video_give_no_picture") {
        return;
    }
    let farm = farm();
    for path in ["/clip/H264/1?junk&drop=2", "/clip/H265/1?junk&drop=2", "/cam/1?garbage&drop=2"] {
        assert!(pictures(&farm, path, 5).await.is_empty(), "{path}");
    }
    let probed = run(ffprobe(&farm.url("/cam/1?novideo&drop=1"))).await;
    assert_eq!(String::from_utf8_lossy(&probed.stdout).trim(), "");
}

#[tokio::test]
async fn dropping_a_farm_closes_its_port_and_connections() {
    let stream = [&[0, 0, 1, 0x67, 66, 0, 30, 0, 0, 1, 0x68, 9][..], &[0, 0, 1, 0x65, 0x88, 1]].concat();
    let clip = Clip::from_annexb("t", Codec::H264, 15, &stream).unwrap();
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut farm = Farm::builder().clip(clip).cameras(1).start(any_port).unwrap();
    let control = farm.listen_for_commands(any_port).unwrap();
    let addr = farm.addr();
    assert_eq!(farm.url("cam/1"), format!("rtsp://{addr}/cam/1"));

    let mut commands = tokio::net::TcpStream::connect(control).await.unwrap();
    let (reader, mut writer) = commands.split();
    let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(reader));
    tokio::io::AsyncWriteExt::write_all(&mut writer, b"kick /cam/1\nkick /cam/2\nstats\n").await.unwrap();
    let mut next = async || lines.next_line().await.unwrap().unwrap();
    assert_eq!(next().await, "ok");
    assert_eq!(next().await, "error: no such camera: /cam/2");
    assert!(next().await.starts_with("{\"open\":0,"));

    drop(farm);
    assert_eq!(lines.next_line().await.unwrap_or(None), None);
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[test]
fn the_program_says_what_is_wrong_and_what_it_can_do() {
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("a.mp4");
    fs::write(&video, "").unwrap();
    let clip = format!("--clip=a={}", video.display());
    let (status, _, said) = camera_farm(&[&clip]);
    let wanted = format!("camera-farm: ffmpeg is not in PATH; it is needed to prepare {}", video.display());
    assert_eq!((status, said.trim()), (Some(1), wanted.as_str()));
    let (status, _, said) = camera_farm(&["--clip=a"]);
    assert!(status == Some(2) && said.contains("want NAME=FILE or NAME=FILE:FPS"), "{said}");
    let (status, said, _) = camera_farm(&["--help"]);
    assert!(status == Some(0) && said.contains("garbage              bytes that are no RTP"), "{said}");

    let raw = folder.path().join("a.h264");
    fs::write(&raw, [0, 0, 1, 0x67, 66, 0, 30, 0, 0, 1, 0x68, 9, 0, 0, 1, 0x65, 0x88, 1]).unwrap();
    let clip = format!("--clip=a={}:25", raw.display());
    let (status, printed, said) = camera_farm(&[&clip, "--port=0", "--control=0", "--seconds=0"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        printed.starts_with("rtsp://127.0.0.1:") && printed.contains("\ncontrol 127.0.0.1:"),
        "{printed}"
    );
    assert!(said.starts_with("clip a: H264, 1 pictures, 25 a second"), "{said}");
}

/// Exit status, standard output and error of our program, with no other program in reach.
fn camera_farm(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_camera-farm")).args(args).env("PATH", "").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn encoding(codec: Codec) -> Encoding {
    Encoding { fps: FPS as u32, gop_s: 1.0, lead_in_s: 1.0, codec, ..Encoding::default() }
}

/// A farm with one clip of each codec, named H264 and H265.
fn farm() -> RunningFarm {
    let folder = tempfile::tempdir().unwrap();
    let video = test_video(folder.path());
    let mut builder = Farm::builder().cameras(2).user("guest").password("pass");
    for codec in CODECS {
        builder = builder.clip(Clip::from_video(&format!("{codec:?}"), &video, &encoding(codec)).unwrap());
    }
    builder.start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap()
}

/// One second of moving test picture.
fn test_video(folder: &Path) -> PathBuf {
    let pattern = Pattern { width: 320, height: 180, fps: 25, seconds: 1, ..Pattern::default() };
    pattern.file(folder).unwrap()
}

fn ffprobe(url: &str) -> Command {
    let mut command = Command::new("ffprobe");
    command
        .args("-v error -rtsp_transport tcp -show_entries stream=codec_name,width,height".split(' '))
        .args("-select_streams v -of csv=p=0".split(' '))
        .arg(url);
    command
}

/// What a client decodes of a camera, in grey, from its first picture on.
async fn pictures(farm: &RunningFarm, path: &str, count: usize) -> Vec<Vec<u8>> {
    let mut command = Command::new("ffmpeg");
    command
        .args("-nostdin -loglevel error -rtsp_transport tcp -i".split(' '))
        .arg(farm.url(path))
        .args(format!("-frames:v {count} -vf scale={WIDTH}:{HEIGHT},format=gray").split(' '))
        .args("-fps_mode passthrough -f rawvideo -".split(' '));
    let output = run(command).await;
    output.stdout.chunks_exact(WIDTH * HEIGHT).map(<[u8]>::to_vec).collect()
}

/// Mean difference in grey levels.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    let sum: u64 = a.iter().zip(b).map(|(&x, &y)| u64::from(x.abs_diff(y))).sum();
    sum as f64 / a.len() as f64
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap()).collect();
    entries.sort_by_key(|e| e.metadata().unwrap().modified().unwrap());
    entries.iter().map(|e| e.file_name().into_string().unwrap()).collect()
}

fn ffmpeg_is_missing(test: &str) -> bool {
    let is_there = |program| Command::new(program).arg("-version").output().is_ok();
    if is_there("ffmpeg") && is_there("ffprobe") {
        return false;
    }
    // Not println!, which the test harness swallows.
    let _ = writeln!(io::stderr(), "skipped: {test}: needs ffmpeg");
    true
}
