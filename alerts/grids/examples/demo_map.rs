//! Draws the demo world as an SVG, to see that it looks like a street: `cargo run --example demo_map -- FILE [SEED]`.

use std::fmt::Write as _;

use gridwatch_grids::{DemoWorld, Grid, GridLevel, PlaceKind, demo_world};

/// Pixels of a degree of longitude and of latitude, and of the margin.
const SCALE: (f64, f64) = (38_000.0, 46_000.0);
const MARGIN: f64 = 20.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name the file to write")?;
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    std::fs::write(path, svg(&demo_world(seed))?)?;
    Ok(())
}

fn svg(world: &DemoWorld) -> Result<String, std::fmt::Error> {
    let corners =
        || world.grids.iter().flat_map(|grid| grid.area()).flat_map(|part| part.exterior().coords());
    let (west, north) = corners().fold((f64::MAX, f64::MIN), |(x, y), at| (x.min(at.x), y.max(at.y)));
    let (east, south) = corners().fold((f64::MIN, f64::MAX), |(x, y), at| (x.max(at.x), y.min(at.y)));
    let at = |lon: f64, lat: f64| (MARGIN + (lon - west) * SCALE.0, MARGIN + (north - lat) * SCALE.1);
    let (width, height) = at(east, south);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{:.0}" height="{:.0}" font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>"#,
        width + MARGIN,
        height + MARGIN
    );
    for level in [GridLevel::Micro, GridLevel::Base, GridLevel::Community, GridLevel::Street] {
        for grid in world.grids.iter().filter(|grid| grid.level() == level) {
            draw(&mut svg, grid, at)?;
        }
    }
    for camera in &world.cameras {
        let (x, y) = at(camera.lon, camera.lat);
        let colour = match camera.kind {
            PlaceKind::Entrance => "#555",
            PlaceKind::Crossing => "#06c",
            _ => "#c30",
        };
        write!(svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="2" fill="{colour}"/>"#)?;
    }
    svg.push_str("</svg>");
    Ok(svg)
}

fn draw(svg: &mut String, grid: &Grid, at: impl Fn(f64, f64) -> (f64, f64)) -> std::fmt::Result {
    let (stroke, width, size) = match grid.level() {
        GridLevel::Micro => ("#bbb", 0.7, 0.0),
        GridLevel::Base => ("#777", 1.5, 8.0),
        GridLevel::Community => ("#222", 3.5, 20.0),
        _ => ("#000", 6.0, 0.0),
    };
    for part in grid.area() {
        let points: Vec<(f64, f64)> = part.exterior().coords().map(|corner| at(corner.x, corner.y)).collect();
        let text: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        write!(
            svg,
            r#"<polygon points="{}" fill="none" stroke="{stroke}" stroke-width="{width}"/>"#,
            text.join(" ")
        )?;
        let count = points.len() as f64;
        let (x, y) =
            points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
        if size > 0.0 {
            write!(
                svg,
                r#"<text x="{x:.1}" y="{y:.1}" font-size="{size}" text-anchor="middle">{}</text>"#,
                grid.name()
            )?;
        }
    }
    Ok(())
}
