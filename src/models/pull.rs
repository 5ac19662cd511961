//! `gridwatch models pull`: a model's file, from the network or a folder, whole and checked before it lies in its place.

use std::{
    fs::{File, TryLockError},
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};

use super::{
    args::PullArgs,
    digest::Digest,
    download::{BYTES_MAX, Download, DownloadError},
    lock::Lock,
    manifest::Entry,
    partial::Partial,
    progress::Progress,
    standing::{Expected, Standing},
};
use crate::config::Models;

/// Where a file comes from.
enum Origin {
    Folder(PathBuf),
    Network { silence: Duration },
}

/// Runs `gridwatch models pull`.
///
/// # Errors
/// When the file cannot be got or is the wrong one, with what to do next. What was in its place before is still there.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn run(args: PullArgs, models: &Models) -> anyhow::Result<()> {
    let Some(entry) = models.manifest.get(&args.name) else {
        bail!("there is no model \"{}\" in the manifest; there are {}", args.name, models.manifest.names())
    };
    let folder = args.to.unwrap_or_else(|| models.folder.clone());
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let turn = take_turn(&folder)?;
    let mut lock = Lock::read(&folder)?;
    let target = folder.join(&entry.file);
    let standing =
        Standing::of(entry, &folder, &lock).with_context(|| format!("cannot read {}", target.display()))?;
    if standing == Standing::Right {
        println!("{}: {} is there already and in order", entry.name, target.display());
        return Ok(());
    }
    let origin = match args.offline.or_else(|| models.offline.clone()) {
        Some(offline) => Origin::Folder(offline),
        None => Origin::Network { silence: Duration::from_secs(args.timeout.into()) },
    };
    let expected = Expected::of(entry, &lock);
    let part = get(entry, &target, &origin, expected.is_some()).await?;
    let (found, bytes) = (part.digest(), part.bytes());
    if let Some(expected) = expected.as_ref().filter(|expected| expected.digest != found) {
        part.discard().with_context(|| format!("cannot remove {}.part", target.display()))?;
        bail!(wrong_file(entry, &origin, found, expected));
    }
    part.install().with_context(|| format!("cannot write {}", target.display()))?;
    // The new name of the file is on the disk too, not only its bytes.
    turn.sync_all().with_context(|| format!("cannot write the folder {}", folder.display()))?;
    println!("{}: {} is in order, {bytes} bytes, SHA-256 {found}", entry.name, target.display());
    if expected.is_none() {
        lock.record(&entry.name, found, bytes, &origin.of(entry))?;
        println!(
            "The manifest gives no digest for it. This one is now recorded in {}, and every later file must have the same.",
            lock.file().display()
        );
    }
    Ok(())
}

/// Waits for nobody: two pulls into one folder would write into the same files. Ends with what is given back.
fn take_turn(folder: &Path) -> anyhow::Result<File> {
    let turn = File::open(folder).with_context(|| format!("cannot open the folder {}", folder.display()))?;
    match turn.try_lock() {
        Ok(()) => Ok(turn),
        Err(TryLockError::WouldBlock) => {
            bail!("another gridwatch pulls into {} just now; wait until it is done", folder.display())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock the folder {}", folder.display()))
        }
    }
}

async fn get(entry: &Entry, target: &Path, origin: &Origin, digest_known: bool) -> anyhow::Result<Partial> {
    let mut part =
        Partial::open(target).with_context(|| format!("cannot write {}.part", target.display()))?;
    match origin {
        Origin::Folder(from) => copy(entry, &from.join(&entry.file), &mut part)?,
        Origin::Network { silence } => {
            let Some(url) = &entry.url else {
                bail!(
                    "{} is published nowhere that it could be pulled from ({}); {}",
                    entry.name,
                    entry.source,
                    by_hand(entry, target)
                )
            };
            let mut progress = Progress::new();
            progress.tell(&format!("pulling {} from {}", entry.name, origin.of(entry)));
            let download = Download { url, bytes: entry.bytes, digest_known, silence: *silence };
            let got = download.run(&mut part, &mut progress).await;
            progress.end();
            got.map_err(|error| anyhow::anyhow!("{error}; {}", next_step(&error, entry, target)))?;
        }
    }
    Ok(part)
}

fn copy(entry: &Entry, from: &Path, part: &mut Partial) -> anyhow::Result<()> {
    let most = entry.bytes.unwrap_or(BYTES_MAX);
    let file = File::open(from).with_context(|| format!("cannot read {}", from.display()))?;
    // What an earlier download has left there may be of another version.
    part.begin_anew(None).with_context(|| format!("cannot write {}", part.path().display()))?;
    let mut file = file.take(most + 1);
    let mut memory = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut memory).with_context(|| format!("cannot read {}", from.display()))?;
        if read == 0 {
            return Ok(());
        }
        part.append(&memory[..read]).with_context(|| format!("cannot write {}", part.path().display()))?;
        if part.bytes() > most {
            bail!("{} has more than {most} bytes: it is not {}", from.display(), entry.name)
        }
    }
}

fn wrong_file(entry: &Entry, origin: &Origin, found: Digest, expected: &Expected) -> String {
    let advice = match expected.recorded_in {
        Some(_) => format!(
            "; if its publisher has changed the file on purpose, remove the section {} there",
            entry.name
        ),
        None => String::new(),
    };
    format!(
        "what {} gives for {} is another file, and nothing of it was kept: its SHA-256 is {found}, that {} is {}{advice}",
        origin.of(entry),
        entry.name,
        expected.origin(),
        expected.digest
    )
}

fn next_step(error: &DownloadError, entry: &Entry, target: &Path) -> String {
    let again = "the same command goes on from there";
    match error {
        DownloadError::Unreachable { .. } => {
            format!("without a network, or a proxy in HTTPS_PROXY, {}", by_hand(entry, target))
        }
        DownloadError::Status { .. } => format!("try again later, or {}", by_hand(entry, target)),
        DownloadError::Silent { .. } => {
            format!("{again}; --timeout SECONDS waits longer; or {}", by_hand(entry, target))
        }
        DownloadError::BrokenOff { .. } => format!("{again}, or {}", by_hand(entry, target)),
        DownloadError::WrongSize { .. } => {
            format!("it is not {}, and nothing was changed; {}", entry.name, by_hand(entry, target))
        }
        DownloadError::Disk { .. } => "make room, or name another folder with --to DIR".to_owned(),
    }
}

fn by_hand(entry: &Entry, target: &Path) -> String {
    let folder = target.parent().unwrap_or(Path::new("."));
    format!("copy {} into {}, or name a folder that has it with --from DIR", entry.file, folder.display())
}

// === impl Origin ===

impl Origin {
    /// Where the model's file comes from, for people.
    fn of(&self, entry: &Entry) -> String {
        match (self, &entry.url) {
            (Self::Folder(folder), _) => folder.display().to_string(),
            (Self::Network { .. }, Some(url)) => super::download::shown(url),
            (Self::Network { .. }, None) => "nowhere".to_owned(),
        }
    }
}
