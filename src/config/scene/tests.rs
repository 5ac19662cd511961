use std::path::Path;

use gridwatch_inference::Scene;

use crate::config::{Config, Mistake};

/// What is read of a camera of which this is said besides its name and address.
fn read(text: &str) -> Result<Scene, Vec<Mistake>> {
    let global = "[fall]\nalert_after_s = 20\nshare_min = 0.8\n";
    let camera = "[[camera]]\nid = \"a\"\nname = \"A\"\nurl = \"rtsp://10.0.0.7/1\"\n";
    let config = Config::parse(&format!("{global}{camera}{text}"), Path::new(""))?;
    Ok((*config.cameras[0].scene).clone())
}

/// The settings that are wrong, with their lines.
fn wrong(text: &str) -> Vec<(usize, String)> {
    read(text).unwrap_err().into_iter().map(|mistake| (mistake.line, mistake.key)).collect()
}

#[test]
fn a_camera_has_its_own_thresholds_and_else_those_of_all() {
    let scene = read("[camera.fall]\nalert_after_s = 30\n").unwrap();
    assert_eq!((scene.fall.alert_after.as_secs(), scene.fall.share_min), (30, 0.8));
    let scene = read("").unwrap();
    assert_eq!((scene.fall.alert_after.as_secs(), scene.fall.suspected_after.as_secs()), (20, 3));
    assert!(scene.calibration.is_none() && scene.lying_zones.is_empty());
}

#[test]
fn ground_and_zones_are_read() {
    let scene = read(
        "ground = [[0.2, 0.5, 0, 0], [0.7, 0.5, 10, 0], [0.9, 0.9, 10, 8.5], [0.1, 0.9, 0, 8.5]]
        [[camera.lying_zone]]
        kind = \"bench\"
        corners = [[0.1, 0.5], [0.3, 0.5], [0.3, 0.6]]
        hours = [\"22:00-06:00\"]
        long_after_s = 3600
        [[camera.lying_zone]]
        kind = \"playground\"
        corners = [[0.5, 0.5], [0.8, 0.5], [0.8, 0.9], [0.5, 0.9]]",
    )
    .unwrap();
    let ground = scene.calibration.unwrap().to_ground([0.2, 0.5]).unwrap();
    assert!(ground[0].abs() < 1e-6 && ground[1].abs() < 1e-6, "{ground:?}");
    let [bench, playground] = scene.lying_zones.as_slice() else { panic!("two zones") };
    assert_eq!((bench.hours.len(), bench.long_after.map(|after| after.as_secs())), (1, Some(3600)));
    assert_eq!((playground.hours.len(), playground.long_after), (0, None));
}

#[test]
fn mistakes_of_the_place_are_told_with_their_lines() {
    assert_eq!(wrong("ground = [[0.2, 0.5, 0, 0], [0.7, 0.5, 10]]"), [(8, "camera[1].ground".to_owned())]);
    let on_a_line = "ground = [[0.1, 0.5, 0, 0], [0.2, 0.5, 1, 0], [0.3, 0.5, 2, 0], [0.4, 0.5, 3, 0]]";
    assert_eq!(wrong(on_a_line), [(8, "camera[1].ground".to_owned())]);
    let key = |key: &str| format!("camera[1].lying_zone[1].{key}");
    let zone =
        "[[camera.lying_zone]]\nkind = \"sofa\"\ncorners = [[0.1, 0.5], [0.3, 1.5]]\nhours = [\"night\"]";
    assert_eq!(wrong(zone), [(9, key("kind")), (10, key("corners")), (11, key("hours"))]);
    assert_eq!(wrong("[[camera.lying_zone]]\nkind = \"bed\"\n"), [(8, key("corners"))]);
    assert_eq!(wrong("[camera.fall]\nalert_after_s = 2\n"), [(9, "camera[1].fall.alert_after_s".to_owned())]);
}
