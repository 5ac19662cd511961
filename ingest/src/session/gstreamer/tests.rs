//! Against simulated cameras, over TCP. What differs by transport is tried with a server that is not ours, in
//! `tests/blackbox/interop.rs`.

use std::{collections::HashSet, net::TcpListener, path::Path, sync::Arc};

use camera_farm::{Clip, Farm, RunningFarm};
use jiff::Timestamp;

use super::*;
use crate::{
    access_unit::{Codec, StreamParameters},
    address::Credentials,
    testing::video::{H265, encode, has_ffmpeg},
};

const LIMITS: SessionLimits = SessionLimits { step: Duration::from_secs(1), silence: Duration::from_secs(2) };

/// Cameras with a clip of two seconds, 30 pictures a second, a key picture every ten.
fn farm(codec: Codec) -> RunningFarm {
    let folder = tempfile::tempdir().unwrap();
    let (options, name) = match codec {
        Codec::H264 => ("-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 10 -bf 0", "quick.h264"),
        Codec::H265 => (H265, "quick.h265"),
    };
    let file = encode(folder.path(), name, "testsrc2=s=128x96:r=30:d=2", options);
    let clip = Clip::load("quick", Path::new(&file), 30).unwrap();
    let farm = Farm::builder().clip(clip).cameras(20).user("viewer").password("p@ss:w/rd");
    farm.start(([127, 0, 0, 1], 0).into()).unwrap()
}

async fn open(url: &str) -> Result<GstSession, SessionError> {
    let login = Credentials { user: "viewer".to_owned(), password: "p@ss:w/rd".to_owned() };
    GstSession::open(&Address::parse(url).unwrap().with_credentials(login), Transport::Tcp, LIMITS, &PLACES)
        .await
}

async fn pictures(session: &mut GstSession, count: usize) -> Vec<Picture> {
    let mut pictures = Vec::new();
    while pictures.len() < count {
        pictures.extend(session.next().await.unwrap());
    }
    pictures
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_come_as_they_were_sent() {
    if !has_ffmpeg() {
        return;
    }
    for codec in [Codec::H264, Codec::H265] {
        let farm = farm(codec);
        let mut session = open(&farm.url("/clip/quick/1?auth=digest")).await.unwrap();
        let pictures = pictures(&mut session, 60).await;
        let sets: HashSet<_> = pictures.iter().map(|picture| Arc::as_ptr(&picture.parameters)).collect();
        assert_eq!(sets.len(), 1);
        let parameters: &StreamParameters = &pictures[0].parameters;
        assert_eq!((parameters.codec, parameters.width, parameters.height), (codec, 128, 96));
        assert_eq!(parameters.configuration[0], 1, "avcC and hvcC begin with their version");
        let keys: Vec<_> = pictures.iter().enumerate().filter(|(_, p)| p.key).map(|(n, _)| n).collect();
        assert!(keys.len() >= 5 && keys.windows(2).all(|pair| pair[1] - pair[0] == 10), "{keys:?}");
        let span = (pictures[59].pts - pictures[0].pts).as_secs_f64();
        assert!((span - 59.0 / 30.0).abs() < 0.1, "{span}");
        assert_eq!(pictures.iter().map(|picture| picture.lost_packets).sum::<u64>(), 0);
        for picture in &pictures {
            let length = u32::from_be_bytes(picture.data[..4].try_into().unwrap()) as usize;
            assert!(0 < length && length + 4 <= picture.data.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_packets_are_counted_and_the_cameras_clock_is_read() {
    if !has_ffmpeg() {
        return;
    }
    let farm = farm(Codec::H264);
    let mut session = open(&farm.url("/clip/quick/1?loss=10")).await.unwrap();
    let (mut lost, mut offset) = (0, None);
    let wanted = async {
        while lost == 0 || offset.is_none() {
            if let Some(picture) = session.next().await.unwrap() {
                lost += picture.lost_packets;
                #[expect(clippy::disallowed_methods, reason = "the simulated camera tells the real time")]
                let now = Timestamp::now();
                offset = offset.or(picture.camera_time.map(|at| now.duration_since(at).as_secs_f64()));
            }
        }
    };
    timeout(Duration::from_secs(20), wanted).await.expect("both are told");
    assert!(offset.is_some_and(|offset| (-1.0..2.0).contains(&offset)), "{offset:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_its_cause() {
    if !has_ffmpeg() {
        return;
    }
    let farm = farm(Codec::H264);
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = format!("rtsp://{}/a", mute.local_addr().unwrap());
    let camera = |fault: &str| farm.url(&format!("/clip/quick/1?{fault}"));
    let cases = [
        ("rtsp://no-such-host.invalid/a".to_owned(), Cause::NameNotFound, "look-up"),
        ("rtsp://127.0.0.1:1/a".to_owned(), Cause::Refused, "connect"),
        (mute, Cause::TimedOut, "describe"),
        (camera("status=404"), Cause::NoSuchStream, "describe"),
        (camera("status=453"), Cause::Busy, "describe"),
        (camera("status=500"), Cause::RefusedToPlay, "describe"),
        (camera("hang=describe"), Cause::TimedOut, "describe"),
        (camera("hang=setup"), Cause::TimedOut, "setup"),
        (camera("hang=play"), Cause::TimedOut, "play"),
        (camera("novideo"), Cause::NoVideo, "describe"),
    ];
    for (url, cause, step) in cases {
        let error = open(&url).await.err().expect("it does not open");
        println!("{url}: {error}");
        assert_eq!((error.cause, error.step), (cause, step), "{url}: {error}");
    }
    let stranger = Address::parse(&camera("auth=digest")).unwrap();
    let error =
        GstSession::open(&stranger, Transport::Tcp, LIMITS, &PLACES).await.err().expect("it does not open");
    assert_eq!((error.cause, error.step), (Cause::WrongCredentials, "describe"));
    let error =
        GstSession::open(&stranger, Transport::Udp, LIMITS, &PLACES).await.err().expect("it does not open");
    assert_eq!(error.cause, Cause::WrongCredentials);
    let only_tcp = Address::parse(&camera("")).unwrap();
    let error =
        GstSession::open(&only_tcp, Transport::Udp, LIMITS, &PLACES).await.err().expect("it does not open");
    assert_eq!((error.cause, error.step), (Cause::TransportRefused, "setup"));

    for (fault, causes) in [
        ("drop=1", [Cause::Closed, Cause::Closed]),
        ("stall=0", [Cause::NoData, Cause::NoData]),
        ("stall=1", [Cause::NoData, Cause::NoData]),
        ("garbage", [Cause::ProtocolError, Cause::Closed]),
    ] {
        let mut session = open(&camera(fault)).await.unwrap();
        let end = async {
            loop {
                if let Err(error) = session.next().await {
                    return error;
                }
            }
        };
        let error = timeout(Duration::from_secs(10), end).await.expect("it ends");
        assert!(causes.contains(&error.cause), "{fault}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_more_room_than_there_is_and_who_leaves_makes_some() {
    static ONE: Semaphore = Semaphore::const_new(1);
    if !has_ffmpeg() {
        return;
    }
    let farm = farm(Codec::H264);
    let address = Address::parse(&farm.url("/clip/quick/1")).unwrap();
    let open = || GstSession::open(&address, Transport::Tcp, LIMITS, &ONE);
    let mut first = open().await.unwrap();
    let error = open().await.err().expect("there is no room");
    assert_eq!((error.cause, error.step), (Cause::Busy, "connect"));
    pictures(&mut first, 1).await;
    drop(first);
    drop(timeout(Duration::from_secs(5), ONE.acquire()).await.expect("the pipeline is gone").unwrap());
    let missing = Address::parse(&farm.url("/clip/quick/1?status=404")).unwrap();
    let failed = GstSession::open(&missing, Transport::Tcp, LIMITS, &ONE);
    assert_eq!(failed.await.err().map(|error| error.cause), Some(Cause::NoSuchStream));
    drop(timeout(Duration::from_secs(5), ONE.acquire()).await.expect("a failure keeps no place").unwrap());
}
