//! What cameras do wrong on request.

use super::*;
use crate::auth::base64;
use std::net::IpAddr;

const A_MINUTE: Duration = Duration::from_secs(60);

/// As [`farm`], and a third clip whose parameter sets differ from theirs, of twice the rate.
fn farm_of_three() -> Arc<Farm> {
    let mut stream = annexb_stream(6, 3);
    for at in 0..stream.len() - 4 {
        if stream[at..at + 4] == [0x67, 66, 0, 30] {
            stream[at + 3] = 40;
        }
    }
    let other = Clip::from_annexb("other", Codec::H264, 2 * FPS, &stream).unwrap();
    let first = Clip::from_annexb("first", Codec::H264, FPS, &annexb_stream(12, 3)).unwrap();
    let hevc = [0, 0, 1, 0x40, 1, 1, 0, 0, 1, 0x42, 1, 2, 0, 0, 1, 0x44, 1, 3, 0, 0, 1, 0x26, 1, 0x80];
    let h265 = Clip::from_annexb("h265", Codec::H265, FPS, &hevc).unwrap();
    let builder = Farm::builder().clip(first).clip(other).clip(h265).cameras(4);
    Arc::new(builder.user("u").password("p").build().unwrap())
}

impl Client {
    async fn set_up(&mut self) -> u16 {
        self.request("SETUP", "Transport: RTP/AVP/TCP;interleaved=0-1\r\n").await
    }

    /// NAL types of the next packets, each as small as one packet.
    async fn kinds(&mut self, count: usize) -> Vec<u8> {
        let mut kinds = Vec::new();
        for _ in 0..count {
            kinds.push(self.packet().await.unwrap()[12] & 0x1f);
        }
        kinds
    }
}

/// SSRC of an RTP packet.
fn ssrc(packet: &[u8]) -> u32 {
    u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]])
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_is_gone_answers_nothing_and_closes_nothing() {
    let farm = farm_of_three();
    let mut client = Client::playing(&farm, "/cam/1?gone=2").await;
    let began = Instant::now();
    let mut pictures = 0;
    while timeout(A_MINUTE, client.picture()).await.is_ok() {
        pictures += 1;
    }
    assert!((19..=21).contains(&pictures), "{pictures}");
    assert!(Instant::now() - began >= A_MINUTE);
    assert!(timeout(A_MINUTE, client.request("GET_PARAMETER", "")).await.is_err());
    assert!(!client.session.is_finished());
    // A camera that is merely silent answers.
    let mut silent = Client::playing(&farm, "/cam/1?stall=0").await;
    assert_eq!(silent.request("GET_PARAMETER", "").await, 200);
}

#[tokio::test(start_paused = true)]
async fn parameter_sets_can_be_missing_or_anothers() {
    let farm = farm_of_three();
    let (own, other) = (base64(&[0x67, 66, 0, 30]), base64(&[0x67, 66, 0, 40]));
    for (query, in_sdp, in_band) in [
        ("once", Some(&own), true),
        ("once&nosprop", None, true),
        ("once&wrongsprop", Some(&other), true),
        ("once&noinband", Some(&own), false),
        ("once&noparams", None, false),
    ] {
        let farm = farm_of_three();
        let path = format!("/clip/first/1?{query}");
        let sdp = Client::connect(&farm, &path).answer("DESCRIBE", "").await;
        assert_eq!(sdp.contains("sprop-"), in_sdp.is_some(), "{query}");
        assert!(in_sdp.is_none_or(|sets| sdp.contains(sets.as_str())), "{query}: {sdp}");
        let mut client = Client::playing(&farm, &path).await;
        let first = client.packet().await.unwrap();
        assert_eq!(first[12] & 0x1f, if in_band { 7 } else { 5 }, "{query}");
        // What is not sent leaves no gap in the numbers either.
        let next = client.packet().await.unwrap();
        assert_eq!(u16::from_be_bytes([next[2], next[3]]), u16::from_be_bytes([first[2], first[3]]) + 1);
    }
    let alone = Client::connect(&farm, "/clip/h265/1?wrongsprop").request("DESCRIBE", "").await;
    assert_eq!(alone, 400, "there is no other clip of that codec");
}

#[tokio::test(start_paused = true)]
async fn timestamps_jump_and_sources_change_once() {
    let farm = farm_of_three();
    for (by, query) in [(3600i64 * 90_000, "jump=1:3600"), (-90_000, "jump=1:-1")] {
        let mut client = Client::playing(&farm, &format!("/clip/first/1?{query}")).await;
        let mut stamps = Vec::new();
        for _ in 0..20 {
            stamps.push(client.picture().await.timestamp);
        }
        let steps: Vec<_> = stamps.windows(2).map(|two| two[1].wrapping_sub(two[0])).collect();
        let odd: Vec<_> = steps.iter().filter(|step| **step != 90_000 / FPS).collect();
        assert_eq!(odd, [&((by + i64::from(90_000 / FPS)) as u32)], "{query}");
    }
    let mut client = Client::playing(&farm, "/clip/first/1?ssrc=1").await;
    let mut sources = Vec::new();
    for _ in 0..30 {
        sources.push(ssrc(&client.packet().await.unwrap()));
    }
    sources.dedup();
    assert_eq!(sources.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_camera_sends_one_key_picture_for_ever() {
    let mut client = Client::playing(&farm_of_three(), "/clip/first/1?once&freeze=0.5").await;
    let seen = client.numbers(10).await;
    assert_eq!(seen, [0, 1, 2, 3, 4, 3, 3, 3, 3, 3]);
}

#[tokio::test(start_paused = true)]
async fn another_clip_follows_in_the_same_session() {
    let farm = farm_of_three();
    let mut client = Client::playing(&farm, "/clip/first/1?once&switch=0.5:other").await;
    let mut pictures = Vec::new();
    for _ in 0..9 {
        pictures.push(client.picture().await);
    }
    assert_eq!(pictures.iter().map(|p| p.number).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 0, 1, 2, 3]);
    let steps: Vec<_> = pictures.windows(2).map(|p| p[1].timestamp.wrapping_sub(p[0].timestamp)).collect();
    assert_eq!(steps[..5], [90_000 / FPS; 5]);
    assert_eq!(steps[5..], [90_000 / (2 * FPS); 3]);
    assert_eq!(Client::connect(&farm, "/cam/1?switch=1:none").request("DESCRIBE", "").await, 400);
}

#[tokio::test(start_paused = true)]
async fn a_camera_set_to_another_clip_ends_its_sessions_and_describes_the_new_one() {
    let farm = farm_of_three();
    let mut client = Client::playing(&farm, "/clip/first/1").await;
    client.picture().await;
    farm.command("clip /clip/first/1 h265").unwrap();
    while client.packet().await.is_some() {}
    let sdp = Client::connect(&farm, "/clip/first/1").answer("DESCRIBE", "").await;
    assert!(sdp.contains("H265/90000"), "{sdp}");
    farm.command("clip /clip/first/1 other").unwrap();
    assert_eq!(Client::playing(&farm, "/clip/first/1").await.numbers(2).await, [0, 1]);
    for wrong in ["clip /clip/first/1", "clip /clip/first/1 none", "clip /cam/9 other", "kick /cam/1 other"] {
        assert!(farm.command(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_healed_camera_does_nothing_wrong() {
    let farm = farm_of_three();
    let path = "/clip/first/1?once&hang=play&noparams&loss=90";
    farm.command("heal /clip/first/1").unwrap();
    let mut client = Client::playing(&farm, path).await;
    assert_eq!(client.kinds(4).await, [7, 8, 5, 1]);
    // So does one that is playing already.
    let mut client = Client::playing(&farm, "/clip/first/2?freeze=0").await;
    assert_eq!(client.kinds(6).await, [7, 8, 5, 7, 8, 5]);
    farm.command("heal /clip/first/2").unwrap();
    client.numbers(3).await;
    let healthy = client.numbers(6).await;
    assert!(healthy.windows(2).all(|two| two[1] == (two[0] + 1) % 12), "{healthy:?}");
}

#[tokio::test(start_paused = true)]
async fn a_camera_serves_so_many_sessions_and_a_lost_one_lingers() {
    let farm = farm_of_three();
    let path = "/cam/1?sessions=1&linger=30";
    let mut first = Client::playing(&farm, path).await;
    let mut second = Client::connect(&farm, path);
    assert_eq!((second.request("DESCRIBE", "").await, second.set_up().await), (453, 453));
    assert_eq!(Client::connect(&farm, "/cam/2?sessions=1").request("DESCRIBE", "").await, 200);
    assert_eq!(first.request("GET_PARAMETER", "").await, 200);
    let Client { socket, session, .. } = first;
    drop(socket);
    session.await.unwrap().unwrap();
    tokio::time::advance(Duration::from_secs(29)).await;
    assert_eq!(second.set_up().await, 453);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!((second.request("DESCRIBE", "").await, second.set_up().await), (200, 200));
    assert_eq!(second.request("TEARDOWN", "").await, 200);
    assert_eq!(Client::connect(&farm, path).set_up().await, 200);
}

#[tokio::test(start_paused = true)]
async fn wrong_log_ins_end_in_a_ban_for_that_camera() {
    let farm = farm_of_three();
    let (wrong, right) = ("Authorization: Basic eDp5\r\n", "Authorization: Basic dTpw\r\n");
    let path = "/cam/1?auth=basic&ban=2:20";
    // Asking what log-in is wanted is no wrong log-in.
    for _ in 0..5 {
        assert_eq!(Client::connect(&farm, path).request("DESCRIBE", "").await, 401);
    }
    for _ in 0..2 {
        assert_eq!(Client::connect(&farm, path).request("DESCRIBE", wrong).await, 401);
    }
    let mut banned = Client::connect(&farm, path);
    banned.send("DESCRIBE", right).await;
    assert!(banned.packet().await.is_none(), "closed without a word");
    assert_eq!(Client::connect(&farm, "/cam/2?auth=basic&ban=2:20").request("DESCRIBE", right).await, 200);
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(Client::connect(&farm, path).request("DESCRIBE", right).await, 200);
}

#[tokio::test(start_paused = true)]
async fn lost_packets_are_counted_and_are_in_the_sender_s_count() {
    let farm = farm_of_three();
    let mut client = Client::playing(&farm, "/clip/first/1?loss=50").await;
    let (mut first, mut last, mut received) = (None, 0, 0u64);
    for _ in 0..100 {
        let packet = client.packet().await.unwrap();
        last = u16::from_be_bytes([packet[2], packet[3]]);
        first.get_or_insert(last);
        received += 1;
    }
    let gaps = u64::from(last.wrapping_sub(first.unwrap())) + 1 - received;
    let camera = farm.controls.camera(&farm.address("/clip/first/1").unwrap());
    let lost = camera.lost.load(Relaxed);
    // Those lost before the first and after the last that came make no gap.
    assert!((gaps..gaps + 10).contains(&lost), "{gaps} gaps, {lost} lost");
    assert_eq!(farm.counters.snapshot().lost, lost);
    assert_eq!((camera.connects.load(Relaxed), camera.plays.load(Relaxed)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_handshake_ends_with_play_or_with_its_connection() {
    let (farm, host) = (farm_of_three(), IpAddr::from([127, 0, 0, 1]));
    let handshakes = farm.counters.handshakes.clone();
    for _ in 0..3 {
        let (socket, theirs) = tokio::io::duplex(64 * 1024);
        let session = Session::new(farm.clone(), theirs, 7, Some(handshakes.begin(host)));
        let session = tokio::spawn(session.run());
        let mut client = Client { socket, session, url: "rtsp://h/cam/1".into(), cseq: 0 };
        assert_eq!((client.request("DESCRIBE", "").await, client.set_up().await), (200, 200));
        assert_eq!(client.request("PLAY", "").await, 200);
        // It goes on playing, and counts no more.
        tokio::spawn(async move { while client.packet().await.is_some() {} });
    }
    assert_eq!(handshakes.max_at(host), 1);
}
