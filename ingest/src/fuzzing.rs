//! What fuzzing calls (`make fuzz`, and with fixed inputs the tests below): each function takes bytes that anybody may
//! have chosen, has our code react to them as if a camera had sent them, and panics where what must hold does not.
//!
//! The protocols themselves are read by `retina`, GStreamer and libav, which are fuzzed where they are made.

mod input;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use self::input::{Input, Stream};
use crate::{
    access_unit::{AccessUnit, Codec, StreamParameters},
    address::Address,
    camera::{CameraId, CameraSource, Generation},
    clip::{self, mux, presentation_times, without_leading},
    decode::{DecoderChain, FRAME_SIDE_MAX},
    feed::Feed,
    frame::Frame,
    health::{CameraHealth, CameraState, HealthBoard},
    live::{
        boxes::{Part, Splitter},
        codecs::codecs,
        segmenter::{Made, Segmenter},
    },
    pace::{Attention, CurrentPace},
    ring::RingBudget,
    sampler::DecodeJob,
    session::{Picture, unix_time, wall_clock},
    settings::IngestSettings,
    sight::Sight,
};

/// One entry: bytes in, a panic where something is wrong.
pub type Entry = fn(&[u8]);

/// All entries, with how many fixed inputs the tests give to each: a pipeline of GStreamer takes milliseconds.
pub const ENTRIES: [(&str, Entry, usize); 8] = [
    ("address", address, 400),
    ("boxes", boxes, 400),
    ("clip", clip, 40),
    ("decode", decode, 40),
    ("feed", feed, 400),
    ("live", live, 40),
    ("sight", sight, 100),
    ("times", times, 400),
];

/// Two cameras' pictures come as they like, sessions end, bursts begin: rings stay within their bytes and can be
/// decoded from their beginning, jobs can be decoded, and what is told of the stream makes sense.
pub fn feed(data: &[u8]) {
    const RING_MAX: usize = 1000;
    const RINGS_MAX: usize = 1500;
    let settings = IngestSettings { ring_bytes_max: RING_MAX, ..IngestSettings::default() };
    let budget = RingBudget::new(RINGS_MAX);
    let feeds = [feed_of("one", &budget, &settings), feed_of("two", &budget, &settings)];
    let mut last_jobs: [Option<DecodeJob>; 2] = [None, None];
    let mut stream = Stream::new(data);
    while let Some(unit) = stream.next() {
        let n = stream.input.below(2);
        let (feed, last_job) = (&feeds[n], &mut last_jobs[n]);
        match stream.input.below(32) {
            0 => {
                feed.restart(unit.received_at);
                *last_job = None;
            }
            1 => feed.attend(Attention::Suspicion),
            2 => feed.attend(Attention::None),
            4 => feed.attend(Attention::Track),
            5 => feed.attend(Attention::Alarm),
            3 => feed.expire(unit.received_at, &settings),
            _ => {}
        }
        let ntp = stream.input.any::<u64>();
        let camera_time = wall_clock(retina::NtpTimestamp(ntp)).or_else(|| unix_time(ntp));
        assert!(
            camera_time.is_none_or(|at| at >= Timestamp::UNIX_EPOCH),
            "a camera without a clock has no time"
        );
        let job =
            feed.take(picture(&unit, stream.input.below(3) as u64, camera_time), unit.received_at, &settings);

        let held = feeds.each_ref().map(|feed| feed.span(Timestamp::MIN, Timestamp::MAX));
        let bytes = held.each_ref().map(|units| units.iter().map(|unit| unit.data.len()).sum::<usize>());
        assert_eq!(bytes.iter().sum::<usize>(), budget.bytes(), "no byte is lost count of");
        assert!(budget.bytes() <= RINGS_MAX && bytes[n] <= RING_MAX, "{bytes:?}");
        assert_decodable(&held[n]);
        assert_makes_sense(feed);
        let _ = (feed.reorders(), feed.stream_fault(unit.received_at), feed.wants_renewal(unit.received_at));
        if let Some(job) = job {
            assert_job(&job, last_job.as_ref(), unit.received_at);
            *last_job = Some(job);
        }
    }
    drop(feeds);
    assert_eq!(budget.bytes(), 0, "rings that are gone hold nothing");
}

/// Clips of pictures with odd times begin at zero, go on where a session ends, and take no jump as it came.
pub fn times(data: &[u8]) {
    let mut stream = Stream::new(data);
    let units: Vec<Arc<AccessUnit>> = std::iter::from_fn(|| stream.next()).map(Arc::new).collect();
    let kept = without_leading(&units);
    assert_eq!(kept.first().map(|unit| unit.sequence), units.first().map(|unit| unit.sequence));
    assert!(kept.len() < 2 || kept[1].key || kept[1].pts >= kept[0].pts, "nothing is shown before the first");
    let times = presentation_times(&kept);
    assert_eq!(times.len(), kept.len());
    assert!(times.first().is_none_or(Duration::is_zero));
    let mut latest = Duration::ZERO;
    for (pair, now) in kept.windows(2).zip(times.iter().skip(1)) {
        let arrived = pair[1].received_at.duration_since(pair[0].received_at);
        let most = Duration::try_from(arrived).unwrap_or_default().max(clip::STEP_MAX);
        assert!(*now <= latest + most, "{now:?} is too long after {latest:?}");
        assert!(
            pair[0].sequence + 1 == pair[1].sequence || *now > latest,
            "a session begins after the one before"
        );
        latest = latest.max(*now);
    }
}

/// A clip of odd pictures is whole boxes, or an error.
pub fn clip(data: &[u8]) {
    start_gstreamer();
    let mut stream = Stream::new(data);
    let units: Vec<Arc<AccessUnit>> =
        std::iter::from_fn(|| stream.next_real()).take(60).map(Arc::new).collect();
    let Ok(file) = mux(&units) else { return };
    let mut splitter = Splitter::default();
    splitter.take(&file);
    assert!(
        matches!(splitter.next(), Some(Part::Initialisation(_))),
        "a clip begins with what a player must know"
    );
    let pictures: u32 = std::iter::from_fn(|| splitter.next()).map(|part| pictures_of(&part)).sum();
    assert!(pictures as usize <= units.len(), "{pictures} of {}", units.len());
}

/// A live view of odd pictures: first what a player must know, then fragments of no more pictures than came.
pub fn live(data: &[u8]) {
    start_gstreamer();
    let mut stream = Stream::new(data);
    let reorders = stream.input.flag();
    let mut units = VecDeque::from_iter(std::iter::from_fn(|| stream.next_real()).take(60));
    while units.front().is_some_and(|unit| !unit.key) {
        units.pop_front();
    }
    let Some(first) = units.front() else { return };
    let made: Arc<Mutex<Vec<Made>>> = Arc::default();
    let taker = made.clone();
    let Ok(mut segmenter) =
        Segmenter::new(first.parameters.clone(), reorders, move |made| taker.lock().push(made))
    else {
        return;
    };
    let mut pushed = 0;
    for unit in &units {
        if pushed > 0 && !segmenter.is_followed_by(unit) || segmenter.push(unit).is_err() {
            break;
        }
        pushed += 1;
    }
    segmenter.finish();
    let made = made.lock();
    assert!(made.first().is_none_or(|first| matches!(first, Made::Segment(_))));
    let count = |made: &Made| if let Made::Fragment { pictures, .. } = made { *pictures } else { 0 };
    assert!(made.iter().map(count).sum::<u32>() <= pushed, "more pictures came out than went in");
}

/// A decoder that is given real, cut and odd pictures of several cameras: each frame is small, whole, and of a picture
/// that was asked for.
pub fn decode(data: &[u8]) {
    start_gstreamer();
    let mut stream = Stream::new(data);
    let codec = stream.input.pick(&[Codec::H264, Codec::H265]);
    let Ok(mut chain) = DecoderChain::new(codec) else { return };
    for _ in 0..8 {
        let most = 1 + stream.input.below(6);
        let of_codec = |unit: &AccessUnit| unit.parameters.codec == codec;
        let next = std::iter::from_fn(|| stream.next_real()).filter(of_codec).take(most);
        let units: Vec<Arc<AccessUnit>> = next.map(Arc::new).collect();
        let Ok(frame) = chain.decode(&units, stream.input.flag()) else { continue };
        assert!(frame.width.max(frame.height) <= FRAME_SIDE_MAX, "{} × {}", frame.width, frame.height);
        assert!(frame.width >= 2 && frame.height >= 2 && frame.width % 2 == 0 && frame.height % 2 == 0);
        assert_eq!(frame.to_bgr().len(), frame.width as usize * frame.height as usize * 3);
        assert!(units.iter().any(|unit| unit.received_at == frame.captured_at), "a picture of another job");
    }
}

/// However a file of boxes is cut and whatever it says, its parts are bytes of it, and no more than it has.
pub fn boxes(data: &[u8]) {
    let mut input = Input::new(data);
    let configuration = Bytes::copy_from_slice(input.bytes(24));
    for codec in [Codec::H264, Codec::H265] {
        let said =
            codecs(&StreamParameters { codec, configuration: configuration.clone(), width: 0, height: 0 });
        assert!(
            said.len() <= 64 && said.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'),
            "{said}"
        );
    }
    let (mut splitter, mut taken, mut given) = (Splitter::default(), 0, 0);
    while !input.is_empty() {
        let bytes = input.box_like();
        splitter.take(&bytes);
        taken += bytes.len();
        while let Some(part) = splitter.next() {
            let (Part::Initialisation(whole) | Part::Fragment { data: whole, .. }) = &part;
            assert!(whole.len() >= 8, "a part has a box");
            given += whole.len();
        }
        assert!(given <= taken);
    }
}

/// An address, as people mistype it: what is printed holds neither the password nor the user.
pub fn address(data: &[u8]) {
    const USER: &str = "us3r";
    const SECRET: &str = "s3cret";
    let mut input = Input::new(data);
    let (before, after, tail) = (input.word(), input.word(), input.word());
    let host = input.pick(&["cam", "10.0.0.7", "[fe80::1]", "摄像机.local"]);
    let text = format!("rtsp://{USER}:{before}{SECRET}{after}@{host}/{tail}");
    if let Ok(address) = Address::parse(&text) {
        assert!(!address.url().host_str().unwrap_or_default().is_empty());
        for shown in
            [format!("{address} {address:?} {:?}", address.credentials()), address.encrypted().to_string()]
        {
            assert!(!shown.contains(SECRET), "{text} is shown as {shown}");
        }
    }
    // And what is no address at all.
    let text = String::from_utf8_lossy(data);
    let shown = Address::parse(&text).map_or_else(|error| error.to_string(), |address| address.to_string());
    assert!(text.len() > 8 || shown.len() < 120);
    let _ = Address::parse(&format!("rtsps://{text}")).map(|address| (address.port(), address.to_string()));
}

/// Pictures of any size and content, at any time: no look at them fails.
pub fn sight(data: &[u8]) {
    const SIDES: [u32; 8] = [0, 1, 30, 63, 64, 97, 160, 640];
    let (mut input, mut sight, mut at) = (Input::new(data), Sight::default(), Timestamp::UNIX_EPOCH);
    for _ in 0..12 {
        let (width, height) = (input.pick(&SIDES), input.pick(&SIDES).min(160));
        let missing = input.below(8).saturating_sub(6);
        let length = (width as usize * height as usize * 3).saturating_sub(missing);
        let pattern = [input.bytes(9), &[input.any()]].concat();
        let bgr: Vec<u8> = pattern.iter().copied().cycle().take(length).collect();
        at += input.pick(&[
            SignedDuration::from_secs(2),
            SignedDuration::from_hours(9),
            SignedDuration::from_secs(-5),
        ]);
        let camera = camera("cam");
        let frame = Frame::from_bgr(camera, Generation(1), at, (width, height), &bgr);
        assert_eq!(frame.is_some(), missing == 0 || width * height == 0);
        if let Some(frame) = frame {
            sight.look(&frame);
        }
    }
}

// === what must hold ===

/// A decoder can read all of it from its beginning on.
fn assert_decodable(units: &[Arc<AccessUnit>]) {
    assert!(units.first().is_none_or(|first| first.key), "a ring begins with a key picture");
    for pair in units.windows(2) {
        let follows = pair[0].sequence + 1 == pair[1].sequence && pair[0].parameters == pair[1].parameters;
        assert!(follows || pair[1].key, "{} behind {}", pair[1].sequence, pair[0].sequence);
    }
}

fn assert_job(job: &DecodeJob, last: Option<&DecodeJob>, now: Timestamp) {
    let ends = |job: &DecodeJob| job.units.last().map(|unit| unit.sequence);
    let (Some(first), Some(newest)) = (job.units.first(), job.units.last()) else {
        panic!("a job without a picture")
    };
    assert!(newest.received_at == now, "what is looked at is the picture that has just come");
    let goes_on = last.and_then(ends).is_some_and(|last| last + 1 == first.sequence);
    assert!(first.key || job.burst && goes_on, "{} can not be decoded", first.sequence);
    assert!(
        job.units.windows(2).all(|pair| pair[0].sequence + 1 == pair[1].sequence),
        "a picture is missing"
    );
    assert!(!job.interval.is_zero());
}

/// What is told of a stream is finite and above zero; 0 bits are told of empty pictures.
fn assert_makes_sense(feed: &Feed) {
    let Some(figures) = feed.figures() else { return };
    for figure in [figures.fps, figures.gop_s, figures.gop_over_s].into_iter().flatten() {
        assert!(figure.is_finite() && figure > 0.0, "{figures:?}");
    }
    assert!(figures.bitrate_kbps.is_none_or(|rate| rate.is_finite() && rate >= 0.0), "{figures:?}");
}

fn pictures_of(part: &Part) -> u32 {
    if let Part::Fragment { pictures, .. } = part { *pictures } else { 0 }
}

// === what it is given to ===

fn picture(unit: &AccessUnit, lost_packets: u64, camera_time: Option<Timestamp>) -> Picture {
    let (parameters, data) = (unit.parameters.clone(), unit.data.to_vec());
    Picture { pts: unit.pts, key: unit.key, parameters, data, lost_packets, camera_time }
}

fn feed_of(name: &str, budget: &Arc<RingBudget>, settings: &IngestSettings) -> Feed {
    let Ok(address) = Address::parse("rtsp://127.0.0.1/a") else { panic!("that is an address") };
    let source = CameraSource::new(camera(name), Generation(1), address);
    let health = CameraHealth::new(CameraState::Connecting, None, Timestamp::UNIX_EPOCH);
    let reporter = HealthBoard::default().enter(&source.id, health);
    let pace = Arc::new(CurrentPace::new(settings.sampling.pace()));
    Feed::new(source, None, reporter, budget.clone(), pace, settings)
}

fn camera(name: &str) -> CameraId {
    CameraId::new(name).unwrap_or_else(|error| panic!("{error}"))
}

fn start_gstreamer() {
    assert!(gstreamer::init().is_ok(), "GStreamer starts");
}

#[cfg(test)]
mod tests {
    use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};

    use super::*;

    /// The same inputs every time, so that the entries still fit the code and hold on ordinary days too.
    #[test]
    fn all_entries_hold_on_fixed_inputs() {
        let mut failed = Vec::new();
        for (name, entry, inputs) in ENTRIES {
            let mut random = StdRng::seed_from_u64(1);
            for n in 0..inputs {
                let mut data = vec![0; random.random_range(0..600)];
                random.fill_bytes(&mut data);
                if std::panic::catch_unwind(|| entry(&data)).is_err() {
                    failed.push((name, n));
                    break;
                }
            }
        }
        assert!(failed.is_empty(), "these entries fail, at these inputs: {failed:?}");
    }
}
