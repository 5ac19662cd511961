//! The place where a camera's newest frame waits to be looked at.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::frame::Frame;

/// Holds one frame; a newer one takes its place and the older is counted as dropped.
#[derive(Debug, Default)]
pub(crate) struct FrameSlot {
    frame: Mutex<Option<Frame>>,
    filled: Notify,
    dropped: AtomicU64,
}

impl FrameSlot {
    pub(crate) fn put(&self, frame: Frame) {
        if self.frame.lock().replace(frame).is_some() {
            self.dropped.fetch_add(1, Relaxed);
        }
        self.filled.notify_one();
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}

/// Receives one camera's frames, the newest each time.
#[derive(Debug)]
pub struct FrameReceiver {
    pub(crate) slot: Arc<FrameSlot>,
}

impl FrameReceiver {
    /// Waits for the newest frame that was not yet taken.
    pub async fn next(&mut self) -> Frame {
        loop {
            let filled = self.slot.filled.notified();
            if let Some(frame) = self.slot.frame.lock().take() {
                return frame;
            }
            filled.await;
        }
    }
}
