//! When the turned views are asked, and how closely the camera is looked at.

use super::*;

/// What the rule wants of the turned views at second `n`, and tells it that they saw `lying`.
fn look(rule: &mut FallRule, n: f64, upright: &[Detection], lying: &[Detection]) -> Option<Rect> {
    let part = rule.wants_turned(upright, PICTURE, at(n));
    let turned = part.map(|part| Turned { part, detections: lying, asked_at: at(n) });
    rule.judge(Look { at: at(n), size: PICTURE, upright, turned });
    part
}

#[test]
fn the_whole_picture_is_asked_for_when_the_floor_is_due() {
    let mut rule = rule(1);
    let due = |n: &i32| look(&mut rule, f64::from(*n), &[], &[]) == Some(WHOLE);
    assert_eq!((0..20).filter(due).collect::<Vec<_>>(), [0, 8, 16]);
}

#[test]
fn what_is_known_of_an_earlier_picture_puts_off_no_look() {
    let mut rule = rule(1);
    look(&mut rule, 0.0, &[], &[]);
    for n in 1..30 {
        let turned = rule.wants_turned(&[], PICTURE, at(f64::from(n))).map(|part| Turned {
            part,
            detections: &[],
            asked_at: at(0.0),
        });
        assert_eq!(turned.is_some(), n >= 8, "{n}");
        rule.judge(Look { at: at(f64::from(n)), size: PICTURE, upright: &[], turned });
    }
    assert_eq!(look(&mut rule, 30.0, &[], &[]), Some(WHOLE), "as soon as something has changed");
    assert_eq!(look(&mut rule, 31.0, &[], &[]), None);
}

#[test]
fn the_turned_views_are_asked_when_somebody_went_or_may_be_down() {
    let watched = || {
        let mut rule = rule(1);
        assert_eq!(look(&mut rule, 0.0, &stands().upright, &[]), Some(WHOLE));
        rule
    };
    assert_eq!(look(&mut watched(), 1.0, &stands().upright, &[]), None, "still stands");
    assert!(look(&mut watched(), 1.0, &[], &[]).is_some(), "vanished");
    assert!(look(&mut watched(), 1.0, &nobody().upright(LYING, 0.4).upright, &[]).is_some(), "collapsed");
    let mut rule = watched();
    assert!(look(&mut rule, 1.0, &[], &lies().lying).is_some());
    assert!(look(&mut rule, 2.0, &stands().upright, &[]).is_some(), "somebody may be down");
}

#[test]
fn only_the_part_round_a_small_person_is_asked_for() {
    let mut rule = rule(1);
    let small = Rect::new(200.0, 100.0, 220.0, 160.0);
    look(&mut rule, 0.0, &nobody().upright(small, 0.8).upright, &[]);
    assert_eq!(look(&mut rule, 1.0, &[], &[]), Some(Rect::new(50.0, 0.0, 370.0, 320.0)));
}

#[test]
fn who_walks_out_of_the_picture_is_not_looked_for() {
    let mut camera = Camera::new();
    camera.until(7.0, |t| nobody().upright(moved(STANDING, -33.0 * t as f32), 0.8));
    camera.until(30.0, |_| nobody());
    assert_eq!(camera.asked, [0.0, 8.0, 16.0, 24.0].map(|t| (t, WHOLE)));
}

#[test]
fn a_busy_street_costs_no_more_than_every_other_second() {
    let mut rule = rule(1);
    // Somebody else is lost from sight at every look.
    let passer = |n: i32| nobody().upright(moved(STANDING, 300.0 * (n % 2) as f32 - 50.0), 0.8).upright;
    let asked = (0..100).filter(|n| look(&mut rule, f64::from(*n), &passer(*n), &[]).is_some()).count();
    assert!((50..=65).contains(&asked), "{asked}");
}

#[test]
fn an_open_alert_is_looked_at_every_other_second_however_often_pictures_come() {
    let mut rule = rule(1);
    let asked: Vec<usize> =
        (0..160).filter(|n| look(&mut rule, 0.25 * *n as f64, &[], &lies().lying).is_some()).collect();
    let after_alert: Vec<f64> = asked.iter().map(|n| 0.25 * *n as f64).filter(|t| *t > 12.0).collect();
    assert!(after_alert.windows(2).all(|two| two[1] - two[0] >= 1.0), "{after_alert:?}");
    assert!(after_alert.windows(2).all(|two| two[1] - two[0] <= 2.0), "{after_alert:?}");
}

#[test]
fn a_suspicion_is_looked_at_every_second_however_often_pictures_come() {
    let mut rule = rule(1);
    let asked: Vec<f64> = (0..40)
        .map(|n| 0.25 * f64::from(n))
        .filter(|t| look(&mut rule, *t, &[], &lies().lying).is_some())
        .collect();
    assert!(asked.windows(2).all(|two| two[1] - two[0] == 1.0), "{asked:?}");
}

/// Somebody who is seen lying at every other look for as long as one likes: no burst for all that time.
#[test]
fn what_stays_doubtful_is_looked_at_as_an_open_alert_is() {
    let mut rule = rule(1);
    let mut bursts = Vec::new();
    for n in 0..120 {
        let lying = if n % 2 == 0 { lies().lying } else { Vec::new() };
        look(&mut rule, f64::from(n), &[], &lying);
        if rule.attention() == Attention::Suspicion {
            bursts.push(n);
        }
    }
    assert_eq!(rule.attention(), Attention::Alarm);
    assert_eq!(rule.downs[0].reached, Reached::Suspected, "half of the looks are too few for an alert");
    assert_eq!((bursts.first(), bursts.last()), (Some(&0), Some(&29)));
}

#[test]
fn a_burst_is_wanted_from_the_first_sign_until_the_alert() {
    let mut camera = Camera::new();
    assert_eq!(camera.rule.attention(), Attention::None);
    camera.until(4.0, |_| stands());
    assert_eq!(camera.rule.attention(), Attention::Track);
    camera.until(13.9, |_| lies());
    assert_eq!((camera.rule.attention(), camera.alerts()), (Attention::Suspicion, 0));
    camera.until(14.1, |_| lies());
    assert_eq!((camera.rule.attention(), camera.alerts()), (Attention::Alarm, 1));
}
