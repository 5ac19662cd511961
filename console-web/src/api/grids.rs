//! The grid tree with its polygons.

#![expect(dead_code, reason = "the types here describe what the grid tree itself puts into words")]

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use gridwatch_alerts::{GridLevel, blocking, grids};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::ApiQuery;
use crate::{
    error::{ApiError, ErrorBody},
    server::Shared,
};

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

/// Which tree.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeQuery {
    at: Option<Timestamp>,
}

/// Every tree there ever was or is planned.
#[derive(Serialize, ToSchema)]
pub struct TreeVersions {
    /// The server's time.
    server_now: Timestamp,
    /// The newest first.
    versions: Vec<TreeVersion>,
}

/// A tree that was, is or will be valid for some time, and how it differs from the one before.
#[derive(Serialize, ToSchema)]
pub struct TreeVersion {
    /// From when it is valid, until the next one is.
    valid_from: Timestamp,
    /// When it was taken over; null where that is not known.
    #[schema(required)]
    made_at: Option<Timestamp>,
    /// By whom: the id of a person, or `gridwatch` for the file of the configuration; null where that is not known.
    #[schema(required)]
    by: Option<String>,
    /// How many grids it has.
    grids: usize,
    /// How many of them were not in the one before.
    added: usize,
    /// How many go on in another way.
    changed: usize,
    /// How many grids of the one before are no more.
    ended: usize,
}

/// All grids as GeoJSON: those that are valid now, or that were or will be at another time.
#[utoipa::path(
    get, path = "/api/grids", tag = "grids", operation_id = "list_grids",
    params(("at" = Option<Timestamp>, Query, description = "When; now unless given")),
    responses(
        (status = 200, body = GridCollection, content_type = "application/geo+json"),
        (status = 400, body = ErrorBody),
    )
)]
pub async fn tree(
    State(shared): State<Shared>,
    ApiQuery(query): ApiQuery<TreeQuery>,
) -> Result<Response, ApiError> {
    let text = match query.at {
        Some(at) => {
            let grids = shared.registry.grids_at(at).await;
            blocking(move || grids.to_geojson().to_string()).await
        }
        None => {
            let directory = shared.registry.directory().await;
            blocking(move || directory.grids().to_geojson().to_string()).await
        }
    };
    Ok(([(header::CONTENT_TYPE, "application/geo+json")], text).into_response())
}

/// Every tree of grids there ever was or is planned, with who took it over.
#[utoipa::path(
    get, path = "/api/grids/versions", tag = "grids", operation_id = "list_grid_versions",
    responses((status = 200, body = TreeVersions))
)]
pub async fn versions(State(shared): State<Shared>) -> Result<Json<TreeVersions>, ApiError> {
    let takeovers = shared.desk.store().grid_takeovers().await?;
    let trees = shared.registry.grid_versions().await;
    let version = |tree: grids::TreeVersion| {
        let takeover = takeovers.iter().find(|takeover| takeover.valid_from == tree.valid_from);
        let grids::TreeVersion { valid_from, grids, added, changed, ended } = tree;
        let (made_at, by) = takeover.map(|takeover| (takeover.made_at, takeover.by.clone())).unzip();
        TreeVersion { valid_from, made_at, by, grids, added, changed, ended }
    };
    let versions = trees.into_iter().map(version).collect();
    Ok(Json(TreeVersions { server_now: shared.clock.now(), versions }))
}
