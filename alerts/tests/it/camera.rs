//! Cameras as they are registered: their grids, their names, and what is wrong with them.

use gridwatch_alerts::{CameraEntry, CameraError, Cameras, Registration};

use crate::support::{camera, entry, street};

#[test]
fn a_camera_belongs_to_the_grid_it_names_else_to_the_deepest_that_holds_it_else_to_none() {
    let tree = street();
    let grid_of = |entry| Registration::new(entry, &tree).unwrap().grid().map(|grid| grid.code.clone());
    assert_eq!(grid_of(entry("a", 0.5, 0.5)).as_deref(), Some("11"));
    assert_eq!(grid_of(CameraEntry { grid: Some("1".into()), ..entry("a", 0.5, 0.5) }).as_deref(), Some("1"));
    assert_eq!(grid_of(entry("a", 9.0, 9.0)), None);
    assert_eq!(grid_of(CameraEntry { position: None, ..entry("a", 0.5, 0.5) }), None);
}

#[test]
fn every_fault_of_every_camera_is_named_at_once() {
    let wrong = CameraEntry {
        short_name: Some("十个汉字放不下这个名字".into()),
        code: Some("3704".into()),
        grid: Some("99".into()),
        ..entry("a", 500.0, 0.5)
    };
    let errors =
        Cameras::register([wrong, entry("b", 0.5, 0.5), entry("b", 0.5, 0.5)], &street()).unwrap_err();
    assert!(
        matches!(
            errors.as_slice(),
            [
                CameraError::ShortName { chars: 11, .. },
                CameraError::Code { .. },
                CameraError::Position { .. },
                CameraError::UnknownGrid { .. },
                CameraError::DuplicateId { .. },
            ]
        ),
        "{errors:#?}"
    );
    assert!(errors[3].to_string().contains("camera a: grid \"99\""));
}

#[test]
fn a_short_name_is_the_first_ten_characters_of_the_name() {
    let long = CameraEntry { name: "西花苑社区北门人行道东侧".into(), ..entry("a", 0.5, 0.5) };
    assert_eq!(Registration::new(long, &street()).unwrap().camera.short_name, "西花苑社区北门人行道");
    assert_eq!(Registration::unregistered(&camera("cam-0123456789")).camera.short_name, "cam-012345");
}
