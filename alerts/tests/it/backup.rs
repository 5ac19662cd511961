//! A backup made while the desk works, restored, and worked on; and files and databases that are refused.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use gridwatch_alerts::{
    ActorRole, Alert, AlertFilter, AlertId, BackupError, CameraDay, Database, Desk, DocumentKind, Happening,
    LinkKind, Move, OpenError, Recorder, Store, backup, restore, send_canary,
};
use gridwatch_inference::Phase;
use serde_json::Value;

use crate::support::{LEFT, RIGHT, TestClock, actor, at, camera, desk_on, problems, seen, street};

const ALL: AlertFilter = AlertFilter { open: None, lasting: None, state: None, before: None, limit: 10_000 };

/// The desk of a database with alerts in several states, a document in two versions, and grids.
pub async fn busy_desk(database: &Database, clock: &TestClock) -> Desk {
    let desk = desk_on(database, clock).await;
    for incident in 0..3 {
        desk.observe(&seen("a", incident, Phase::Alert, LEFT)).await.unwrap();
        desk.observe(&seen("b", incident, Phase::LongLie, RIGHT)).await.unwrap();
    }
    desk.act(AlertId(1), Move::Confirm, actor("孙\"'\n\u{7f}😀", ActorRole::DutyOfficer), None)
        .await
        .unwrap();
    desk.act(AlertId(1), Move::Dispatch { to: None }, actor("officer", ActorRole::DutyOfficer), None)
        .await
        .unwrap();
    let store = desk.store();
    for body in ["first", "a line\nand \\ another \u{0} 值班"] {
        let documents = [("policy".to_owned(), &body)];
        store.put_documents(DocumentKind::Policy, &documents, false, "admin", at(1)).await.unwrap();
    }
    let removed = [("gone".to_owned(), &"")];
    store.put_documents(DocumentKind::Silence, &removed, true, "admin", at(2)).await.unwrap();
    let versions: Vec<_> = street()
        .iter()
        .map(|grid| gridwatch_alerts::grids::GridVersion {
            grid: grid.clone(),
            valid_from: at(-100),
            valid_to: None,
        })
        .collect();
    let takeover =
        gridwatch_alerts::GridTakeover { valid_from: at(-100), made_at: at(-100), by: "admin".to_owned() };
    store.put_grid_versions(&versions, &takeover).await.unwrap();
    let second = jiff::SignedDuration::from_secs(1);
    let day = CameraDay {
        camera: camera("a"),
        day: jiff::civil::date(2027, 1, 15),
        watched: second,
        online: second,
        usable: second,
    };
    store.add_camera_days(std::slice::from_ref(&day), day.day).await.unwrap();
    desk.prove(LinkKind::Screen, "wall-1");
    let (recorder, recording, _orders) = Recorder::new(desk.clone(), problems(clock));
    let mut canaries = desk.hub().canaries();
    let recording = tokio::spawn(recording.run());
    send_canary(&desk, &recorder, &problems(clock));
    canaries.changed().await.unwrap();
    drop(recorder);
    recording.await.unwrap();
    desk
}

/// The rows of each table, each with its columns by name: two databases with the same content have the same.
pub fn content(file: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let (mut content, mut table, mut columns) = (BTreeMap::new(), String::new(), Vec::new());
    for line in text(file).lines() {
        match serde_json::from_str(line).unwrap() {
            Value::Array(values) => {
                let row: BTreeMap<&String, Value> = columns.iter().zip(values).collect();
                let rows: &mut BTreeSet<String> = content.get_mut(&table).unwrap();
                assert!(rows.insert(serde_json::to_string(&row).unwrap()), "{line} is there twice");
            }
            head if head.get("table").is_some() => {
                table = head["table"].as_str().unwrap().to_owned();
                columns = serde_json::from_value(head["columns"].clone()).unwrap();
                content.insert(table.clone(), BTreeSet::new());
            }
            _ => {}
        }
    }
    // Whoever opens the database counts it up.
    content.remove("holder");
    content
}

fn text(file: &Path) -> String {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn write(file: &Path, text: &str) {
    let mut packed = GzEncoder::new(fs::File::create(file).unwrap(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap();
}

/// Closes the database, so that another may be restored there.
pub async fn close(desk: Desk) {
    desk.store().close().await;
}

/// All that can be asked of a database, side by side.
pub async fn assert_equal(one: &Store, other: &Store) {
    let alerts = one.alerts(ALL).await.unwrap();
    assert!(!alerts.is_empty());
    assert_eq!(alerts, other.alerts(ALL).await.unwrap());
    for Alert { id, .. } in alerts {
        assert_eq!(one.timeline(id).await.unwrap(), other.timeline(id).await.unwrap());
        assert_eq!(
            format!("{:?}", one.deliveries(id).await.unwrap()),
            format!("{:?}", other.deliveries(id).await.unwrap())
        );
    }
    let versions = one.document_versions::<String>(DocumentKind::Policy, "policy").await.unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions, other.document_versions(DocumentKind::Policy, "policy").await.unwrap());
    assert_eq!(
        format!("{:?}", one.grid_history().await.unwrap()),
        format!("{:?}", other.grid_history().await.unwrap())
    );
}

/// Backs up one database, restores into another, and looks at all of it.
pub async fn moves(from: &Database, to: &Database, files: &Path) {
    let clock = TestClock::new();
    let desk = busy_desk(from, &clock).await;
    let file = files.join("one.backup");
    let saved = backup(from, &file, at(0)).await.unwrap();
    assert_eq!(saved.tables["alerts"], 6);
    assert!(saved.tables.values().all(|rows| *rows > 0), "a table without rows proves nothing: {saved:?}");
    let restored = restore(to, &file, false, at(0)).await.unwrap();
    assert_eq!((restored.backup, restored.kept), (saved, None));

    let again = files.join("again.backup");
    backup(to, &again, at(0)).await.unwrap();
    assert_eq!(content(&again), content(&file), "not a row is another");
    let there = desk_on(to, &clock).await;
    assert_equal(desk.store(), there.store()).await;
    works_on(&there, &clock).await;
}

/// Clocks run out, numbers go on, and the timeline is only added to.
async fn works_on(desk: &Desk, clock: &TestClock) {
    let before = desk.hub().newest();
    clock.turn(61);
    while desk.tick().await.unwrap() > 0 {}
    let timeline = desk.store().timeline(AlertId(1)).await.unwrap();
    let fired = |entry: &gridwatch_alerts::Entry| matches!(entry.what, Happening::Called { .. });
    assert!(timeline.iter().any(|entry| entry.at == at(61) && fired(entry)), "{timeline:?}");
    desk.observe(&seen("a", 77, Phase::Alert, RIGHT)).await.unwrap();
    let alerts = desk.store().alerts(ALL).await.unwrap();
    assert_eq!((alerts.len(), alerts[0].id), (7, AlertId(7)));
    assert!(desk.hub().newest() > before);
}

#[tokio::test]
async fn a_restored_database_is_the_same_and_works_on() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    moves(&crate::database(one.path()), &crate::database(other.path()), one.path()).await;
}

/// Every observation that was written before the backup began is in it, none is there by half, and the desk does not stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_of_one_moment() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from, to) = (crate::database(one.path()), crate::database(other.path()));
    let clock = TestClock::new();
    let desk = busy_desk(&from, &clock).await;
    let stop = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (desk, stop) = (desk.clone(), stop.clone());
        async move {
            let mut incident = 100;
            while !stop.load(Ordering::SeqCst) {
                desk.observe(&seen("a", incident, Phase::Alert, LEFT)).await.unwrap();
                incident += 1;
            }
        }
    });
    let mut seqs = desk.hub().subscribe();
    let mut last = 0;
    for round in 0..5 {
        // Some more have been written by now.
        let before = *seqs.wait_for(|seq| *seq > last + 20).await.unwrap();
        let file = one.path().join(format!("{round}.backup"));
        let saved = backup(&from, &file, at(0)).await.unwrap();
        let after = desk.hub().newest();
        let content = content(&file);
        let events = i64::try_from(saved.tables["events"]).unwrap();
        assert!(before <= events && events <= after + 1, "{before} {events} {after}");
        let numbers: BTreeSet<i64> = content["events"].iter().map(|row| number(row, "seq")).collect();
        assert_eq!(numbers.last(), Some(&events), "no change is missing between");
        let newest: BTreeMap<i64, i64> =
            content["events"].iter().map(|row| (number(row, "seq"), number(row, "alert_id"))).collect();
        let told: BTreeSet<i64> = newest.into_values().collect();
        let alerts: BTreeSet<i64> = content["alerts"].iter().map(|row| number(row, "id")).collect();
        assert_eq!(told, alerts, "every alert has its events, every event its alert");
        last = before;
        if round == 4 {
            stop.store(true, Ordering::SeqCst);
            restore(&to, &file, false, at(0)).await.unwrap();
            let there = desk_on(&to, &clock).await;
            assert_eq!(there.hub().newest(), events);
        }
    }
    load.await.unwrap();
}

fn number(row: &str, column: &str) -> i64 {
    serde_json::from_str::<Value>(row).unwrap()[column].as_i64().unwrap()
}

/// What was lost with the old database had numbers too, and others know them.
#[tokio::test]
async fn numbers_that_the_lost_database_may_have_given_are_left_out() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = TestClock::new();
    let desk = busy_desk(&crate::database(one.path()), &clock).await;
    let file = one.path().join("a.backup");
    backup(desk.store().database(), &file, at(0)).await.unwrap();
    let to = crate::database(other.path());
    restore(&to, &file, false, at(3600)).await.unwrap();
    let there = desk_on(&to, &clock).await;
    assert_eq!(there.hub().newest(), desk.hub().newest(), "nothing has happened yet");
    there.observe(&seen("a", 9, Phase::Alert, RIGHT)).await.unwrap();
    let alerts = there.store().alerts(ALL).await.unwrap();
    assert_eq!(alerts[0].id, AlertId(6 + 3600 * 100 + 1));
    assert_eq!(there.hub().newest(), desk.hub().newest() + 3600 * 100 + 1);
    let deliveries = there.store().deliveries(alerts[0].id).await.unwrap();
    assert!(deliveries.iter().all(|delivery| delivery.id > 3600 * 100), "{deliveries:?}");
}

#[tokio::test]
async fn a_database_that_a_server_holds_or_that_is_not_empty_is_refused() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = TestClock::new();
    let desk = busy_desk(&crate::database(one.path()), &clock).await;
    let file = one.path().join("a.backup");
    backup(desk.store().database(), &file, at(0)).await.unwrap();
    let to = crate::database(other.path());
    let held = desk_on(&to, &clock).await;
    for replace in [false, true] {
        let error = restore(&to, &file, replace, at(0)).await.unwrap_err();
        assert!(matches!(error, BackupError::Open(OpenError::InUse { .. })), "{error}");
    }
    close(held).await;
    let error = loop {
        // A server notices a moment later that the session has ended.
        match restore(&to, &file, false, at(0)).await.unwrap_err() {
            BackupError::Open(OpenError::InUse { .. }) => tokio::task::yield_now().await,
            error => break error,
        }
    };
    assert!(matches!(error, BackupError::NotEmpty { .. }), "{error}");
}

/// A backup of a small desk, and where to restore it.
async fn small(folder: &Path) -> (PathBuf, Database) {
    let from = folder.join("from");
    fs::create_dir(&from).unwrap();
    let desk = busy_desk(&crate::database(&from), &TestClock::new()).await;
    let file = folder.join("a.backup");
    backup(desk.store().database(), &file, at(0)).await.unwrap();
    let to = folder.join("to");
    fs::create_dir(&to).unwrap();
    (file, crate::database(&to))
}

/// Whatever was wrong: nothing is left behind, and the whole file can still be restored.
async fn nothing_happened(to: &Database, whole: &Path) {
    if let Some(path) = to.file() {
        let left = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = left.filter(|name| name != "gridwatch.db.lock").collect();
        assert!(left.is_empty(), "{left:?}");
    }
    loop {
        match restore(to, whole, false, at(0)).await {
            Err(BackupError::Open(OpenError::InUse { .. })) => tokio::task::yield_now().await,
            restored => {
                restored.unwrap();
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_refused_wherever_it_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (file, to) = small(folder.path()).await;
    let whole = fs::read(&file).unwrap();
    let cut = folder.path().join("cut.backup");
    for length in (2..whole.len()).step_by(whole.len() / 40).chain([whole.len() - 1]) {
        fs::write(&cut, &whole[..length]).unwrap();
        let error = restore(&to, &cut, false, at(0)).await.unwrap_err();
        assert!(matches!(error, BackupError::CutOff { .. }), "{length} of {}: {error}", whole.len());
    }
    // As if the disk had been full while the unpacked text was packed anew.
    let text = text(&file);
    let lines: Vec<&str> = text.lines().collect();
    write(&cut, &format!("{}\n", lines[..lines.len() - 1].join("\n")));
    let error = restore(&to, &cut, false, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::CutOff { line, .. } if line == lines.len() as u64), "{error}");
    nothing_happened(&to, &file).await;
}

#[tokio::test]
async fn a_file_that_was_changed_is_refused_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let (file, to) = small(folder.path()).await;
    let changed = folder.path().join("changed.backup");
    let packed = fs::read(&file).unwrap();
    // Bytes 4 to 9 of a gzip'd file say when and by what it was packed, and do not matter; nor do the last bits before its
    // checksum, which fill up a byte (RFC 1951, section 3.1).
    let matter = |place: &usize| *place != packed.len() - 9;
    for place in (10..packed.len()).step_by(packed.len() / 60).filter(matter) {
        let mut packed = packed.clone();
        packed[place] ^= 0x20;
        fs::write(&changed, packed).unwrap();
        let Err(error) = restore(&to, &changed, false, at(0)).await else {
            panic!("byte {place} was not missed")
        };
        let told = matches!(
            error,
            BackupError::Changed { .. } | BackupError::CutOff { .. } | BackupError::NotABackup { .. }
        );
        assert!(told, "byte {place}: {error}");
    }

    let text = text(&file);
    let clocks = text.lines().position(|line| line.contains(r#""table":"clocks""#)).unwrap();
    let end = clocks + text.lines().skip(clocks).position(|line| line.starts_with(r#"{"rows""#)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without = |left_out: usize| -> String {
        lines
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != left_out)
            .map(|(_, line)| format!("{line}\n"))
            .collect()
    };
    let last = lines.len() as u64;
    for (name, other, line) in [
        ("a row is missing", without(clocks + 1), end as u64),
        ("a digit is another", text.replacen("[1,", "[2,", 1), 0),
        ("an alert is closed", text.replacen("\"pending\"", "\"closed\"", 1), 0),
        ("a table's end is missing", without(end), end as u64 + 1),
        ("a table is missing", without(clocks), clocks as u64 + 1),
        ("something follows", format!("{text}{{}}\n"), last),
    ] {
        assert!(other != text, "{name}: nothing was changed");
        write(&changed, &other);
        let error = restore(&to, &changed, false, at(0)).await.unwrap_err();
        let BackupError::Changed { line: found, .. } = error else { panic!("{name}: {error}") };
        assert!(line == 0 || line == found, "{name}: line {line}, not {found}");
    }
    let mut longer = packed.clone();
    longer.push(0);
    fs::write(&changed, longer).unwrap();
    let error = restore(&to, &changed, false, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::Changed { .. }), "{error}");
    nothing_happened(&to, &file).await;
}

#[tokio::test]
async fn a_newer_or_foreign_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, to) = small(folder.path()).await;
    let other = folder.path().join("other");
    for foreign in [&b""[..], b"\x1f", b"buy milk", b"SQLite format 3\0"] {
        fs::write(&other, foreign).unwrap();
        let error = restore(&to, &other, false, at(0)).await.unwrap_err();
        assert!(matches!(error, BackupError::NotABackup { .. }), "{error}");
    }
    write(&other, "{\"recipes\":1}\n");
    let error = restore(&to, &other, false, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::NotABackup { .. }), "{error}");
    write(&other, "{\"gridwatch_backup\":2,\"program\":\"9.9.9\",\"in_other_words\":true}\n");
    let error = restore(&to, &other, false, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::Newer { found: 2, known: 1, .. }), "{error}");
    let missing = folder.path().join("missing");
    let error = restore(&to, &missing, false, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::File { .. }), "{error}");
    nothing_happened(&to, &file).await;
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let (file, empty) = small(folder.path()).await;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&file).unwrap();
    let from = crate::database(&folder.path().join("from"));
    let error = backup(&from, &file, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::Exists { .. }), "{error}");
    assert_eq!(fs::read(&file).unwrap(), before);
    let nowhere = folder.path().join("no/folder/a.backup");
    let error = backup(&from, &nowhere, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::File { .. }), "{error}");
    let new = folder.path().join("new.backup");
    let error = backup(&empty, &new, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::NoDatabase { .. }), "{error}");
    assert!(!new.exists());
}
