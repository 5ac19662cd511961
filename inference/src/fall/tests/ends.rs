//! How falls end: up again, gone, and while the camera is blind or was restarted.

use super::*;
use crate::held_back::HeldBack;

#[test]
fn it_ends_as_gone_when_nobody_is_seen_there_for_thirty_seconds() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(40.0, |_| lies());
    let last_seen = camera.steps.last().unwrap().0;
    camera.until(90.0, |_| nobody());
    let ended = camera.times(Phase::Ended(EndReason::Gone));
    assert_eq!(ended, [last_seen + 30.0]);
    assert_eq!(camera.steps.last().unwrap().0, ended[0], "nothing after the end");
}

#[test]
fn a_helper_beside_the_fallen_neither_ends_nor_doubles_the_alert() {
    let helper = Rect::new(262.0, 105.0, 300.0, 222.0);
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(20.0, |_| lies());
    camera.until(56.0, |_| lies().upright(helper, 0.9));
    // One look in three misses the fallen and shows the helper alone.
    camera.until(110.0, |t| {
        if t as i64 % 3 == 0 { nobody().upright(helper, 0.9) } else { lies().upright(helper, 0.9) }
    });
    assert_eq!((camera.alerts(), camera.times(Phase::LongLie).len()), (1, 1));
    assert!(!camera.steps.iter().any(|(_, step)| matches!(step.phase, Phase::Ended(_))));
    assert_eq!(camera.rule.downs.len(), 1);
}

#[test]
fn an_open_alert_goes_on_after_a_restart_without_a_second_one() {
    let mut rule = rule(7);
    rule.resume(LYING, at(-30.0), at(0.0));
    let mut camera = Camera::with(rule);
    camera.until(50.0, |_| lies()).until(70.0, |_| stands());
    assert_eq!((camera.times(Phase::Suspected).len(), camera.alerts()), (0, 0));
    assert_eq!(camera.times(Phase::LongLie), [30.0]);
    assert_eq!(camera.times(Phase::Ended(EndReason::Upright)), [56.0]);
    assert!(camera.steps.iter().all(|(_, step)| step.incident == 7 && step.since == at(-30.0)));
}

#[test]
fn a_long_lie_is_not_told_again_after_a_restart_and_who_is_gone_by_then_is_ended() {
    let mut rule = rule(7);
    rule.resume(LYING, at(-90.0), at(0.0));
    let mut camera = Camera::with(rule);
    camera.until(50.0, |_| nobody());
    assert_eq!(camera.steps.len(), 1);
    assert_eq!(camera.times(Phase::Ended(EndReason::Gone)), [30.0]);
}

#[test]
fn the_next_fall_after_a_resumed_one_has_a_number_of_its_own() {
    let mut rule = rule(7);
    rule.resume(LYING, at(-30.0), at(0.0));
    let mut camera = Camera::with(rule);
    camera.until(30.0, |_| lies().lying(moved(LYING, 260.0), 0.8));
    let (_, alert) = camera.steps.iter().find(|(_, step)| step.phase == Phase::Alert).unwrap();
    assert_eq!(alert.incident, 8);
}

#[test]
fn a_helper_who_hides_the_fallen_does_not_end_the_alert_as_upright() {
    let helper = Rect::new(205.0, 105.0, 243.0, 222.0);
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(24.0, |_| lies());
    // Walks in, stands over the fallen, hides them for as long as it takes, and goes again.
    camera.until(30.0, |t| lies().upright(moved(helper, 45.0 * (30.0 - t) as f32), 0.9));
    camera.until(50.0, |_| nobody().upright(helper, 0.9));
    assert!(!camera.steps.iter().any(|(_, step)| matches!(step.phase, Phase::Ended(_))));
    camera.until(60.0, |_| lies().upright(moved(helper, 60.0), 0.9));
    assert_eq!((camera.alerts(), camera.rule.downs.len()), (1, 1), "and it goes on");
    camera.until(100.0, |_| nobody().upright(helper, 0.9));
    assert_eq!(camera.times(Phase::Ended(EndReason::Upright)), [0.0; 0]);
    assert_eq!(camera.times(Phase::Ended(EndReason::Gone)).len(), 1, "nobody lies there any more");
}

#[test]
fn a_helper_who_walks_in_while_the_fallen_is_hidden_does_not_end_it_as_upright() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(24.0, |_| lies());
    camera
        .until(40.0, |t| nobody().upright(moved(STANDING, (150.0 - 50.0 * (t - 24.0) as f32).max(5.0)), 0.9));
    assert!(!camera.steps.iter().any(|(_, step)| matches!(step.phase, Phase::Ended(_))));
}

#[test]
fn who_is_helped_up_and_led_away_ends_it_as_upright() {
    let helper = Rect::new(262.0, 105.0, 300.0, 222.0);
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(24.0, |_| lies());
    camera.until(30.0, |_| lies().upright(helper, 0.9));
    // Both stand, and go at once.
    camera.until(50.0, |t| {
        let away = 20.0 * (t - 30.0) as f32;
        nobody().upright(moved(helper, away), 0.9).upright(moved(STANDING, away), 0.8)
    });
    assert_eq!(camera.times(Phase::Ended(EndReason::Upright)), [36.0]);
    let newest = camera.states();
    assert_eq!(
        newest[newest.len() - 2..],
        [(FallState::UprightAgain, Because::Rose), (FallState::Ended, Because::Lasted)]
    );
}

#[test]
fn an_open_alert_outlives_a_blind_camera_and_a_suspicion_does_not() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(20.0, |_| lies());
    assert_eq!(camera.alerts(), 1);
    camera.blind_until(600.0, HeldBack::Covered).until(620.0, |_| nobody());
    assert!(!camera.steps.iter().any(|(_, step)| matches!(step.phase, Phase::Ended(_))));
    camera.until(640.0, |_| nobody());
    assert_eq!(
        camera.times(Phase::Ended(EndReason::Gone)),
        [628.0],
        "thirty seconds after it was blind last"
    );

    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(8.0, |_| lies()).blind_until(12.0, HeldBack::Black);
    assert_eq!((camera.rule.attention(), camera.rule.downs.len()), (Attention::None, 0));
    camera.until(20.0, |_| lies());
    assert_eq!(camera.alerts(), 0, "seen down for eight seconds since");
}

#[test]
fn the_evidence_says_how_it_came_to_each_step() {
    let mut camera = Camera::new();
    camera.until(5.0, |_| stands()).until(80.0, |_| lies()).until(100.0, |_| stands());
    let (_, last) = camera.steps.last().unwrap();
    assert_eq!(
        camera.states(),
        [
            (FallState::Upright, Because::Stood),
            (FallState::Vanished, Because::NotFound),
            (FallState::Down, Because::LiesWhereStood),
            (FallState::Suspected, Because::Lasted),
            (FallState::Alert, Because::Lasted),
            (FallState::LongLie, Because::Lasted),
            (FallState::UprightAgain, Because::Rose),
            (FallState::Ended, Because::Lasted),
        ]
    );
    assert_eq!((last.transitions[0].at, last.transitions[1].at), (at(4.0), at(6.0)));
    assert_eq!((last.transitions[0].score, last.transitions[2].score), (0.0, 0.6));
    let alert = last.transitions.iter().find(|t| t.to == FallState::Alert).unwrap();
    assert!(alert.share >= 0.7 && alert.at >= at(16.0));
}

#[test]
fn evidence_is_bounded_however_often_somebody_tries_to_get_up() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(20.0, |_| lies());
    camera.until(600.0, |t| if (t / 4.0) as i64 % 4 == 0 { stands() } else { lies() });
    let (_, last) = camera.steps.last().unwrap();
    assert_eq!(last.transitions.len(), FallFinding::TRANSITIONS_MAX);
    assert_eq!(last.transitions[2].to, FallState::Down, "how it began stays");
    assert!(last.transitions.windows(2).all(|two| two[0].at <= two[1].at));
}
