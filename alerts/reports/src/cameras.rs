//! How long the cameras could be reached, and how long they were of use: two figures.

use crate::{
    fact::{CameraTime, Case},
    figure::{Figure, FigureName as Name, Unit},
    language::Words,
    nuisance::nuisance,
    report::{Cell, Table, TableName},
};

const HOUR_S: f64 = 3600.0;

/// The figures of the cameras, and of the nuisance alerts for which their time is the measure.
pub(crate) fn cameras(cameras: &[CameraTime], cases: &[&Case]) -> Vec<Figure> {
    let hours = |seconds: fn(&CameraTime) -> u64| {
        cameras.iter().map(seconds).fold(0u64, u64::saturating_add) as f64 / HOUR_S
    };
    let watched = hours(|camera| camera.watched_s);
    let usable = hours(CameraTime::usable_s);
    let share = |name, part, zh, en| {
        let definition = Words::new(
            format!("{zh}摄像机小时 ÷ 应监看摄像机小时（共 {watched:.1}）"),
            format!("Camera-hours {en} ÷ camera-hours to be watched ({watched:.1} in all)"),
        );
        Figure::ratio(name, Unit::Share, part, watched, definition)
    };
    let mut figures = vec![
        share(Name::CamerasOnline, hours(CameraTime::online_s), "在线", "online"),
        share(Name::CamerasUsable, usable, "完好", "usable"),
    ];
    figures.extend(nuisance(cases, usable / 24.0));
    figures
}

/// The time of every camera, by its id.
pub(crate) fn camera_table(cameras: &[CameraTime]) -> Table {
    let mut cameras: Vec<&CameraTime> = cameras.iter().collect();
    cameras.sort_by(|a, b| (&a.id, &a.grid, a.watched_s).cmp(&(&b.id, &b.grid, b.watched_s)));
    let row = |camera: &&CameraTime| {
        let hours = |seconds: u64| seconds as f64 / HOUR_S;
        let share = |seconds: u64| match camera.watched_s {
            0 => Cell::Empty,
            watched_s => Cell::Share(seconds as f64 / watched_s as f64),
        };
        vec![
            Cell::Text(camera.id.clone()),
            camera.grid.clone().map_or(Cell::Empty, Cell::Text),
            Cell::Number(hours(camera.watched_s)),
            Cell::Number(hours(camera.online_s())),
            Cell::Number(hours(camera.usable_s())),
            share(camera.online_s()),
            share(camera.usable_s()),
        ]
    };
    Table {
        name: TableName::Cameras,
        title: Words::new("摄像机", "Cameras"),
        note: Words::new(
            "在线为可达，完好为画面可用；单位：小时",
            "Online is reachable, usable is a picture of use; in hours",
        ),
        columns: vec![
            Words::new("摄像机", "Camera"),
            Words::new("网格", "Grid"),
            Words::new("应监看", "To be watched"),
            Words::new("在线", "Online"),
            Words::new("完好", "Usable"),
            Words::new("在线率", "Online rate"),
            Words::new("完好率", "Usable rate"),
        ],
        rows: cameras.iter().map(row).collect(),
    }
}
