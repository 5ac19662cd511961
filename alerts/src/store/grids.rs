//! The versions of the grids in the database.

use gridwatch_grids::{Grid, GridRow, GridVersion, History};
use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};

use super::Store;
use crate::error::Error;

/// That somebody took a tree of grids over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridTakeover {
    /// From when on the tree is valid.
    pub valid_from: Timestamp,
    /// When it was taken over.
    pub made_at: Timestamp,
    /// By whom; `gridwatch` where it is the file of the configuration.
    pub by: String,
}

impl Store {
    /// All versions of all grids.
    ///
    /// # Errors
    /// The database fails, or what it holds is no history.
    pub async fn grid_history(&self) -> Result<History, Error> {
        let statement =
            "SELECT code, name, level, parent, households, people, area, valid_from, valid_to FROM grids";
        let rows = sqlx::query(statement).fetch_all(&self.pool).await?;
        let versions = rows.iter().map(read_version).collect::<Result<Vec<_>, Error>>()?;
        History::new(versions).map_err(|error| Error::Content(error.to_string()))
    }

    /// Whether there are any grids.
    ///
    /// # Errors
    /// The database fails.
    pub async fn has_grids(&self) -> Result<bool, Error> {
        let (grids,): (i64,) = sqlx::query_as("SELECT count(*) FROM grids").fetch_one(&self.pool).await?;
        Ok(grids > 0)
    }

    /// Who took which tree over, the newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn grid_takeovers(&self) -> Result<Vec<GridTakeover>, Error> {
        let statement = "SELECT valid_from, made_at, made_by FROM grid_takeovers ORDER BY valid_from DESC";
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(statement).fetch_all(&self.pool).await?;
        let takeover = |(valid_from, made_at, by)| {
            Ok(GridTakeover { valid_from: time(valid_from)?, made_at: time(made_at)?, by })
        };
        rows.into_iter().map(takeover).collect()
    }

    /// Writes versions that began, and the ends of those that were open; what has ended is not changed any more.
    ///
    /// # Errors
    /// The database fails, or another process holds it.
    pub async fn put_grid_versions(
        &self,
        versions: &[GridVersion],
        takeover: &GridTakeover,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        // Grids may be added once more from the same time on; the last word counts.
        let statement = "INSERT INTO grid_takeovers (valid_from, made_at, made_by) VALUES ($1, $2, $3) \
                         ON CONFLICT (valid_from) DO UPDATE SET made_at = excluded.made_at, made_by = excluded.made_by";
        sqlx::query(statement)
            .bind(takeover.valid_from.as_millisecond())
            .bind(takeover.made_at.as_millisecond())
            .bind(&takeover.by)
            .execute(&mut *transaction)
            .await?;
        for GridVersion { grid, valid_from, valid_to } in versions {
            let row = GridRow::from(grid.clone());
            let statement = "INSERT INTO grids (code, valid_from, valid_to, name, level, parent, households, people, area) \
                             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (code, valid_from) DO UPDATE SET \
                             valid_to = excluded.valid_to WHERE grids.valid_to IS NULL";
            sqlx::query(statement)
                .bind(&row.code)
                .bind(valid_from.as_millisecond())
                .bind(valid_to.map(|end| end.as_millisecond()))
                .bind(&row.name)
                .bind(row.level.as_str())
                .bind(&row.parent)
                .bind(row.households.map(i64::from))
                .bind(row.people.map(i64::from))
                .bind(&row.area)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}

fn read_version(row: &AnyRow) -> Result<GridVersion, Error> {
    let count = |column: &str| -> Result<Option<u32>, Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.and_then(|count| u32::try_from(count).ok()))
    };
    let grid = GridRow {
        code: row.try_get("code")?,
        name: row.try_get("name")?,
        level: serde_json::from_value(row.try_get::<String, _>("level")?.into())?,
        parent: row.try_get("parent")?,
        households: count("households")?,
        people: count("people")?,
        area: row.try_get("area")?,
    };
    let grid = Grid::try_from(grid).map_err(|error| Error::Content(error.to_string()))?;
    let valid_to: Option<i64> = row.try_get("valid_to")?;
    Ok(GridVersion {
        grid,
        valid_from: time(row.try_get("valid_from")?)?,
        valid_to: valid_to.map(time).transpose()?,
    })
}

fn time(at: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(at).map_err(|error| Error::Content(error.to_string()))
}
