//! Opening the database: everything that may be wrong with it is found before a byte of it is changed.

use std::{sync::Arc, time::Duration};

use sqlx::{
    AnyConnection, AnyPool, ConnectOptions, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::Migrator,
};

use url::Url;

use super::{Backend, Database, Store, postgres, sqlite};
use crate::error::OpenError;

/// One writer and a few readers: console requests and socket catch-up.
const CONNECTIONS_MAX: u32 = 6;

/// How long the last transaction of a server that is gone may still take.
const LAST_TRANSACTION_MAX: Duration = Duration::from_secs(10);

impl Store {
    /// Opens the database, makes a file (and its folder) where there is none, brings the schema up to date, and keeps other
    /// processes away until the last clone is dropped.
    ///
    /// Commits reach the disk before they return, so neither a killed process nor a lost power supply takes
    /// one back.
    ///
    /// # Errors
    /// The folder cannot be written, the server cannot be reached, another process has the database, or it is no
    /// database of ours, damaged, or of a newer version. It is then as it was.
    pub async fn open(database: &Database) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let (backend, holder, url) = match database {
            Database::Sqlite(path) => {
                let lock = sqlite::hold(path).await?;
                (Backend::Sqlite, Holder::File(lock), sqlite::url(path, "rwc")?)
            }
            Database::Postgres(url) => {
                let session = postgres::hold(database, url).await?;
                (Backend::Postgres, Holder::Session(session), Url::clone(url))
            }
        };
        let failed = |source| database.error(source);
        let options = AnyConnectOptions::from_url(&url).map_err(failed)?;
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .after_connect(move |connection, _| Box::pin(prepare(backend, connection)))
            .connect_with(options)
            .await
            .map_err(failed)?;
        let migrate = |source| OpenError::Migrate { database: database.clone(), source };
        backend.migrations().run(&pool).await.map_err(migrate)?;
        // The server before may be dead while its last transaction is not: it ends first.
        let epoch = match tokio::time::timeout(LAST_TRANSACTION_MAX, next_epoch(&pool)).await {
            Ok(epoch) => epoch.map_err(failed)?,
            Err(_) => return Err(OpenError::InUse { database: database.clone() }),
        };
        Ok(Self { pool, backend, database: Arc::new(database.clone()), epoch, _holder: Arc::new(holder) })
    }

    /// Opens a database that is there for reading, also while a server has it. Whatever wants to write is refused as
    /// [`crate::Error::Superseded`].
    ///
    /// # Errors
    /// It is not there, cannot be reached, or is not of this program's version.
    pub async fn open_to_read(database: &Database) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let (backend, url) = match database {
            Database::Sqlite(path) => (Backend::Sqlite, sqlite::url(path, "rw")?),
            Database::Postgres(url) => (Backend::Postgres, Url::clone(url)),
        };
        let failed = |source| database.error(source);
        let options = AnyConnectOptions::from_url(&url).map_err(failed)?;
        let pool = AnyPoolOptions::new().max_connections(1).connect_with(options).await.map_err(failed)?;
        let found: (Option<i64>,) = sqlx::query_as("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&pool)
            .await
            .map_err(failed)?;
        if found.0 != Some(backend.known_version()) {
            let (found, known) = (found.0.unwrap_or(0), backend.known_version());
            return Err(OpenError::Older { database: database.clone(), found, known });
        }
        let holder = Arc::new(Holder::Nobody);
        Ok(Self { pool, backend, database: Arc::new(database.clone()), epoch: NO_EPOCH, _holder: holder })
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

/// No database counts up to this: who has it writes nothing.
const NO_EPOCH: i64 = -1;

/// What keeps a second process away for as long as it lives.
#[derive(Debug)]
pub(super) enum Holder {
    /// A locked file.
    File(#[expect(dead_code, reason = "held, not used")] std::fs::File),
    /// Nothing: it is open for reading.
    Nobody,
    /// A session with an advisory lock.
    Session(#[expect(dead_code, reason = "held, not used")] postgres::Session),
}

impl Backend {
    pub(super) fn migrations(self) -> &'static Migrator {
        static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
        static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
        }
    }

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// The first version of the schema that a database of this kind has.
    pub(super) fn oldest_version(self) -> Option<i64> {
        self.migrations().iter().map(|migration| migration.version).min()
    }

    /// The newest version of the schema that this program knows.
    pub(super) fn known_version(self) -> i64 {
        self.migrations().iter().map(|migration| migration.version).max().unwrap_or(0)
    }
}

async fn prepare(backend: Backend, connection: &mut AnyConnection) -> sqlx::Result<()> {
    if backend == Backend::Sqlite {
        connection.execute(sqlite::PRAGMAS).await?;
    }
    Ok(())
}

/// Whoever held the database before finds another number than its own from now on, and what it was about to send is free.
async fn next_epoch(pool: &AnyPool) -> sqlx::Result<i64> {
    let (epoch,) =
        sqlx::query_as("UPDATE holder SET epoch = epoch + 1 RETURNING epoch").fetch_one(pool).await?;
    let statement =
        "UPDATE deliveries SET leased_until = NULL WHERE state = 'queued' AND leased_until IS NOT NULL";
    sqlx::query(statement).execute(pool).await?;
    Ok(epoch)
}
