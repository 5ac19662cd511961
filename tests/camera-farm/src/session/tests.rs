use super::*;
use crate::clip::{Clip, Codec, tests::annexb_stream};
use tokio::{io::DuplexStream, task::JoinHandle};

mod faults;

const FPS: u32 = 10;
const PICTURE: Duration = Duration::from_millis(100);

/// 6 pictures of content, then 6 still ones, in groups of 3; picture `i` ends in the byte 0x80 + `i`.
fn farm() -> Arc<Farm> {
    let clip = Clip::from_annexb("c", Codec::H264, FPS, &annexb_stream(12, 3)).unwrap();
    let clip = clip.with_still_tail(6, 3).unwrap();
    let raw = Clip::from_annexb("raw", Codec::H264, FPS, &annexb_stream(5, 3)).unwrap();
    Arc::new(Farm::builder().clip(clip).clip(raw).cameras(4).user("u").password("p").build().unwrap())
}

struct Client {
    socket: DuplexStream,
    session: JoinHandle<io::Result<()>>,
    url: String,
    cseq: u32,
}

struct Picture {
    /// Which picture of the clip.
    number: u8,
    seq: u16,
    timestamp: u32,
}

impl Client {
    fn connect(farm: &Arc<Farm>, path: &str) -> Client {
        let (socket, theirs) = tokio::io::duplex(64 * 1024);
        let session = tokio::spawn(Session::new(farm.clone(), theirs, 7, None).run());
        Client { socket, session, url: format!("rtsp://h{path}"), cseq: 0 }
    }

    async fn playing(farm: &Arc<Farm>, path: &str) -> Client {
        let mut client = Client::connect(farm, path);
        assert_eq!(client.request("DESCRIBE", "").await, 200);
        assert_eq!(client.request("SETUP", "Transport: RTP/AVP/TCP;interleaved=0-1\r\n").await, 200);
        assert_eq!(client.request("PLAY", "").await, 200);
        client
    }

    async fn send(&mut self, method: &str, headers: &str) {
        self.cseq += 1;
        let text = format!("{method} {} RTSP/1.0\r\nCSeq: {}\r\n{headers}\r\n", self.url, self.cseq);
        self.socket.write_all(text.as_bytes()).await.unwrap();
    }

    /// The status of the answer.
    async fn request(&mut self, method: &str, headers: &str) -> u16 {
        self.answer(method, headers).await.split(' ').nth(1).unwrap().parse().unwrap()
    }

    async fn answer(&mut self, method: &str, headers: &str) -> String {
        self.send(method, headers).await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.socket.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let length =
            head.lines().find_map(|l| l.strip_prefix("Content-Length: ")).map_or(0, |v| v.parse().unwrap());
        let mut body = vec![0; length];
        self.socket.read_exact(&mut body).await.unwrap();
        head + &String::from_utf8(body).unwrap()
    }

    /// One RTP packet; RTCP is left out. None at the end.
    async fn packet(&mut self) -> Option<Vec<u8>> {
        loop {
            let mut head = [0; 4];
            self.socket.read_exact(&mut head).await.ok()?;
            assert_eq!(head[0], b'$');
            let mut packet = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
            self.socket.read_exact(&mut packet).await.ok()?;
            if head[1] == 0 {
                return Some(packet);
            }
        }
    }

    async fn picture(&mut self) -> Picture {
        loop {
            let p = self.packet().await.unwrap();
            if p[1] & 0x80 != 0 {
                return Picture {
                    number: p.last().unwrap() & 0x7f,
                    seq: u16::from_be_bytes([p[2], p[3]]),
                    timestamp: u32::from_be_bytes([p[4], p[5], p[6], p[7]]),
                };
            }
        }
    }

    async fn numbers(&mut self, count: usize) -> Vec<u8> {
        let mut numbers = Vec::new();
        for _ in 0..count {
            numbers.push(self.picture().await.number);
        }
        numbers
    }
}

#[tokio::test(start_paused = true)]
async fn a_clip_loops_without_its_still_tail_and_all_clients_see_the_same() {
    let farm = farm();
    let (mut a, mut b) =
        (Client::playing(&farm, "/clip/c/1").await, Client::playing(&farm, "/clip/c/1").await);
    let seen = a.numbers(13).await;
    for pair in seen.windows(2) {
        assert_eq!(pair[1], (pair[0] + 1) % 6);
    }
    assert_eq!(b.numbers(13).await, seen);
}

#[tokio::test(start_paused = true)]
async fn once_plays_from_the_first_picture_and_then_holds() {
    let farm = farm();
    tokio::time::advance(Duration::from_secs(77)).await;
    let began = Instant::now();
    let mut client = Client::playing(&farm, "/clip/c/1?once").await;
    let mut last = client.picture().await;
    assert_eq!((last.number, Instant::now() - began), (0, Duration::ZERO));
    let mut seen = vec![last.number];
    for _ in 0..17 {
        let next = client.picture().await;
        assert_eq!(next.timestamp.wrapping_sub(last.timestamp), 90_000 / FPS);
        let packets = if next.number % 3 == 0 { 3 } else { 1 };
        assert_eq!(next.seq.wrapping_sub(last.seq), packets);
        seen.push(next.number);
        last = next;
    }
    assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 9, 10, 11, 9, 10, 11]);
    assert_eq!(Instant::now() - began, 17 * PICTURE);
}

#[tokio::test(start_paused = true)]
async fn a_later_client_joins_where_the_clip_is() {
    let farm = farm();
    let mut first = Client::playing(&farm, "/clip/c/1?once").await;
    assert_eq!(first.numbers(5).await, [0, 1, 2, 3, 4]);
    drop(first);
    tokio::time::advance(3 * PICTURE).await;
    let mut second = Client::playing(&farm, "/clip/c/1?once").await;
    assert_eq!(second.numbers(2).await, [7, 8]);
    let mut other_camera = Client::playing(&farm, "/clip/c/2?once").await;
    assert_eq!(other_camera.numbers(2).await, [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_raw_clip_is_held_by_its_last_key_frame() {
    let mut client = Client::playing(&farm(), "/clip/raw/1?once").await;
    assert_eq!(client.numbers(8).await, [0, 1, 2, 3, 4, 3, 3, 3]);
}

#[tokio::test(start_paused = true)]
async fn restart_begins_again_for_all_clients_with_continuing_numbers() {
    for path in ["/clip/c/1?once", "/clip/c/1"] {
        let farm = farm();
        let (mut a, mut b) = (Client::playing(&farm, path).await, Client::playing(&farm, path).await);
        let mut last = a.picture().await;
        for _ in 0..20 {
            last = a.picture().await;
        }
        tokio::time::advance(PICTURE / 3).await;
        farm.command("restart /clip/c/1").unwrap();
        let first = a.picture().await;
        assert_eq!(first.number, 0, "{path}");
        assert_eq!(first.timestamp.wrapping_sub(last.timestamp), 90_000 / FPS);
        assert_eq!(first.seq.wrapping_sub(last.seq), 3);
        assert_eq!(a.numbers(3).await, [1, 2, 3]);
        b.numbers(21).await;
        assert_eq!(b.numbers(4).await, [0, 1, 2, 3], "{path}");
        assert_eq!(Client::playing(&farm, path).await.numbers(1).await, [4], "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn kick_and_down_end_sessions_and_stall_silences_them() {
    let farm = farm();
    let mut client = Client::playing(&farm, "/cam/1").await;
    farm.command("stall /cam/0001").unwrap();
    let silent = timeout(Duration::from_secs(60), client.packet()).await;
    assert!(silent.is_err());
    farm.command("unstall /cam/0001").unwrap();
    client.picture().await;
    farm.command("kick *").unwrap();
    assert!(client.packet().await.is_none());
    client.session.await.unwrap().unwrap();
    farm.command("down /cam/1").unwrap();
    assert_eq!(Client::connect(&farm, "/cam/1").request("DESCRIBE", "").await, 404);
    farm.command("up /cam/1").unwrap();
    Client::playing(&farm, "/cam/1").await.picture().await;
    for wrong in ["", "kick", "kick /cam/5", "kick /clip/none/1", "kick /cam/1 now", "dance /cam/1"] {
        assert!(farm.command(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn faults_by_url() {
    let farm = farm();
    for (path, status) in [
        ("/cam/1", 200),
        ("/cam/5", 404),
        ("/clip/none/1", 404),
        ("/cam/1?status=503", 503),
        ("/cam/1?stauts=503", 400),
        ("/cam/1?auth=digest", 401),
    ] {
        assert_eq!(Client::connect(&farm, path).request("DESCRIBE", "").await, status, "{path}");
    }
    let login = "Authorization: Basic dTpw\r\n";
    assert_eq!(Client::connect(&farm, "/cam/1?auth=basic").request("DESCRIBE", login).await, 200);
    let sdp = Client::connect(&farm, "/cam/1?novideo").answer("DESCRIBE", "").await;
    assert!(sdp.contains("m=audio") && !sdp.contains("m=video"), "{sdp}");
    let sdp = Client::connect(&farm, "/cam/1?nosprop").answer("DESCRIBE", "").await;
    assert!(sdp.contains("m=video") && !sdp.contains("sprop-"), "{sdp}");

    let mut hanging = Client::connect(&farm, "/cam/1?hang=describe");
    let answer = timeout(Duration::from_secs(60), hanging.request("DESCRIBE", "")).await;
    assert!(answer.is_err());
    let mut silent = Client::playing(&farm, "/cam/1?stall=0").await;
    assert!(timeout(Duration::from_secs(60), silent.packet()).await.is_err());
    assert!(!silent.session.is_finished());

    let began = Instant::now();
    let mut dropped = Client::playing(&farm, "/cam/1?drop=2").await;
    while dropped.packet().await.is_some() {}
    let age = Instant::now() - began;
    assert!(Duration::from_secs(2) <= age && age <= Duration::from_secs(2) + PICTURE, "{age:?}");
}

#[tokio::test(start_paused = true)]
async fn junk_is_rtp_with_the_framing_of_video_and_garbage_is_not_rtp() {
    let farm = farm();
    let mut client = Client::playing(&farm, "/clip/c/1?junk&once").await;
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let packet = client.packet().await.unwrap();
        assert_eq!(packet[0], 0x80);
        if packet[12] & 0x1f < 6 {
            assert_eq!(packet[13..15], [0x80, 0x40]);
        }
        kinds.push(packet[12]);
    }
    assert_eq!(kinds, [0x67, 0x68, 0x65, 0x41]);

    let mut client = Client::playing(&farm, "/cam/1?garbage").await;
    let mut bytes = [0; 1024];
    client.socket.read_exact(&mut bytes).await.unwrap();
    assert!(!bytes.contains(&b'$'));
}

#[tokio::test(start_paused = true)]
async fn loss_leaves_gaps_in_the_sequence() {
    let mut client = Client::playing(&farm(), "/cam/1?loss=50").await;
    let mut numbers = Vec::new();
    for _ in 0..100 {
        let packet = client.packet().await.unwrap();
        numbers.push(u16::from_be_bytes([packet[2], packet[3]]));
    }
    let span = numbers[99].wrapping_sub(numbers[0]);
    assert!((140..=300).contains(&span), "{span}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_cut_off() {
    let farm = farm();
    let client = Client::playing(&farm, "/cam/1").await;
    let Client { socket: _not_read, session, .. } = client;
    let error = session.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}
