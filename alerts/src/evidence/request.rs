//! Opening an original: one person asks with a reason, another one approves, and a link opens it once.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use rand::{SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{EvidenceKind, EvidenceStore, Piece, manifest::Captured};
use crate::{
    alert::{Alert, AlertId},
    error::Error,
    life::Actor,
    timeline::Happening,
};

/// The name of the encrypted clip.
pub(super) const ORIGINAL: &str = "original.bin";
/// For how long a link opens it.
pub const LINK_VALID: SignedDuration = SignedDuration::from_mins(15);
/// How many requests one alert takes; each stays with it.
const REQUESTS_MAX: usize = 50;

/// Somebody asked to see an alert's clip as the camera sent it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OriginalRequest {
    /// Its number among the alert's requests, from 1.
    pub number: u32,
    /// Who asked.
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Who approved it: somebody else.
    #[schema(required)]
    pub approved_by: Option<Actor>,
    /// When it was approved. Its link is valid for 15 minutes from then on.
    #[schema(required)]
    pub approved_at: Option<Timestamp>,
    /// When it was opened. It is opened once.
    #[schema(required)]
    pub opened_at: Option<Timestamp>,
}

/// What opens an original, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OriginalLink {
    /// The path to open.
    pub url: String,
    /// Until when it can be opened.
    pub valid_until: Timestamp,
}

/// Why an original is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OriginalRefused {
    /// None of this alert was kept.
    NotKept,
    /// There is no such request.
    NoRequest,
    /// Whoever asked cannot approve.
    OwnRequest,
    /// It was approved before.
    Approved,
    /// Nobody has approved it.
    NotApproved,
    /// The link is not the one that was given.
    WrongLink,
    /// The link was not opened in time.
    Expired,
    /// It was opened before.
    Opened,
    /// The alert has as many requests as it takes.
    TooMany,
    /// The file is not of this key, or was changed.
    NotReadable,
}

impl EvidenceStore {
    /// Whether originals are kept.
    pub fn keeps_originals(&self) -> bool {
        self.key.is_some()
    }

    /// Encrypts an alert's clip as the camera sent it and keeps it; does nothing where originals are not kept. That it cannot be
    /// written is logged, is a problem on the board, and is no error.
    ///
    /// # Errors
    /// The alert does not exist, or the database fails.
    pub async fn store_original(
        &self,
        id: AlertId,
        clip: Bytes,
        captured: Option<Captured>,
    ) -> Result<(), Error> {
        let Some(key) = self.key.clone() else { return Ok(()) };
        let alert = self.alert(id).await?;
        let sealed =
            tokio::task::spawn_blocking(move || key.seal(id, &clip, &mut StdRng::from_os_rng())).await;
        let Ok(Ok(sealed)) = sealed else {
            tracing::error!(alert.id = %id, "the original could not be encrypted and is not kept");
            return Ok(());
        };
        let _turn = self.turn(id).await;
        // It is no piece that the alert tells of; its kind does not matter.
        let piece = Piece { captured, ..Piece::new(EvidenceKind::Clip, sealed) };
        if let Err(error) = self.write(&alert, ORIGINAL, piece).await {
            tracing::error!(alert.id = %id, %error, "the original could not be written");
            self.failure(&error);
        }
        Ok(())
    }

    /// Asks to open an alert's original.
    ///
    /// # Errors
    /// [`Error::OriginalRefused`] where there is none, [`Error::BadMove`] where the reason is none, [`Error::UnknownAlert`], or
    /// the database or the place fails.
    pub async fn request_original(&self, id: AlertId, reason: String, by: Actor) -> Result<Alert, Error> {
        let alert = self.alert(id).await?;
        let manifest = self.manifest(id).await?;
        let is_kept = manifest.is_some_and(|manifest| manifest.file(ORIGINAL).is_some());
        if self.key.is_none() || !is_kept || alert.evidence_deleted_at.is_some() {
            return Err(Error::OriginalRefused(id, OriginalRefused::NotKept));
        }
        let asked = move |alert: &mut Alert, by: &Actor, at| {
            if alert.original_requests.len() >= REQUESTS_MAX {
                return Err(Error::OriginalRefused(id, OriginalRefused::TooMany));
            }
            let number = alert.original_requests.len() as u32 + 1;
            let (by, why) = (by.clone(), reason.clone());
            let (approved_by, approved_at, opened_at) = (None, None, None);
            let request =
                OriginalRequest { number, by, reason: why, at, approved_by, approved_at, opened_at };
            alert.original_requests.push(request);
            Ok(Happening::OriginalRequested { request: number, reason })
        };
        self.desk.note(id, by, asked).await
    }

    /// Approves a request of somebody else, and gives the link that opens the original once.
    ///
    /// # Errors
    /// [`Error::OriginalRefused`] with the reason, [`Error::UnknownAlert`], or the database fails.
    pub async fn approve_original(
        &self,
        id: AlertId,
        request: u32,
        by: Actor,
    ) -> Result<OriginalLink, Error> {
        let refused = move |why| Error::OriginalRefused(id, why);
        let key = self.key.clone().ok_or(refused(OriginalRefused::NotKept))?;
        let approved = move |alert: &mut Alert, by: &Actor, at| {
            let found = request_mut(alert, request).ok_or(refused(OriginalRefused::NoRequest))?;
            // The system is nobody, and so never a second person.
            if by.person.is_none() || found.by.person == by.person {
                return Err(refused(OriginalRefused::OwnRequest));
            }
            if found.approved_at.is_some() {
                return Err(refused(OriginalRefused::Approved));
            }
            (found.approved_by, found.approved_at) = (Some(by.clone()), Some(at));
            Ok(Happening::OriginalApproved { request })
        };
        let mut alert = self.desk.note(id, by, approved).await?;
        let at = request_mut(&mut alert, request).and_then(|request| request.approved_at);
        let at = at.ok_or(refused(OriginalRefused::NotApproved))?;
        let url = format!("/api/media/alerts/{id}/originals/{request}/{}", key.token(id, request, at));
        Ok(OriginalLink { url, valid_until: at + LINK_VALID })
    }

    /// Opens an original by its link, once: the clip as the camera sent it.
    ///
    /// # Errors
    /// [`Error::OriginalRefused`] with the reason, [`Error::UnknownAlert`], or the database or the place fails.
    pub async fn open_original(
        &self,
        id: AlertId,
        request: u32,
        token: &str,
        from: &str,
    ) -> Result<Vec<u8>, Error> {
        let refused = move |why| Error::OriginalRefused(id, why);
        let key = self.key.clone().ok_or(refused(OriginalRefused::NotKept))?;
        let mut alert = self.alert(id).await?;
        let asked = request_mut(&mut alert, request).ok_or(refused(OriginalRefused::NoRequest))?.clone();
        let approved_at = asked.approved_at.ok_or(refused(OriginalRefused::NotApproved))?;
        if !key.is_token(token, id, request, approved_at) {
            return Err(refused(OriginalRefused::WrongLink));
        }
        may_open(&asked, self.now()).map_err(refused)?;
        let file = self.read_whole(&alert, ORIGINAL).await?.ok_or(refused(OriginalRefused::NotKept))?;
        let plain = tokio::task::spawn_blocking(move || key.open(id, &file)).await;
        let plain = plain.ok().and_then(Result::ok).ok_or(refused(OriginalRefused::NotReadable))?;
        // Noted before a byte of it leaves. Of two who come at once, one finds it open.
        let opened = move |alert: &mut Alert, _: &Actor, at| {
            let found = request_mut(alert, request).ok_or(refused(OriginalRefused::NoRequest))?;
            may_open(found, at).map_err(refused)?;
            found.opened_at = Some(at);
            Ok(Happening::OriginalOpened { request })
        };
        let by = Actor { from: from.to_owned(), ..asked.by };
        self.desk.note(id, by, opened).await?;
        Ok(plain)
    }
}

fn request_mut(alert: &mut Alert, number: u32) -> Option<&mut OriginalRequest> {
    alert.original_requests.iter_mut().find(|request| request.number == number)
}

fn may_open(request: &OriginalRequest, now: Timestamp) -> Result<(), OriginalRefused> {
    match (request.opened_at, request.approved_at) {
        (Some(_), _) => Err(OriginalRefused::Opened),
        (None, Some(at)) if now.duration_since(at) > LINK_VALID => Err(OriginalRefused::Expired),
        (None, Some(_)) => Ok(()),
        (None, None) => Err(OriginalRefused::NotApproved),
    }
}
