//! The grid tree with its polygons.

#![expect(dead_code, reason = "the types here describe what the grid tree itself puts into words")]

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use gridwatch_alerts::GridLevel;
use serde::Serialize;
use utoipa::ToSchema;

use crate::server::Shared;

/// A GeoJSON FeatureCollection of all grids.
#[derive(ToSchema)]
pub struct GridCollection {
    /// Always `FeatureCollection`.
    r#type: GridCollectionType,
    /// The grids.
    features: Vec<GridFeature>,
}

/// The GeoJSON type of [`GridCollection`].
#[derive(ToSchema)]
pub enum GridCollectionType {
    /// The only one.
    FeatureCollection,
}

/// One grid.
#[derive(ToSchema)]
pub struct GridFeature {
    /// Always `Feature`.
    r#type: GridFeatureType,
    /// What the grid is.
    properties: GridProperties,
    /// Where it is.
    geometry: GridGeometry,
}

/// The GeoJSON type of [`GridFeature`].
#[derive(ToSchema)]
pub enum GridFeatureType {
    /// The only one.
    Feature,
}

/// What a grid is.
#[derive(ToSchema)]
pub struct GridProperties {
    /// Its code.
    code: String,
    /// Its name.
    name: String,
    /// Its rank.
    level: GridLevel,
    /// The code of the grid above it.
    #[schema(required)]
    parent: Option<String>,
    /// How many households live in it, if known.
    #[schema(required)]
    households: Option<u32>,
    /// How many people live in it, if known.
    #[schema(required)]
    people: Option<u32>,
}

/// Where a grid is: rings of longitude and latitude, WGS-84 degrees.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum GridGeometry {
    /// One area.
    Polygon {
        /// Its outer ring, then its holes.
        coordinates: Vec<Vec<Vec<f64>>>,
    },
    /// Several areas.
    MultiPolygon {
        /// Of each its outer ring, then its holes.
        coordinates: Vec<Vec<Vec<Vec<f64>>>>,
    },
}

/// All grids as GeoJSON.
#[utoipa::path(
    get, path = "/api/grids", tag = "grids", operation_id = "list_grids",
    responses((status = 200, body = GridCollection, content_type = "application/geo+json"))
)]
pub async fn tree(State(shared): State<Shared>) -> Response {
    let directory = shared.registry.directory().await;
    ([(header::CONTENT_TYPE, "application/geo+json")], directory.grids().to_geojson().to_string())
        .into_response()
}
