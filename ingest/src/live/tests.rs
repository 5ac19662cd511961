//! Live views of a feed that is given recorded pictures, read by another program's eyes.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::{
    FindFeed, LiveError, LiveEvent, LiveView, ViewedCameras,
    segmenter::{Made, SegmentError, Segmenter},
};
use crate::{
    Address, CameraId, CameraSource, CameraState, Generation, HealthBoard, IngestSettings,
    access_unit::AccessUnit,
    feed::Feed,
    health::CameraHealth,
    pace::CurrentPace,
    recording,
    ring::RingBudget,
    session::Picture,
    testing::video::{H264, H264_B, H265, H265_B, encode, has_ffmpeg, says},
};

const PATIENCE: Duration = Duration::from_secs(15);

/// A feed that another one can take the place of.
#[derive(Clone)]
struct Place(Arc<Mutex<Option<Arc<Feed>>>>);

impl Place {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(feed()))))
    }

    fn find(&self) -> FindFeed {
        let place = self.0.clone();
        Arc::new(move || place.lock().clone())
    }

    fn now(&self) -> Arc<Feed> {
        self.0.lock().clone().unwrap()
    }
}

fn id(name: &str) -> CameraId {
    CameraId::new(name).unwrap()
}

fn feed() -> Arc<Feed> {
    let address = Address::parse("rtsp://127.0.0.1/a").unwrap();
    let source = CameraSource::new(id("cam"), Generation(1), address);
    let health = CameraHealth::new(CameraState::Connecting, None, Timestamp::UNIX_EPOCH);
    let reporter = HealthBoard::default().enter(&source.id, health);
    let settings = IngestSettings::default();
    let pace = Arc::new(CurrentPace::new(settings.sampling.pace()));
    Arc::new(Feed::new(source, None, reporter, RingBudget::new(usize::MAX), pace, &settings))
}

/// Gives the feed one picture, as if it had just arrived.
fn give(feed: &Feed, unit: &AccessUnit) {
    let picture = Picture {
        pts: unit.pts,
        key: unit.key,
        parameters: unit.parameters.clone(),
        data: unit.data.to_vec(),
        lost_packets: 0,
        camera_time: None,
    };
    feed.take(picture, unit.received_at, &IngestSettings::default());
}

fn stream(folder: &Path, source: &str, options: &str) -> Vec<Arc<AccessUnit>> {
    gstreamer::init().unwrap();
    let file = encode(folder, "stream.mp4", source, options);
    recording::read(&file, &id("cam"), Timestamp::UNIX_EPOCH).unwrap()
}

async fn next(view: &mut LiveView) -> Result<LiveEvent, LiveError> {
    tokio::time::timeout(PATIENCE, view.next()).await.expect("something comes")
}

/// What a viewer got after one start.
struct Stretch {
    codecs: String,
    size: (u32, u32),
    file: Vec<u8>,
    pictures: usize,
    newest_at: Timestamp,
}

/// Adds what comes to `seen`, until that is `enough`.
async fn watch(view: &mut LiveView, seen: &mut Vec<Stretch>, enough: impl Fn(&[Stretch]) -> bool) {
    while !enough(seen) {
        match next(view).await.unwrap() {
            LiveEvent::Start { codecs, width, height, segment } => seen.push(Stretch {
                codecs,
                size: (width, height),
                file: segment.to_vec(),
                pictures: 0,
                newest_at: Timestamp::MIN,
            }),
            LiveEvent::Fragment { at, key, pictures, data } => {
                let stretch = seen.last_mut().expect("a start comes first");
                assert!(stretch.pictures > 0 || key, "it begins with a key picture");
                stretch.pictures += pictures as usize;
                stretch.newest_at = at;
                stretch.file.extend_from_slice(&data);
            }
            LiveEvent::Missed { pictures } => panic!("{pictures} missed"),
        }
    }
}

/// Whether these hold so many pictures in all.
fn so_many(pictures: usize) -> impl Fn(&[Stretch]) -> bool {
    move |seen| seen.iter().map(|stretch| stretch.pictures).sum::<usize>() >= pictures
}

/// Makes sure that a decoder has nothing to complain about, and gives the times at which pictures are shown.
fn shown_s(folder: &Path, data: &[u8]) -> Vec<f64> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let file = folder.join(format!("live-{}.mp4", COUNT.fetch_add(1, Relaxed)));
    std::fs::write(&file, data).unwrap();
    assert_eq!(says("ffmpeg", "-i FILE -f null -", &file).1, "");
    let (lines, complaints) = says("ffprobe", "-show_entries frame=pts_time -of csv=p=0 FILE", &file);
    assert_eq!(complaints, "");
    let times = lines.lines().map(|line| line.trim_end_matches(','));
    times.filter(|time| !time.is_empty()).map(|time| time.parse().unwrap()).collect()
}

/// Whatever the codec and the order of the pictures, and whether the view begins before or in the middle of the stream.
#[tokio::test]
async fn what_is_viewed_plays_in_order_and_without_a_complaint() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (options, codec) in [(H264, "avc1."), (H264_B, "avc1."), (H265, "hvc1."), (H265_B, "hvc1.")] {
        let units = stream(folder.path(), "testsrc2=s=320x240:r=15:d=2", options);
        let key = units.iter().rposition(|unit| unit.key).unwrap();
        for given_before in [0, 1, key, key + 5] {
            let (place, cameras) = (Place::new(), ViewedCameras::new(1));
            let (before, after) = units.split_at(given_before);
            before.iter().for_each(|unit| give(&place.now(), unit));
            let mut view = cameras.open(&id("cam"), place.find()).unwrap();
            after.iter().for_each(|unit| give(&place.now(), unit));
            // Once it has begun, the muxer gives out the last pictures when it knows that nothing follows them.
            // These are two, in one fragment.
            let (mut seen, last) = (Vec::new(), units[units.len() - 2].received_at);
            watch(&mut view, &mut seen, so_many(1)).await;
            place.now().restart(Timestamp::UNIX_EPOCH);
            give(&place.now(), &later(&units[0], 2));
            watch(&mut view, &mut seen, |seen| seen.last().is_some_and(|s| s.newest_at == last)).await;
            // One that began before the first picture out of order came has begun again.
            let stretch = seen.last().unwrap();
            assert!(stretch.codecs.starts_with(codec), "{}", stretch.codecs);
            assert_eq!(stretch.size, (320, 240));
            let shown = shown_s(folder.path(), &stretch.file);
            // Who begins at an open group in the middle of a stretch gets the pictures before it too, which a decoder
            // leaves out: they refer to what it has not seen.
            let leading = units[key + 1..].iter().take_while(|unit| unit.pts < units[key].pts).count();
            let left_out = stretch.pictures - shown.len();
            assert!(
                left_out == 0 || left_out == leading,
                "{options}, {given_before} before: {left_out} left out"
            );
            assert!(shown.len() + 3 >= units.len() - key, "{options}, {given_before} before");
            let steps: Vec<f64> = shown.windows(2).map(|two| two[1] - two[0]).collect();
            let even = steps.iter().all(|step| (step - 1.0 / 15.0).abs() < 0.005);
            assert!(even, "{options}, {given_before} before: {steps:?}");
        }
    }
}

#[test]
fn pictures_out_of_order_are_muxed_by_one_who_expects_them() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for options in [H264_B, H265_B] {
        let units = stream(folder.path(), "testsrc2=s=320x240:r=15:d=2", options);
        let mut unaware = Segmenter::new(units[0].parameters.clone(), false, |_| {}).unwrap();
        let found = units.iter().find_map(|unit| unaware.push(unit).err());
        assert!(matches!(found, Some(SegmentError::Reordered)), "{options}: {found:?}");

        let (file, pictures) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU32::new(0)));
        let (written, counted) = (file.clone(), pictures.clone());
        let made = move |made| match made {
            Made::Segment(data) => written.lock().extend_from_slice(&data),
            Made::Fragment { pictures, data, .. } => {
                counted.fetch_add(pictures, Relaxed);
                written.lock().extend_from_slice(&data);
            }
        };
        let mut segmenter = Segmenter::new(units[0].parameters.clone(), true, made).unwrap();
        for unit in &units {
            segmenter.push(unit).unwrap();
        }
        segmenter.finish();
        assert_eq!(pictures.load(Relaxed) as usize, units.len(), "{options}: the last ones come out too");
        let shown = shown_s(folder.path(), &file.lock());
        assert_eq!(shown.len(), units.len(), "{options}");
        let steps: Vec<f64> = shown.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(steps.iter().all(|step| (step - 1.0 / 15.0).abs() < 0.005), "{options}: {steps:?}");
    }
}

/// Other parameters, a reconnect: a new start, whose pictures are read without those before it.
#[tokio::test]
async fn a_stream_that_breaks_off_goes_on_with_a_new_start() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let small = stream(folder.path(), "testsrc2=s=320x240:r=15:d=2", H264);
    let large = stream(folder.path(), "testsrc2=s=640x480:r=15:d=2", H265);
    let (place, cameras) = (Place::new(), ViewedCameras::new(1));
    let mut view = cameras.open(&id("cam"), place.find()).unwrap();
    let (mut seen, mut given) = (Vec::new(), 0);
    for (units, reconnects) in [(&small, false), (&large, false), (&large, true)] {
        if reconnects {
            place.now().restart(Timestamp::UNIX_EPOCH);
        }
        let shift = given / 15;
        let (first, others) = units.split_at(5);
        first.iter().for_each(|unit| give(&place.now(), &later(unit, shift)));
        // A view begins at the newest key picture: this one before there is another.
        watch(&mut view, &mut seen, so_many(given + 3)).await;
        others.iter().for_each(|unit| give(&place.now(), &later(unit, shift)));
        given += units.len();
        // The last two come out when it is known that nothing follows them.
        watch(&mut view, &mut seen, so_many(given - 2)).await;
    }
    let [first, second, third] = &seen[..] else { panic!("{} starts", seen.len()) };
    assert_eq!((first.pictures, first.size), (small.len(), (320, 240)));
    assert_eq!((second.pictures, second.size), (large.len(), (640, 480)));
    assert_eq!((third.pictures, third.size), (large.len() - 2, (640, 480)));
    assert!(first.codecs.starts_with("avc1") && second.codecs.starts_with("hvc1"));
    for stretch in &seen {
        assert_eq!(shown_s(folder.path(), &stretch.file).len(), stretch.pictures);
    }
}

#[tokio::test]
async fn who_reads_too_late_is_told_what_was_missed_and_the_others_are_not() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let units = stream(folder.path(), "testsrc2=s=320x240:r=15:d=2", H264);
    let (place, cameras) = (Place::new(), ViewedCameras::new(1));
    let mut slow = cameras.open(&id("cam"), place.find()).unwrap();
    let mut quick = cameras.open(&id("cam"), place.find()).unwrap();
    let (mut seen, mut by_slow) = (Vec::new(), Vec::new());
    for unit in &units[..5] {
        give(&place.now(), unit);
    }
    watch(&mut quick, &mut seen, so_many(3)).await;
    watch(&mut slow, &mut by_slow, so_many(3)).await;
    // 20 s, a key picture every ten, each second given when the one before has come out.
    for second in 0..20 {
        let from = if second == 0 { 5 } else { 0 };
        for unit in &units[from..15] {
            // The recorded numbers of pictures do not matter: the feed numbers them as they come.
            let pts = unit.pts + Duration::from_secs(second);
            give(&place.now(), &AccessUnit { pts, ..later(unit, second as usize) });
        }
        watch(&mut quick, &mut seen, so_many(15 * (second as usize + 1) - 2)).await;
    }
    assert_eq!(seen.len(), 1, "one start");
    let LiveEvent::Missed { pictures } = next(&mut slow).await.unwrap() else { panic!("not told") };
    let LiveEvent::Fragment { key, at, .. } = next(&mut slow).await.unwrap() else { panic!("no fragment") };
    assert!(key, "it goes on with a key picture");
    // Key pictures are the first and the eleventh of every second.
    let newest_key = 19 * 15 + 10;
    assert_eq!(
        at,
        Timestamp::UNIX_EPOCH
            + SignedDuration::from_secs(19)
            + units[10].received_at.duration_since(Timestamp::UNIX_EPOCH)
    );
    assert_eq!(pictures, newest_key - 3);
}

#[tokio::test]
async fn of_a_camera_that_was_replaced_nothing_more_comes_and_of_one_removed_the_end() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let old = stream(folder.path(), "testsrc2=s=320x240:r=15:d=1", H264);
    let new = stream(folder.path(), "testsrc2=s=640x480:r=15:d=1", H264);
    let (place, cameras) = (Place::new(), ViewedCameras::new(1));
    let mut view = cameras.open(&id("cam"), place.find()).unwrap();
    old.iter().for_each(|unit| give(&place.now(), unit));
    // Of thirteen pictures that are there, only one was read.
    watch(&mut view, &mut Vec::new(), so_many(1)).await;
    let replacement = feed();
    new.iter().for_each(|unit| give(&replacement, unit));
    *place.0.lock() = Some(replacement);
    let mut seen = Vec::new();
    watch(&mut view, &mut seen, so_many(3)).await;
    assert_eq!(seen.iter().map(|stretch| stretch.size).collect::<Vec<_>>(), [(640, 480)]);
    *place.0.lock() = None;
    assert_eq!(next(&mut view).await, Err(LiveError::NoSuchCamera));
    assert_eq!(next(&mut view).await, Err(LiveError::NoSuchCamera), "an end is an end");
}

#[tokio::test]
async fn so_many_cameras_and_no_more_and_each_only_as_long_as_it_is_viewed() {
    let (place, cameras) = (Place::new(), ViewedCameras::new(2));
    let one = cameras.open(&id("one"), place.find()).unwrap();
    let another = cameras.open(&id("one"), place.find()).unwrap();
    let two = cameras.open(&id("two"), place.find()).unwrap();
    assert_eq!(cameras.open(&id("three"), place.find()).err(), Some(LiveError::TooManyCameras { max: 2 }));
    assert_eq!(cameras.open(&id("four"), Arc::new(|| None)).err(), Some(LiveError::NoSuchCamera));
    drop(one);
    drop(two);
    let three = async {
        loop {
            if let Ok(view) = cameras.open(&id("three"), place.find()) {
                return view;
            }
            tokio::task::yield_now().await;
        }
    };
    let three = tokio::time::timeout(PATIENCE, three).await.expect("the place of a camera nobody views");
    assert_eq!(cameras.count(), 2, "the first one still has a viewer");
    drop((another, three));
    let empty = async {
        while cameras.count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, empty).await.expect("nothing is left");
}

/// The same picture so many seconds later.
fn later(unit: &AccessUnit, seconds: usize) -> AccessUnit {
    let received_at = unit.received_at + SignedDuration::from_secs(seconds as i64);
    AccessUnit { received_at, ..unit.clone() }
}
