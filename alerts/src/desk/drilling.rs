//! Drills: ordered, over, and told.

use std::{ffi::OsStr, fs, io, path::PathBuf, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::{
    Desk,
    acting::{check_officer, check_text},
    to_its_end,
};
use crate::{
    alert::{Alert, AlertId, EndReason},
    blocking,
    drill::{DRILLS_MAX, Drill, DrillEnd, DrillOrder, DrillRefused, DrillReport, DrilledAlert},
    error::Error,
    life::Actor,
    store::DocumentKind,
};

/// What a clip's file may end in.
const ENDINGS: [&str; 4] = ["mp4", "mkv", "ts", "avi"];

/// So many clips are offered at most.
const CLIPS_MAX: usize = 1000;

/// So many alerts are read at one time.
const PAGE: u32 = 500;

/// Orders drills. Cheap to clone.
#[derive(Clone)]
pub struct Drills {
    desk: Desk,
    folder: Arc<PathBuf>,
    /// None where nobody would look.
    orders: Option<mpsc::Sender<DrillOrder>>,
}

// === impl Drills ===

impl Drills {
    /// Drills with the clips of a folder, and the orders for whoever plays them. Drills that ran when the server stopped are over.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open(
        desk: Desk,
        folder: PathBuf,
        somebody_looks: bool,
    ) -> Result<(Self, mpsc::Receiver<DrillOrder>), Error> {
        for drill in desk.drills().await?.into_iter().filter(|drill| drill.ended_at.is_none()) {
            desk.end_drill(&drill, DrillEnd::Stopped).await?;
        }
        let (orders, receiver) = mpsc::channel(DRILLS_MAX);
        let orders = somebody_looks.then_some(orders);
        Ok((Self { desk, folder: Arc::new(folder), orders }, receiver))
    }

    /// The names of the clips there are, sorted; none where the folder is missing.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn clips(&self) -> io::Result<Vec<String>> {
        let folder = self.folder.clone();
        blocking(move || {
            let entries = match fs::read_dir(&*folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries?,
            };
            let is_clip = |path: &PathBuf| {
                let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
                ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) && path.is_file()
            };
            let paths = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_clip);
            let mut names: Vec<String> =
                paths.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
            names.sort();
            names.truncate(CLIPS_MAX);
            Ok(names)
        })
        .await
    }

    /// Begins a drill: the clip is played from now on as if this camera saw it.
    ///
    /// # Errors
    /// [`Error::BadMove`] where something is not as it must be, [`Error::DrillRefused`], or the database fails.
    pub async fn begin(
        &self,
        camera: String,
        clip: String,
        reason: String,
        by: Actor,
    ) -> Result<Drill, Error> {
        let bad = |field, must| Err(Error::BadMove { field, must });
        check_text("reason", &reason)?;
        check_officer(&by)?;
        if self.desk.cameras().iter().all(|known| known.camera.id != camera) {
            return bad("camera", "the id of a camera");
        }
        let clips = self.clips().await.unwrap_or_else(|error| {
            tracing::warn!(folder = %self.folder.display(), %error, "the folder of clips for drills cannot be read");
            Vec::new()
        });
        if !clips.contains(&clip) {
            return bad("clip", "the name of a clip in the folder of drills");
        }
        let orders = self.orders.as_ref().ok_or(Error::DrillRefused(DrillRefused::NobodyLooks))?.clone();
        let (desk, file) = (self.desk.clone(), self.folder.join(&clip));
        to_its_end(async move {
            // One after the other: two who begin at once do not both find the camera free.
            let _open = desk.certain().await?;
            let running: Vec<Drill> =
                desk.drills().await?.into_iter().filter(|drill| drill.ended_at.is_none()).collect();
            if running.iter().any(|drill| drill.camera == camera) {
                return Err(Error::DrillRefused(DrillRefused::AtThisCamera));
            }
            if running.len() >= DRILLS_MAX {
                return Err(Error::DrillRefused(DrillRefused::TooMany));
            }
            // There is room for as many as may run, unless whoever plays them has ended.
            let place = orders.try_reserve().map_err(|_| Error::DrillRefused(DrillRefused::NobodyLooks))?;
            let began_at = desk.now();
            let id = began_at.as_millisecond().to_string();
            let (ended_at, end) = (None, None);
            let drill = Drill { id, camera, clip, reason, by, began_at, ended_at, end };
            desk.write_drill(&drill, began_at).await?;
            place.send(DrillOrder { drill: drill.clone(), file });
            Ok(drill)
        })
        .await
    }

    /// All drills there were, the newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn all(&self) -> Result<Vec<Drill>, Error> {
        self.desk.drills().await
    }

    /// What became of a drill; none where there was none of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn report(&self, id: &str) -> Result<Option<DrillReport>, Error> {
        let Some(drill) = self.desk.drills().await?.into_iter().find(|drill| drill.id == id) else {
            return Ok(None);
        };
        let store = self.desk.store();
        let mut alerts = Vec::new();
        for alert in self.desk.alerts_of(&drill).await? {
            let (timeline, deliveries) = (store.timeline(alert.id).await?, store.deliveries(alert.id).await?);
            alerts.push(DrilledAlert::of(&alert, &timeline, deliveries));
        }
        Ok(Some(DrillReport { drill, alerts }))
    }
}

// === impl Desk ===

impl Desk {
    /// Notes that nothing more of a drill is seen: what its alerts are about is over. What people do about them goes on.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn end_drill(&self, drill: &Drill, end: DrillEnd) -> Result<(), Error> {
        let (desk, mut drill) = (self.clone(), drill.clone());
        to_its_end(async move {
            let mut open = desk.certain().await?;
            let is_its = |alert: &Alert| alert.drill && alert.camera.id == drill.camera && alert.is_lasting();
            while let Some(index) = open.watched.iter().position(|watched| is_its(&watched.alert)) {
                desk.end(&mut open, index, EndReason::Unwatched).await?;
            }
            let now = desk.now();
            (drill.ended_at, drill.end) = (Some(now), Some(end));
            desk.write_drill(&drill, now).await
        })
        .await
    }

    async fn write_drill(&self, drill: &Drill, now: Timestamp) -> Result<(), Error> {
        let by = drill.by.person.clone().unwrap_or_default();
        self.store.put_documents(DocumentKind::Drill, &[(drill.id.clone(), drill)], false, &by, now).await
    }

    async fn drills(&self) -> Result<Vec<Drill>, Error> {
        let documents = self.store.documents::<Drill>(DocumentKind::Drill).await?;
        let mut drills: Vec<Drill> = documents.into_iter().map(|document| document.body).collect();
        drills.sort_by_key(|drill| std::cmp::Reverse(drill.began_at));
        Ok(drills)
    }

    /// The alerts of a drill: those of its camera that say so, opened while it ran. No two run at one camera.
    async fn alerts_of(&self, drill: &Drill) -> Result<Vec<Alert>, Error> {
        let to = drill.ended_at.unwrap_or_else(|| self.now());
        let is_its = |alert: &Alert| {
            alert.drill && alert.camera.id == drill.camera && (drill.began_at..=to).contains(&alert.opened_at)
        };
        let (mut found, mut after) = (Vec::new(), AlertId(0));
        loop {
            // The database knows whole seconds.
            let until = to.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
            let alerts = self.store.alerts_opened(drill.began_at, until, after, PAGE).await?;
            let Some(last) = alerts.last() else { return Ok(found) };
            after = last.id;
            found.extend(alerts.into_iter().filter(is_its));
        }
    }
}
