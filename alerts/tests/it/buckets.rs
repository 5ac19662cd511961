//! Evidence in a bucket: a receiver of this test's own that speaks enough S3, asks for signatures, fails, is slow and is full.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt;
use gridwatch_alerts::{
    Bucket, Desk, Difference, EVIDENCE_DISK_FULL, EVIDENCE_WRITE_FAILED, EvidenceFailure, EvidenceKind,
    EvidencePlace, EvidenceSettings, EvidenceState, EvidenceStore, Piece, Problems, Verifier,
};

use crate::support::{TestClock, close_one, desk, evidence_of, open_one, problems};

/// How the receiver answers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Well,
    Fails,
    Hangs,
    Full,
}

/// A storage that speaks enough S3 for one bucket, `street`.
#[derive(Clone)]
struct Receiver {
    objects: Arc<Mutex<BTreeMap<String, Bytes>>>,
    mood: Arc<Mutex<Mood>>,
    unsigned: Arc<Mutex<usize>>,
}

impl Receiver {
    async fn start() -> (Self, SocketAddr) {
        let receiver = Self {
            objects: Arc::default(),
            mood: Arc::new(Mutex::new(Mood::Well)),
            unsigned: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Router::new().fallback(answer).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, service).await });
        (receiver, address)
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn names(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }
}

async fn answer(State(receiver): State<Receiver>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 24).await.unwrap();
    if !is_signed(&parts.headers) {
        *receiver.unsigned.lock().unwrap() += 1;
        return error(StatusCode::FORBIDDEN, "AccessDenied");
    }
    let mood = *receiver.mood.lock().unwrap();
    match mood {
        Mood::Hangs => std::future::pending().await,
        Mood::Fails => return error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        Mood::Full if parts.method == Method::PUT => {
            return error(StatusCode::INSUFFICIENT_STORAGE, "XMinioStorageFull");
        }
        Mood::Well | Mood::Full => {}
    }
    let Some(key) = parts.uri.path().strip_prefix("/street") else {
        return error(StatusCode::NOT_FOUND, "NoSuchBucket");
    };
    let key = key.trim_start_matches('/').to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let mut objects = receiver.objects.lock().unwrap();
    match parts.method {
        Method::PUT => {
            objects.insert(key, body);
            ([(header::ETAG, "\"tag\"")], StatusCode::OK).into_response()
        }
        Method::POST if query.contains("delete") => {
            let text = String::from_utf8(body.to_vec()).unwrap();
            let keys = text.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
            let deleted: String = keys
                .map(|(key, _)| {
                    objects.remove(key);
                    format!("<Deleted><Key>{key}</Key></Deleted>")
                })
                .collect();
            format!("<DeleteResult>{deleted}</DeleteResult>").into_response()
        }
        Method::DELETE => {
            objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        Method::GET if query.contains("list-type=2") => list(&objects, &query),
        Method::GET | Method::HEAD => match objects.get(&key) {
            None => error(StatusCode::NOT_FOUND, "NoSuchKey"),
            Some(object) => part(object, &parts.headers),
        },
        _ => error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
    }
}

/// AWS Signature Version 4: the key's id, the region and the service are named, and there is a signature of 64 digits.
fn is_signed(headers: &HeaderMap) -> bool {
    let Some(said) = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let signature = said.rsplit("Signature=").next().unwrap_or_default();
    said.starts_with("AWS4-HMAC-SHA256 Credential=AKIDTEST/")
        && said.contains("/local-1/s3/aws4_request")
        && signature.len() == 64
        && headers.contains_key("x-amz-date")
        && headers.contains_key("x-amz-content-sha256")
}

fn list(objects: &BTreeMap<String, Bytes>, query: &str) -> Response {
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or_default();
    let prefix = prefix.replace("%2F", "/");
    let found: String = objects
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix))
        .map(|(key, object)| {
            format!(
                "<Contents><Key>{key}</Key><Size>{}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
                 <ETag>tag</ETag></Contents>",
                object.len()
            )
        })
        .collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>").into_response()
}

fn part(object: &Bytes, headers: &HeaderMap) -> Response {
    let common = [(header::ETAG, "\"tag\""), (header::LAST_MODIFIED, "Thu, 01 Jan 2026 00:00:00 GMT")];
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
    let Some((from, to)) = range.and_then(|range| range.split_once('-')) else {
        return (common, object.clone()).into_response();
    };
    let (from, to) = (from.parse::<usize>().unwrap(), to.parse::<usize>().unwrap().min(object.len() - 1));
    let range = format!("bytes {from}-{to}/{}", object.len());
    (StatusCode::PARTIAL_CONTENT, common, [(header::CONTENT_RANGE, range)], object.slice(from..=to))
        .into_response()
}

fn error(status: StatusCode, code: &str) -> Response {
    (status, format!("<Error><Code>{code}</Code><Message>no</Message></Error>")).into_response()
}

fn bucket(folder: &Path, address: SocketAddr) -> Bucket {
    let credentials = folder.join("credentials");
    std::fs::write(&credentials, "aws_access_key_id = AKIDTEST\naws_secret_access_key = s3cr3t\n").unwrap();
    Bucket {
        endpoint: Some(format!("http://{address}").parse().unwrap()),
        region: "local-1".into(),
        credentials: Some(credentials),
        timeout: Duration::from_secs(2),
        ..Bucket::parse("s3://street/evidence").unwrap()
    }
}

struct Scene {
    receiver: Receiver,
    place: EvidencePlace,
    desk: Desk,
    board: Problems,
    clock: TestClock,
}

impl Scene {
    async fn start(folder: &Path) -> Self {
        let (receiver, address) = Receiver::start().await;
        let clock = TestClock::new();
        let place = EvidencePlace::S3(Box::new(bucket(folder, address)));
        Self { receiver, place, desk: desk(folder, &clock).await, board: problems(&clock), clock }
    }

    async fn evidence(&self) -> EvidenceStore {
        evidence_of(EvidenceSettings::at(self.place.clone()), &self.desk, &self.board).await
    }

    fn codes(&self) -> Vec<&'static str> {
        self.board.list().into_iter().map(|problem| problem.code).collect()
    }
}

const CLIP: EvidenceKind = EvidenceKind::Clip;
const SNAPSHOT: EvidenceKind = EvidenceKind::Snapshot;

fn clip() -> Piece {
    Piece::new(CLIP, b"0123456789".to_vec())
}

#[tokio::test]
async fn a_bucket_keeps_serves_verifies_and_deletes_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    let evidence = scene.evidence().await;
    let id = open_one(&scene.desk).await;
    assert_eq!(evidence.store(id, clip()).await.unwrap(), EvidenceState::Ready);
    assert_eq!(
        evidence.store(id, Piece::new(SNAPSHOT, b"jpeg".to_vec())).await.unwrap(),
        EvidenceState::Ready
    );
    let files =
        ["clip.mp4", "manifest.json", "snapshot.jpg"].map(|name| format!("evidence/2027-01/1/{name}"));
    assert_eq!(scene.receiver.names(), files);
    assert!(scene.codes().is_empty());

    let alert = scene.desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(evidence.size(&alert, CLIP).await.unwrap(), Some(10));
    let part = evidence.part(&alert, CLIP, 2..5).await.unwrap().unwrap().into_stream();
    assert_eq!(part.try_collect::<Vec<_>>().await.unwrap().concat(), b"234");
    assert_eq!(evidence.size(&alert, EvidenceKind::Step(1)).await.unwrap(), None);

    let verifier = Verifier::new(&scene.place, scene.desk.store().clone()).unwrap();
    let verdict = verifier.verify(id).await.unwrap();
    assert_eq!((verdict.files, verdict.differences), (2, vec![]));
    scene.receiver.objects.lock().unwrap().insert(files[0].clone(), "0123456780".into());
    let verdict = verifier.verify(id).await.unwrap();
    assert!(matches!(&verdict.differences[..], [Difference::FileDiffers { .. }]), "{verdict:?}");

    close_one(&scene.desk, id).await;
    scene.clock.turn(31 * 24 * 3600);
    assert_eq!(evidence.delete_expired().await.unwrap(), 1);
    assert!(scene.receiver.names().is_empty());
    assert_eq!(*scene.receiver.unsigned.lock().unwrap(), 0, "a request without a signature");
}

#[tokio::test]
async fn a_bucket_that_is_full_is_said_and_the_alert_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    let evidence = scene.evidence().await;
    let id = open_one(&scene.desk).await;
    scene.receiver.set(Mood::Full);
    assert_eq!(evidence.store(id, clip()).await.unwrap(), EvidenceState::Failed);
    assert_eq!(scene.codes(), [EVIDENCE_DISK_FULL]);
    let alert = scene.desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(alert.clip.error, Some(EvidenceFailure::DiskFull));
    assert!(scene.receiver.names().is_empty(), "no file without its manifest");
    scene.receiver.set(Mood::Well);
    assert_eq!(evidence.store(id, clip()).await.unwrap(), EvidenceState::Ready);
    assert!(scene.codes().is_empty());
}

#[tokio::test]
async fn a_bucket_that_fails_or_hangs_stops_no_start_and_no_alert() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    let id = open_one(&scene.desk).await;
    for mood in [Mood::Fails, Mood::Hangs] {
        scene.receiver.set(mood);
        let evidence = scene.evidence().await;
        assert_eq!(scene.codes(), [EVIDENCE_WRITE_FAILED], "at start, {mood:?}");
        assert_eq!(evidence.store(id, clip()).await.unwrap(), EvidenceState::Failed, "{mood:?}");
        let alert = scene.desk.store().alert(id).await.unwrap().unwrap();
        assert_eq!(alert.clip.error, Some(EvidenceFailure::WriteFailed), "{mood:?}");
        assert_eq!(scene.codes(), [EVIDENCE_WRITE_FAILED], "{mood:?}");
        assert!(evidence.delete_expired().await.is_ok(), "nothing is over its time");
        scene.receiver.set(Mood::Well);
        assert_eq!(evidence.store(id, clip()).await.unwrap(), EvidenceState::Ready, "{mood:?}");
        assert!(scene.codes().is_empty(), "{mood:?}");
    }
}

/// The name of the bucket is told, its key is not.
#[tokio::test]
async fn a_wrong_key_is_told_without_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    std::fs::write(
        folder.path().join("credentials"),
        "aws_access_key_id=OTHER\naws_secret_access_key=s3cr3t",
    )
    .unwrap();
    drop(scene.evidence().await);
    let [problem] = &scene.board.list()[..] else { panic!("no problem") };
    assert_eq!((problem.code, problem.detail.as_str()), (EVIDENCE_WRITE_FAILED, "s3://street/evidence"));
    assert!(*scene.receiver.unsigned.lock().unwrap() > 0);
}
