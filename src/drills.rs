//! 演练: recorded clips played to watchers of their own, at the pace of a live camera, all the way to people.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use gridwatch_alerts::{Drill, DrillEnd, DrillOrder, Recorder};
use gridwatch_inference::{Detectors, Player, Recorded, ReplayPlan, Scene, Watcher};
use gridwatch_ingest::{CameraId, Clock, SamplePolicy};
use tokio::{runtime::Handle, sync::mpsc};
use tokio_util::sync::CancellationToken;

/// After its end a clip's last picture is shown for this much longer: clips end soon after the fall, while the person still lies
/// there, and an alert takes half a minute at most.
const HOLD_LAST: Duration = Duration::from_secs(30);

/// Plays drills. Cheap to clone.
#[derive(Clone)]
pub struct Stage {
    /// Who looks.
    pub detectors: Detectors,
    /// The places of the cameras.
    pub scenes: Arc<HashMap<CameraId, Arc<Scene>>>,
    /// How often a camera is looked at.
    pub sampling: SamplePolicy,
    /// Where what is seen goes.
    pub recorder: Recorder,
    /// The time.
    pub clock: Clock,
    /// Until when.
    pub stop: CancellationToken,
}

// === impl Stage ===

impl Stage {
    /// Plays what is ordered, until nobody orders any more. How many play at one time is up to who orders.
    pub async fn run(self, mut orders: mpsc::Receiver<DrillOrder>) {
        while let Some(DrillOrder { drill, file }) = orders.recv().await {
            let (stage, runtime) = (self.clone(), Handle::current());
            // Reading and decoding block.
            tokio::task::spawn_blocking(move || runtime.block_on(stage.play(drill, &file)));
        }
    }

    async fn play(self, drill: Drill, file: &Path) {
        tracing::info!(drill.id = drill.id, camera.id = drill.camera, clip = drill.clip, "a drill begins");
        let end = match self.show(&drill, file).await {
            Ok(end) => end,
            Err(error) => {
                tracing::error!(drill.id = drill.id, camera.id = drill.camera, %error, "a drill failed");
                DrillEnd::Failed
            }
        };
        if let Err(error) = self.recorder.drill_over(drill, end).await {
            tracing::error!(%error, "the end of a drill is not noted");
        }
    }

    /// Shows each picture when it is due, and hands on what is seen in it.
    async fn show(&self, drill: &Drill, file: &Path) -> anyhow::Result<DrillEnd> {
        let camera = CameraId::new(&drill.camera)?;
        let recorded = Arc::new(Recorded::read(file, &camera, drill.began_at)?);
        let plan = ReplayPlan { end: None, hold_last: HOLD_LAST, sampling: self.sampling };
        let mut player = Player::new(&recorded, plan)?;
        let scene = self.scenes.get(&camera).cloned().unwrap_or_default();
        let first_incident = drill.began_at.as_millisecond().unsigned_abs();
        let mut watcher = Watcher::new(self.detectors.clone(), scene, first_incident);
        while let Some(frame) = player.next_picture()? {
            let due_in = frame.captured_at.duration_since(self.clock.now());
            let is_due = tokio::time::sleep(Duration::try_from(due_in).unwrap_or_default());
            if self.stop.run_until_cancelled(is_due).await.is_none() {
                return Ok(DrillEnd::Stopped);
            }
            let looked = watcher.look(frame, None).await?;
            player.attend(looked.attention);
            for mut observation in looked.observations {
                observation.recorded = Some(recorded.clone());
                self.recorder.send(observation).await?;
            }
        }
        Ok(DrillEnd::Played)
    }
}
