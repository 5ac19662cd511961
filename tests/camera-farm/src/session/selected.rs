//! Which camera a client chose by its URL, and with which faults.

use crate::{
    address::Address,
    control::CameraState,
    farm::Farm,
    options::{Change, Options, UnknownOption},
    rtsp::Request,
};
use std::sync::{Arc, atomic::Ordering::Relaxed};

/// What the client chose by its URL.
#[derive(Clone)]
pub(super) struct Selected {
    pub(super) address: Address,
    pub(super) camera: Arc<CameraState>,
    pub(super) options: Options,
}

/// Why a URL chooses nothing.
pub(super) enum NotSelected {
    NoSuchCamera,
    Options(UnknownOption),
}

// === impl Selected ===

impl Selected {
    pub(super) fn find(farm: &Farm, request: &Request) -> Result<Selected, NotSelected> {
        let (path, query) = request.path_and_query();
        let address = farm.address(path).ok_or(NotSelected::NoSuchCamera)?;
        let options = Options::parse(query).map_err(NotSelected::Options)?;
        for (_, change) in &options.changes {
            if let Change::Switch(name) = change
                && farm.clip_named(name).is_none()
            {
                return Err(NotSelected::Options(UnknownOption(format!("switch to clip {name}"))));
            }
        }
        let camera = farm.controls.camera(&address);
        camera.connects.fetch_add(1, Relaxed);
        Ok(Selected { address, camera, options })
    }

    /// As it is by now: a camera that was healed does nothing wrong any more.
    pub(super) fn now(mut self) -> Selected {
        if self.camera.healed.load(Relaxed) {
            self.options = self.options.healed();
        }
        self
    }
}
