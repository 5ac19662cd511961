//! Any sequence of phases, with restarts in between, keeps the promises of the crate.

use std::{collections::HashMap, path::Path};

use gridwatch_alerts::{Alert, Change, Desk};
use gridwatch_inference::{EndReason, Phase};
use proptest::prelude::*;

use crate::support::{LEFT, RIGHT, TestClock, desk, seen};

#[derive(Clone, Debug)]
enum Step {
    Seen { camera: &'static str, incident: u64, phase: Phase },
    Wait(i64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let phase = prop_oneof![
        Just(Phase::Suspected),
        Just(Phase::Alert),
        Just(Phase::Ongoing),
        Just(Phase::LongLie),
        Just(Phase::Ended(EndReason::Upright)),
        Just(Phase::Ended(EndReason::Gone)),
    ];
    let camera = prop_oneof![Just("a"), Just("b")];
    let observed = (camera, 0..3_u64, phase).prop_map(|(camera, incident, phase)| Step::Seen {
        camera,
        incident,
        phase,
    });
    prop_oneof![8 => observed, 2 => (0..9_i64).prop_map(Step::Wait), 1 => Just(Step::Restart)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn an_incident_has_one_alert_that_ends_once(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            play(folder.path(), &steps).await;
        });
    }
}

async fn play(folder: &Path, steps: &[Step]) {
    let clock = TestClock::new();
    let mut current = desk(folder, &clock).await;
    // Incident numbers start anew with the process; two places let two incidents of one camera be told apart.
    for step in steps {
        match step {
            Step::Seen { camera, incident, phase } => {
                let place = if incident % 2 == 0 { LEFT } else { RIGHT };
                let observation = seen(camera, *incident, *phase, place);
                current.observe(&observation).await.unwrap();
                let again = matches!(phase, Phase::Alert).then_some(&observation);
                if let Some(observation) = again {
                    let open = open_count(&current).await;
                    current.observe(observation).await.unwrap();
                    assert_eq!(
                        open_count(&current).await,
                        open,
                        "the same observation again opened something"
                    );
                }
            }
            Step::Wait(seconds) => clock.turn(*seconds),
            Step::Restart => {
                let open = open_count(&current).await;
                current.store().close().await;
                drop(current);
                current = desk(folder, &clock).await;
                assert_eq!(current.open_incidents().await.unwrap().len(), open);
            }
        }
        // Three incidents on each of two cameras, of which two share a place.
        assert!(open_count(&current).await <= 6);
    }
    check_history(&current).await;
}

async fn open_count(desk: &Desk) -> usize {
    desk.open_incidents().await.unwrap().len()
}

async fn check_history(desk: &Desk) {
    let mut newest: HashMap<i64, Alert> = HashMap::new();
    let mut last_seq = 0;
    for event in desk.hub().events_after(0, u32::MAX).await.unwrap() {
        assert!(event.seq > last_seq, "sequence numbers must grow");
        last_seq = event.seq;
        let alert: Alert = serde_json::from_str(&event.alert).unwrap();
        assert_eq!(alert.seq, event.seq);
        let before = newest.insert(alert.id.0, alert.clone());
        match event.change {
            Change::Opened => assert!(before.is_none(), "opened twice"),
            Change::Ended => assert!(before.unwrap().is_lasting(), "ended twice"),
            Change::Updated | Change::Moved => assert!(before.is_some(), "changed before it was opened"),
        }
    }
    assert_eq!(last_seq, desk.hub().newest());
    for alert in newest.values() {
        assert_eq!(desk.store().alert(alert.id).await.unwrap().as_ref(), Some(alert), "row and event differ");
    }
}
