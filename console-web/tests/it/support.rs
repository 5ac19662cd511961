//! What the tests share: a console on a port of its own, and a client that hides nothing.

use std::{net::SocketAddr, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc, time::Duration};

use futures::StreamExt;
use gridwatch_alerts::{
    Actor, ActorRole, AlertId, CameraEntry, Cameras, Database, Desk, DrillOrder, Drills, EvidenceKind,
    EvidencePlace, EvidenceSettings, EvidenceStore, GridTree, Outcome, PictureLinks, Piece, Position,
    Problems, Registry, Store, roster::Zone,
};
use gridwatch_channels::{Http, HttpLimits, PushServer, VapidKeys};
use gridwatch_console::Parts;
use gridwatch_inference::{
    CrowdFinding, FallFinding, Finding, Observation, Phase,
    crowd::{Amount, CrowdLevel, Spoke},
    geometry::Rect,
};
use gridwatch_ingest::{CameraId, Clock, Generation, Ingest, IngestSettings};
use jiff::tz::TimeZone;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};
use tokio_util::sync::CancellationToken;

/// Nothing on one machine takes this long; what does is broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Console {
    pub address: SocketAddr,
    pub desk: Desk,
    pub evidence: EvidenceStore,
    pub drills: Drills,
    pub links: PictureLinks,
    pub problems: Problems,
    pub ingest: Ingest,
    pub shutdown: CancellationToken,
    pub serving: JoinHandle<std::io::Result<()>>,
    /// Drills that were ordered: nobody plays them.
    pub orders: mpsc::Receiver<DrillOrder>,
    folder: TempDir,
}

/// An answer over HTTP/1.1, headers in lower case.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

pub type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Console {
    /// One camera, one street, no alert.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::system();
        let grids = street();
        let entry = CameraEntry {
            id: CameraId::new("cam-1").unwrap(),
            name: "West gate".to_owned(),
            short_name: None,
            code: None,
            position: Some(Position { lon: 0.5, lat: 0.5 }),
            grid: None,
        };
        let cameras = Arc::new(Cameras::register([entry], &grids).unwrap());
        let store = Store::open(&Database::Sqlite(folder.path().join("gridwatch.db"))).await.unwrap();
        let registry =
            Registry::open(store.clone(), &grids, Zone::default(), Vec::new(), clock.clone()).await.unwrap();
        let desk = Desk::open(store, cameras, registry.setup().await, clock.clone()).await.unwrap();
        let problems = Problems::new(clock.clone());
        let key = folder.path().join("key");
        std::fs::write(&key, "5a".repeat(32)).unwrap();
        std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
        let place = EvidencePlace::Folder(folder.path().join("evidence"));
        let settings = EvidenceSettings { keep_free: 0, originals: Some(key), ..EvidenceSettings::at(place) };
        let evidence = EvidenceStore::open(settings, desk.clone(), problems.clone()).await.unwrap();
        let clips = folder.path().join("drills");
        std::fs::create_dir(&clips).unwrap();
        std::fs::write(clips.join("fall.mp4"), b"a clip").unwrap();
        let (drills, orders) = Drills::open(desk.clone(), clips, true).await.unwrap();
        let base = Some("https://street.example/".parse().unwrap());
        let links = PictureLinks::new(base, &mut StdRng::seed_from_u64(1));
        let keys = VapidKeys::generate(&mut StdRng::seed_from_u64(2));
        let http = Http::new(HttpLimits::default()).unwrap();
        let push = PushServer::new(http, TimeZone::UTC, keys, "mailto:duty@street.example", false).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ingest = Ingest::new(IngestSettings::default(), clock.clone()).unwrap();
        let parts = Parts {
            desk: desk.clone(),
            evidence: evidence.clone(),
            drills: drills.clone(),
            links: links.clone(),
            push: Some(push),
            problems: problems.clone(),
            registry,
            ingest: ingest.clone(),
            clock,
        };
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(gridwatch_console::serve(listener, parts, shutdown.clone()));
        Self { address, desk, evidence, drills, links, problems, ingest, shutdown, serving, orders, folder }
    }

    /// Stores a piece of evidence.
    pub async fn store(&self, id: AlertId, kind: EvidenceKind, bytes: &[u8]) {
        self.evidence.store(id, Piece::new(kind, bytes.to_vec())).await.unwrap();
    }

    /// Where a file of the first alert's evidence is.
    pub fn evidence_file(&self, name: &str) -> PathBuf {
        let month = std::fs::read_dir(self.folder.path().join("evidence")).unwrap().next().unwrap().unwrap();
        month.path().join("1").join(name)
    }

    pub async fn see(&self, incident: u64, phase: Phase) -> Outcome {
        self.desk.observe(&self.observation(incident, phase)).await.unwrap()
    }

    fn observation(&self, incident: u64, phase: Phase) -> Observation {
        let now = jiff::Timestamp::UNIX_EPOCH;
        Observation {
            camera: CameraId::new("cam-1").unwrap(),
            generation: Generation(0),
            finding: Finding::Fall(FallFinding { score: 0.9, share: 1.0, transitions: Vec::new() }),
            incident,
            phase,
            since: now,
            at: now,
            place: Rect::new(0.1, 0.1, 0.2, 0.2),
            judged: None,
            recorded: None,
        }
    }

    /// A drill that nobody plays; its id.
    pub async fn begin_drill(&self) -> String {
        let (person, name, from) = (Some("wang".to_owned()), "wang".to_owned(), "test".to_owned());
        let by = Actor { person, name, role: ActorRole::DutyOfficer, from };
        let begun = self.drills.begin("cam-1".to_owned(), "fall.mp4".to_owned(), "practice".to_owned(), by);
        begun.await.unwrap().id
    }

    /// A crowd that rose once.
    pub async fn open_raised_crowd(&self) -> AlertId {
        let mut opened = None;
        for (second, phase, level) in
            [(0, Phase::Alert, CrowdLevel::Attention), (1, Phase::LevelUp, CrowdLevel::Danger)]
        {
            let at = jiff::Timestamp::from_second(second).unwrap();
            let finding = Finding::Crowd(CrowdFinding {
                zone: "gate".into(),
                level,
                amount: Amount::PerSquareMetre(5.5),
                heads: 40,
                peak: 5.5,
                spoke: Spoke::Boxes,
                doubts: Vec::new(),
                forecast: None,
                held_back: None,
            });
            let observation = Observation { finding, phase, at, ..self.observation(1, phase) };
            match self.desk.observe(&observation).await.unwrap() {
                Outcome::Opened(id) => opened = Some(id),
                outcome => assert!(matches!(outcome, Outcome::Raised(_, 1)), "{outcome:?}"),
            }
        }
        opened.unwrap()
    }

    pub async fn open_alert(&self, incident: u64) -> AlertId {
        match self.see(incident, Phase::Alert).await {
            Outcome::Opened(id) => id,
            other => panic!("not opened but {other:?}"),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "").await
    }

    /// Sends the path exactly as it is; a well-mannered client would tidy it up first.
    pub async fn request(&self, method: &str, path: &str, headers: &str) -> Answer {
        self.send(method, path, headers, b"").await
    }

    /// POSTs `body`; what it is, the headers have to say.
    pub async fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        let headers = format!("Content-Length: {}\r\n{headers}", body.len());
        self.send("POST", path, &headers, body.as_bytes()).await
    }

    /// POSTs a file that is said to be of this type.
    pub async fn upload(&self, path: &str, media_type: &str, file: &[u8]) -> Answer {
        let headers = format!(
            "Content-Length: {}\r\nContent-Type: {media_type}\r\nAccept-Language: en\r\n",
            file.len()
        );
        self.send("POST", path, &headers, file).await
    }

    async fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut bytes = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
        Answer::parse(&bytes)
    }

    /// A client of the socket that has read nothing yet.
    pub async fn connect(&self, query: &str) -> Client {
        let url = format!("ws://{}/api/events{query}", self.address);
        let (client, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        client
    }

    /// A client from the first change on, whose side of the connection holds next to nothing.
    pub async fn connect_with_small_window(&self) -> WebSocketStream<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let stream = socket.connect(self.address).await.unwrap();
        let url = format!("ws://{}/api/events?after=0", self.address);
        let (client, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
        client
    }
}

impl Answer {
    pub fn parse(bytes: &[u8]) -> Self {
        let end_of_head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end_of_head].to_vec()).unwrap().to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: bytes[end_of_head + 4..].to_vec() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// The next message of this type; others are passed over.
pub async fn next<S>(client: &mut WebSocketStream<S>, kind: &str) -> Value
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    next_of(client, &[kind]).await
}

/// The next message of one of these types.
pub async fn next_of<S>(client: &mut WebSocketStream<S>, kinds: &[&str]) -> Value
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let found = timeout(PATIENCE, async {
        loop {
            if let Message::Text(text) = client.next().await.unwrap().unwrap() {
                let message: Value = serde_json::from_str(&text).unwrap();
                if kinds.iter().any(|kind| message["type"] == *kind) {
                    return message;
                }
            }
        }
    });
    found.await.unwrap()
}

fn street() -> GridTree {
    let ring = json!([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]);
    let street = json!({
        "type": "Feature",
        "properties": { "code": "1", "name": "Canal street", "level": "street", "parent": null },
        "geometry": { "type": "Polygon", "coordinates": [ring] },
    });
    let collection = json!({ "type": "FeatureCollection", "features": [street] });
    GridTree::parse(collection.to_string().as_bytes()).unwrap()
}
