//! What the tests share: a clock to turn, a small street, and observations.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use gridwatch_alerts::{
    Actor, ActorRole, AlertId, CameraEntry, Cameras, Contact, Database, Desk, EvidencePlace,
    EvidenceSettings, EvidenceStore, GridRef, GridTree, Move, OpenError, Outcome, Policy, Position, Problems,
    Registry, Setup, Staff, Store,
};
use gridwatch_inference::{
    CrowdFinding, FallFinding, Finding, Observation, Phase,
    crowd::{Amount, CrowdLevel, Spoke},
    geometry::Rect,
};
use gridwatch_ingest::{CameraId, Clock, Generation};
use gridwatch_roster::{RungName, Zone};
use jiff::{Timestamp, tz::TimeZone};
use sqlx::{Connection, SqliteConnection};

pub const NOON: i64 = 1_800_000_000;

/// A clock that stands still until it is turned.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOON)))
    }

    pub fn clock(&self) -> Clock {
        let seconds = Arc::clone(&self.0);
        Clock::from_fn(move || at(seconds.load(Ordering::SeqCst) - NOON))
    }

    pub fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// So many seconds after noon.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOON + seconds).unwrap()
}

pub fn camera(id: &str) -> CameraId {
    CameraId::new(id).unwrap()
}

/// A street of two by two degrees, and in its south-western quarter a community.
pub fn street() -> GridTree {
    tree(&[("1", "street", None, 2.0), ("11", "community", Some("1"), 1.0)])
}

/// Grids with code, rank, parent and a square of so many degrees at the origin.
pub fn tree(grids: &[(&str, &str, Option<&str>, f64)]) -> GridTree {
    let square = |&(code, level, parent, size): &(&str, &str, Option<&str>, f64)| {
        serde_json::json!({
            "type": "Feature",
            "properties": { "code": code, "name": format!("网格 {code}"), "level": level, "parent": parent },
            "geometry": { "type": "Polygon", "coordinates": [[[0.0, 0.0], [size, 0.0], [size, size], [0.0, size], [0.0, 0.0]]] },
        })
    };
    let features: Vec<_> = grids.iter().map(square).collect();
    let collection = serde_json::json!({ "type": "FeatureCollection", "features": features });
    GridTree::parse(collection.to_string().as_bytes()).unwrap()
}

pub fn entry(id: &str, lon: f64, lat: f64) -> CameraEntry {
    CameraEntry {
        id: camera(id),
        name: format!("camera {id}"),
        short_name: None,
        code: None,
        position: Some(Position { lon, lat }),
        grid: None,
    }
}

/// Camera `a` in the community, camera `b` in the street only, camera `c` nowhere.
pub fn cameras() -> Arc<Cameras> {
    let entries = [entry("a", 0.5, 0.5), entry("b", 1.5, 1.5), entry("c", 5.0, 5.0)];
    Arc::new(Cameras::register(entries, &street()).unwrap())
}

pub async fn desk(folder: &Path, clock: &TestClock) -> Desk {
    desk_on(&crate::database(folder), clock).await
}

pub async fn desk_on(database: &Database, clock: &TestClock) -> Desk {
    desk_with(database, clock, Shift::default()).await
}

pub async fn desk_of(folder: &Path, clock: &TestClock, shift: Shift) -> Desk {
    desk_with(&crate::database(folder), clock, shift).await
}

/// The registry of a folder's database and a desk that goes by it, with the street's grids where there are none yet.
pub async fn registry(folder: &Path, clock: &TestClock) -> (Registry, Desk) {
    let store = open(&crate::database(folder)).await;
    let registry =
        Registry::open(store.clone(), &street(), Zone::default(), Vec::new(), clock.clock()).await.unwrap();
    let desk = Desk::open(store, cameras(), registry.setup().await, clock.clock()).await.unwrap();
    desk.regrid(registry.directory().await.grids());
    (registry, desk)
}

async fn open(database: &Database) -> Store {
    // A server notices a moment later that the session before has ended.
    loop {
        match Store::open(database).await {
            Err(OpenError::InUse { .. }) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

async fn desk_with(database: &Database, clock: &TestClock, shift: Shift) -> Desk {
    let store = open(database).await;
    Desk::open(store, cameras(), setup(shift), clock.clock()).await.unwrap()
}

/// Nobody but the seats' lead, unless a test says so.
#[derive(Clone, Debug, Default)]
pub struct Shift(pub HashMap<RungName, Vec<&'static str>>);

impl Shift {
    pub fn with(mut self, rung: RungName, people: &[&'static str]) -> Self {
        self.0.insert(rung, people.to_vec());
        self
    }
}

impl Staff for Shift {
    fn on_rung(&self, rung: RungName, _: &[GridRef], _: Timestamp) -> Vec<String> {
        self.0.get(&rung).into_iter().flatten().map(ToString::to_string).collect()
    }

    fn leads(&self, _: Timestamp) -> Vec<String> {
        vec!["lead".to_owned()]
    }

    fn supervisors(&self, level: u8, _: Timestamp) -> Vec<String> {
        vec![format!("supervisor {level}")]
    }

    fn liaisons(&self, department: &str, _: Timestamp) -> Vec<String> {
        vec![format!("liaison {department}")]
    }

    fn contact(&self, person: &str) -> Option<Contact> {
        Some(Contact { name: person.to_owned(), phone: None })
    }
}

pub fn setup(shift: Shift) -> Setup {
    Setup {
        policy: Arc::new(Policy::default()),
        staff: Arc::new(shift),
        routes: Arc::new([]),
        zone: TimeZone::get("Asia/Shanghai").unwrap(),
    }
}

pub fn actor(person: &str, role: ActorRole) -> Actor {
    Actor { person: Some(person.to_owned()), name: person.to_owned(), role, from: "test".to_owned() }
}

pub fn problems(clock: &TestClock) -> Problems {
    Problems::new(clock.clock())
}

/// Evidence in a folder, whose disk may be filled to the end.
pub async fn evidence_at(folder: &Path, desk: &Desk, problems: &Problems) -> EvidenceStore {
    let place = EvidencePlace::Folder(folder.to_owned());
    evidence_of(EvidenceSettings { keep_free: 0, ..EvidenceSettings::at(place) }, desk, problems).await
}

pub async fn evidence_of(settings: EvidenceSettings, desk: &Desk, problems: &Problems) -> EvidenceStore {
    EvidenceStore::open(settings, desk.clone(), problems.clone()).await.unwrap()
}

/// An alert about a fall.
pub async fn open_one(desk: &Desk) -> AlertId {
    match desk.observe(&seen("a", 1, Phase::Alert, LEFT)).await.unwrap() {
        Outcome::Opened(id) => id,
        other => panic!("not opened but {other:?}"),
    }
}

/// An alert that nobody has anything left to do with, its cause over.
pub async fn close_one(desk: &Desk, id: AlertId) {
    let dismiss = Move::Dismiss { reason: "a bag".to_owned() };
    desk.act(id, dismiss, actor("officer", ActorRole::DutyOfficer), None).await.unwrap();
    desk.end_unwatched(id).await.unwrap();
}

/// Two places in the picture that share nothing.
pub const LEFT: Rect = Rect::new(0.1, 0.6, 0.3, 0.7);
pub const RIGHT: Rect = Rect::new(0.7, 0.6, 0.9, 0.7);

pub fn seen(id: &str, incident: u64, phase: Phase, place: Rect) -> Observation {
    Observation {
        camera: camera(id),
        generation: Generation(0),
        finding: Finding::Fall(FallFinding { score: 0.8, share: 0.9, transitions: Vec::new() }),
        incident,
        phase,
        since: at(-10),
        at: at(0),
        place,
        judged: None,
        recorded: None,
    }
}

/// A crowd in a zone, `seconds` after noon.
pub fn crowd(
    id: &str,
    zone: &str,
    incident: u64,
    phase: Phase,
    level: CrowdLevel,
    density: f64,
) -> Observation {
    let finding = CrowdFinding {
        zone: zone.into(),
        level,
        amount: Amount::PerSquareMetre(density),
        heads: 40,
        peak: density,
        spoke: Spoke::Boxes,
        doubts: Vec::new(),
        forecast: None,
        held_back: None,
    };
    Observation { finding: Finding::Crowd(finding), ..seen(id, incident, phase, LEFT) }
}

/// A SQLite file as version 2 of the schema left it, with one alert that was open and one that was closed.
pub async fn older_database(path: &Path) {
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let old = sqlx::migrate::Migrator::new(Path::new("migrations/sqlite")).await.unwrap();
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    old.run_direct(Some(2), &mut connection, false).await.unwrap();
    for (id, state, closed, reason) in
        [(1, "closed", "\"2026-01-01T00:01:00Z\"", "\"upright\""), (2, "open", "null", "null")]
    {
        let alert = format!(
            r#"{{"id":{id},"seq":{id},"kind":"fall","level":2,"state":"{state}","camera":{{"id":"a","name":"A","short_name":"A","lon":null,"lat":null}},
            "grid":null,"grid_path":[],"since":"2026-01-01T00:00:00Z","opened_at":"2026-01-01T00:00:10Z","raised_at":null,
            "last_seen_at":"2026-01-01T00:00:50Z","closed_at":{closed},"close_reason":{reason},"updates":3,"score":0.5,"transitions":[],
            "crowd":null,"place":{{"x":0.1,"y":0.1,"width":0.2,"height":0.2}},"snapshot":{{"state":"failed","url":null,"error":"no_video"}},
            "clip":{{"state":"failed","url":null,"error":"no_video"}}}}"#
        );
        let statement = "INSERT INTO alerts (id, seq, camera_id, kind, state, level, opened_at, closed_at, evidence_pending, alert) \
                         VALUES ($1, $1, 'a', 'fall', $2, 2, '2026-01-01T00:00:10Z', $3, FALSE, $4)";
        let closed_at = (state == "closed").then_some("2026-01-01T00:01:00Z");
        let query = sqlx::query(statement).bind(id).bind(state).bind(closed_at).bind(&alert);
        query.execute(&mut connection).await.unwrap();
        let event = "INSERT INTO events (seq, alert_id, change, at, alert) VALUES ($1, $1, 'opened', '2026-01-01T00:00:10Z', $2)";
        sqlx::query(event).bind(id).bind(&alert).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}
