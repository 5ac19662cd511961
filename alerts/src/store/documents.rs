//! What people set up, in versions: the newest of each counts, and every one is kept.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::Store;
use crate::error::Error;

/// What a document is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A person.
    Person,
    /// An entry of the roster.
    RosterEntry,
    /// How long there is for what; one only.
    Policy,
    /// A silence.
    Silence,
    /// A drill.
    Drill,
    /// A browser that asked for pushes.
    Browser,
}

/// One version of something that people set up.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<T> {
    /// Its id among those of its kind.
    pub id: String,
    /// Which version it is, from 1.
    pub version: i64,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// Whether this version takes it away.
    pub removed: bool,
    /// What it says.
    pub body: T,
}

type Row = (String, i64, i64, String, i64, String);

impl Store {
    /// Writes new versions, all or none.
    ///
    /// # Errors
    /// The database fails, or another process holds it.
    pub async fn put_documents<T: Serialize + Sync>(
        &self,
        kind: DocumentKind,
        documents: &[(String, &T)],
        removed: bool,
        by: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        for (id, body) in documents {
            let statement = "INSERT INTO documents (kind, id, version, at, made_by, removed, body) \
                             SELECT $1, $2, COALESCE(max(version), 0) + 1, $3, $4, $5, $6 FROM documents WHERE kind = $1 AND id = $2";
            sqlx::query(statement)
                .bind(kind.as_str())
                .bind(id)
                .bind(now.as_millisecond())
                .bind(by)
                .bind(removed)
                .bind(serde_json::to_string(body)?)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The newest version of each document of a kind that was not taken away, by id.
    ///
    /// # Errors
    /// The database fails, or one of them cannot be read.
    pub async fn documents<T: DeserializeOwned>(
        &self,
        kind: DocumentKind,
    ) -> Result<Vec<Document<T>>, Error> {
        let statement = "SELECT id, version, at, made_by, CASE WHEN removed THEN 1 ELSE 0 END, body FROM documents AS d \
                         WHERE kind = $1 AND NOT removed AND version = \
                         (SELECT max(version) FROM documents AS n WHERE n.kind = d.kind AND n.id = d.id) ORDER BY id";
        let rows: Vec<Row> = sqlx::query_as(statement).bind(kind.as_str()).fetch_all(&self.pool).await?;
        rows.into_iter().map(read).collect()
    }

    /// All versions of all documents of a kind, the newest first.
    ///
    /// # Errors
    /// The database fails, or one of them cannot be read.
    pub(crate) async fn every_version<T: DeserializeOwned>(
        &self,
        kind: DocumentKind,
    ) -> Result<Vec<Document<T>>, Error> {
        let statement = "SELECT id, version, at, made_by, CASE WHEN removed THEN 1 ELSE 0 END, body FROM documents \
                         WHERE kind = $1 ORDER BY version DESC";
        let rows: Vec<Row> = sqlx::query_as(statement).bind(kind.as_str()).fetch_all(&self.pool).await?;
        rows.into_iter().map(read).collect()
    }

    /// All versions of a document, the newest first.
    ///
    /// # Errors
    /// The database fails, or one of them cannot be read.
    pub async fn document_versions<T: DeserializeOwned>(
        &self,
        kind: DocumentKind,
        id: &str,
    ) -> Result<Vec<Document<T>>, Error> {
        let statement = "SELECT id, version, at, made_by, CASE WHEN removed THEN 1 ELSE 0 END, body FROM documents \
                         WHERE kind = $1 AND id = $2 ORDER BY version DESC";
        let rows: Vec<Row> =
            sqlx::query_as(statement).bind(kind.as_str()).bind(id).fetch_all(&self.pool).await?;
        rows.into_iter().map(read).collect()
    }
}

fn read<T: DeserializeOwned>((id, version, at, made_by, removed, body): Row) -> Result<Document<T>, Error> {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(Document { id, version, at, made_by, removed: removed != 0, body: serde_json::from_str(&body)? })
}

impl DocumentKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::RosterEntry => "roster_entry",
            Self::Policy => "policy",
            Self::Silence => "silence",
            Self::Drill => "drill",
            Self::Browser => "browser",
        }
    }
}
