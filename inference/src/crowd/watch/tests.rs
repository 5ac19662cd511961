use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::*;
use crate::{
    crowd::{CrowdSettings, CrowdZone, Doubt, Spoke},
    detection::{Head, View},
    geometry::Part,
    ground::{Calibration, GroundPoint, Zone},
    testing,
};

const SIZE: (u32, u32) = (640, 360);

/// Models that see what a test puts before them.
#[derive(Default)]
struct Models {
    /// Whole people; a tile shows those who lie in it.
    people: Vec<Detection>,
    heads: Option<(Spoke, Vec<Head>)>,
    fails: bool,
    tiles: AtomicU64,
    asked_for_heads: AtomicU64,
}

impl Counting for Models {
    async fn boxes(&self, _: &Frame, part: Part) -> Result<Vec<Detection>, DetectError> {
        self.tiles.fetch_add(1, Relaxed);
        if self.fails {
            return Err(DetectError::Overloaded);
        }
        let inside =
            |person: &&Detection| person.rect.intersection(&part.rect()).area() >= person.rect.area();
        Ok(self.people.iter().filter(inside).copied().collect())
    }

    fn has_own_boxes(&self) -> bool {
        false
    }

    fn heads_by(&self) -> Option<Spoke> {
        self.heads.as_ref().map(|(spoke, _)| *spoke)
    }

    async fn heads(&self, _: &Frame) -> Result<Vec<Head>, DetectError> {
        self.asked_for_heads.fetch_add(1, Relaxed);
        Ok(self.heads.iter().flat_map(|(_, heads)| heads.clone()).collect())
    }
}

/// `count` people in rows, so many pixels high, in the middle of the picture.
fn people(count: usize, height: f32) -> Vec<Detection> {
    let person = |i: usize| {
        let (x, y) = (60.0 + 26.0 * (i % 20) as f32, 130.0 + 25.0 * (i / 20) as f32);
        let rect = Rect::new(x, y, x + 0.4 * height, y + height);
        Detection { rect, score: 0.6, view: View::Upright }
    };
    (0..count).map(person).collect()
}

/// All of the picture, seen from straight above: 40 pixels are a metre.
fn square(name: &str) -> CrowdPlace {
    let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    let points = corners.map(|c| GroundPoint { picture: c, ground: [16.0 * c[0], 9.0 * c[1]] });
    let zone = CrowdZone::calibrated(Zone::whole_picture(), Calibration::fit(&points).unwrap()).unwrap();
    CrowdPlace { name: name.into(), zone, settings: CrowdSettings::default() }
}

/// All of the picture, of which no more is known.
fn anywhere(name: &str) -> CrowdPlace {
    let zone = CrowdZone::uncalibrated(Zone::whole_picture());
    CrowdPlace { name: name.into(), zone, settings: CrowdSettings::default() }
}

/// So many people on one square metre after the other, three by three of them.
fn packed(per_metre: usize) -> Vec<[f32; 2]> {
    let place = |i: usize| {
        let (metre, of) = (i / per_metre, i % per_metre);
        let (x, y) = (40.0 * (metre % 3) as f32, 40.0 * (metre / 3) as f32);
        [300.0 + x + 6.0 * (of % 6) as f32, 150.0 + y + 6.0 * (of / 6) as f32]
    };
    (0..9 * per_metre).map(place).collect()
}

/// People with their feet there, large enough not to need tiles.
fn standing(feet: &[[f32; 2]]) -> Vec<Detection> {
    let person = |[x, y]: &[f32; 2]| Detection {
        rect: Rect::new(x - 10.0, y - 90.0, x + 10.0, *y),
        score: 0.6,
        view: View::Upright,
    };
    feet.iter().map(person).collect()
}

/// A camera and its time.
struct Scene {
    watch: CrowdWatch,
    now: Timestamp,
    passes: u64,
}

impl Scene {
    fn new(places: Vec<CrowdPlace>) -> Self {
        Self { watch: CrowdWatch::new(places, 1), now: Timestamp::UNIX_EPOCH, passes: 0 }
    }

    fn frame(&self) -> Frame {
        let mut frame = testing::frame("cam", SIZE.0, SIZE.1, [90; 3]);
        frame.captured_at = self.now;
        frame
    }

    /// A look every second for so long, at which the model that looks at every frame sees `whole`.
    async fn play(&mut self, seconds: i64, whole: &[Detection], models: &Models) -> Vec<(i64, Observation)> {
        let mut told = Vec::new();
        for second in 0..seconds {
            let looked = self.watch.look(&self.frame(), whole, false, models).await;
            assert_eq!(looked.failed.is_some(), models.fails && models.tiles.swap(0, Relaxed) > 0);
            self.passes += looked.passes;
            told.extend(looked.observations.into_iter().map(|observation| (second, observation)));
            self.now += SignedDuration::from_secs(1);
        }
        told
    }
}

/// When something changed, and what there was: not that it goes on.
fn changes(told: &[(i64, Observation)]) -> Vec<(i64, Phase, CrowdLevel)> {
    let told =
        told.iter().map(|(second, observation)| (*second, observation.phase, finding(observation).level));
    told.filter(|(_, phase, _)| *phase != Phase::Ongoing).collect()
}

fn finding(observation: &Observation) -> &CrowdFinding {
    match &observation.finding {
        Finding::Crowd(crowd) => crowd,
        Finding::Fall(_) => panic!("a fall"),
    }
}

const ENDED: Phase = Phase::Ended(EndReason::Dispersed);

#[tokio::test]
async fn a_gathering_begins_lasts_and_ends() {
    let mut scene = Scene::new(vec![anywhere("gate")]);
    let models = Models::default();
    let told = scene.play(41, &people(25, 90.0), &models).await;
    assert_eq!(changes(&told), [(30, Phase::Alert, CrowdLevel::Gathering)]);
    let (_, first) = &told[0];
    let found = finding(first);
    assert_eq!((&*found.zone, found.amount, found.spoke), ("gate", Amount::Heads(25), Spoke::Boxes));
    assert_eq!(first.judged.as_ref().unwrap().upright.len(), 25);
    assert_eq!(told.len(), 3, "and goes on every 5 s");
    assert_eq!(scene.watch.attention(), Attention::Alarm);
    let told = scene.play(80, &[], &models).await;
    assert_eq!(changes(&told), [(60, ENDED, CrowdLevel::Gathering)]);
    assert_eq!(scene.watch.attention(), Attention::None);
    assert_eq!(scene.passes, 0, "people who are large are seen for nothing");
}

#[tokio::test]
async fn small_people_are_looked_at_closely_and_no_more_than_is_worth_it() {
    let mut scene = Scene::new(vec![anywhere("gate")]);
    let crowd = Models { people: people(45, 30.0), ..Models::default() };
    // In the whole picture one in three is seen at one look, nobody at the next.
    let mut told = Vec::new();
    for _ in 0..30 {
        told.extend(scene.play(1, &crowd.people[..15], &crowd).await);
        told.extend(scene.play(1, &[], &crowd).await);
    }
    assert_eq!(changes(&told).len(), 1);
    assert_eq!(finding(&told[0].1).amount, Amount::Heads(45));
    assert!((100..=124).contains(&scene.passes), "4 tiles in 2 s, not {} in 60 s", scene.passes);
    assert_eq!(told[0].1.judged.as_ref().unwrap().upright.len(), 45, "all heads are masked");
}

#[tokio::test]
async fn an_empty_square_costs_nothing_and_a_few_small_people_little() {
    let mut scene = Scene::new(vec![anywhere("gate")]);
    let models = Models { people: people(45, 30.0), ..Models::default() };
    assert_eq!(scene.play(300, &[], &models).await.len(), 0);
    assert_eq!(scene.passes, 0);
    // One is seen in the whole picture; the rest are found all the same, a minute later at the latest.
    let told = scene.play(100, &models.people[..1], &models).await;
    assert_eq!(changes(&told).len(), 1);
    let few = Models { people: people(2, 30.0), ..Models::default() };
    let mut quiet = Scene::new(vec![anywhere("gate")]);
    quiet.play(300, &few.people, &few).await;
    assert_eq!(quiet.passes, 4 * 5, "once a minute");
}

#[tokio::test]
async fn a_picture_that_stays_the_same_is_looked_at_closely_once() {
    let mut scene = Scene::new(vec![anywhere("gate")]);
    let models = Models { people: people(45, 30.0), ..Models::default() };
    let mut told = scene.play(1, &models.people[..15], &models).await;
    for _ in 0..50 {
        let looked = scene.watch.look(&scene.frame(), &models.people[..15], true, &models).await;
        assert_eq!(looked.passes, 0);
        told.extend(looked.observations.into_iter().map(|one| (0, one)));
        scene.now += SignedDuration::from_secs(1);
    }
    assert_eq!(changes(&told).len(), 1);
    assert_eq!(models.tiles.load(Relaxed), 4);
}

#[tokio::test]
async fn above_two_per_square_metre_heads_are_counted_where_there_is_a_model_for_it() {
    let boxes = standing(&packed(3));
    let mut without = Scene::new(vec![square("steps")]);
    let told = without.play(40, &boxes, &Models::default()).await;
    assert_eq!(changes(&told), [(30, Phase::Alert, CrowdLevel::Attention)]);
    let found = finding(&told[0].1);
    assert_eq!((found.spoke, &found.doubts[..]), (Spoke::Boxes, &[Doubt::BoxesHideBoxes][..]));

    let heads = packed(7).iter().map(|[x, y]| Head { x: *x, y: *y, weight: 1.0 }).collect();
    let models = Models { heads: Some((Spoke::Points, heads)), ..Models::default() };
    let mut with = Scene::new(vec![square("steps")]);
    let told = with.play(40, &boxes, &models).await;
    assert_eq!(changes(&told), [(6, Phase::Alert, CrowdLevel::Critical)]);
    let (_, first) = &told[0];
    let found = finding(first);
    assert_eq!((found.spoke, &found.doubts[..], found.heads), (Spoke::Points, &[][..], 63));
    assert_eq!(first.judged.as_ref().unwrap().heads.len(), 63, "all heads are masked");
    // Where boxes are few, nobody asks for heads.
    let asked = models.asked_for_heads.load(Relaxed);
    let told = with.play(90, &standing(&packed(3)[..6]), &models).await;
    assert_eq!(changes(&told).last().map(|last| last.1), Some(ENDED));
    assert!(models.asked_for_heads.load(Relaxed) <= asked + 1);
}

#[tokio::test]
async fn a_model_that_sees_fewer_heads_than_there_are_boxes_is_not_believed() {
    let heads = Some((Spoke::DensityMap, vec![Head { x: 310.0, y: 160.0, weight: 2.0 }]));
    let models = Models { heads, ..Models::default() };
    let mut scene = Scene::new(vec![square("steps")]);
    let told = scene.play(40, &standing(&packed(3)), &models).await;
    assert_eq!(changes(&told), [(30, Phase::Alert, CrowdLevel::Attention)]);
    assert_eq!(finding(&told[0].1).spoke, Spoke::Boxes);
}

#[tokio::test]
async fn what_the_camera_cannot_see_is_not_judged_and_an_open_crowd_says_so() {
    let mut scene = Scene::new(vec![anywhere("gate")]);
    let (crowd, models) = (people(25, 90.0), Models::default());
    assert_eq!(changes(&scene.play(31, &crowd, &models).await).len(), 1);
    let mut told = Vec::new();
    for _ in 0..300 {
        told.extend(scene.watch.hold_back(HeldBack::Moved, &scene.frame()));
        scene.now += SignedDuration::from_secs(1);
    }
    let [held] = &told[..] else { panic!("told once, not {}", told.len()) };
    assert_eq!((held.phase, finding(held).held_back), (Phase::Ongoing, Some(HeldBack::Moved)));
    assert_eq!(finding(held).amount, Amount::Heads(25));
    let told = scene.play(1, &crowd, &models).await;
    let [(0, again)] = &told[..] else { panic!("told at once") };
    assert_eq!((again.phase, finding(again).held_back), (Phase::Ongoing, None));
    let mut quiet = Scene::new(vec![anywhere("gate")]);
    assert!(quiet.watch.hold_back(HeldBack::Black, &quiet.frame()).is_empty(), "no crowd, no word");
}

#[tokio::test]
async fn a_closer_look_that_fails_ends_nothing() {
    let mut scene = Scene::new(vec![anywhere("gate")]);
    let mut models = Models { people: people(45, 30.0), ..Models::default() };
    assert_eq!(changes(&scene.play(40, &models.people[..15], &models).await).len(), 1);
    models.fails = true;
    models.tiles.store(0, Relaxed);
    assert_eq!(changes(&scene.play(200, &[], &models).await), []);
    models.fails = false;
    assert_eq!(changes(&scene.play(10, &models.people[..15], &models).await), []);
}

#[tokio::test]
async fn a_crowd_from_before_a_restart_goes_on_and_its_end_is_noticed() {
    let mut scene = Scene::new(vec![anywhere("gate"), square("steps")]);
    let since = scene.now - SignedDuration::from_mins(9);
    for (zone, level, peak) in [("steps", CrowdLevel::Danger, 5.5), ("gone", CrowdLevel::Warning, 4.0)] {
        scene.watch.resume(OpenCrowd { zone: zone.to_owned(), level, since, peak });
    }
    let told = scene.play(80, &[], &Models::default()).await;
    assert_eq!(changes(&told), [(60, ENDED, CrowdLevel::Danger)]);
    let (_, ended) = told.last().unwrap();
    assert_eq!((ended.since, finding(ended).peak, &*finding(ended).zone), (since, 5.5, "steps"));
}

#[tokio::test]
async fn each_zone_speaks_for_itself() {
    let mut scene = Scene::new(vec![anywhere("gate"), square("steps")]);
    let told = scene.play(40, &standing(&packed(4)), &Models::default()).await;
    let zones: Vec<(i64, &str)> = told
        .iter()
        .filter(|(_, one)| one.phase == Phase::Alert)
        .map(|(second, one)| (*second, &*finding(one).zone))
        .collect();
    assert_eq!(zones, [(15, "steps"), (30, "gate")]);
}
