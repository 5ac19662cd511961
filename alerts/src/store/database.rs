//! Which database: a SQLite file, or a PostgreSQL server by its URL.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use url::Url;

use crate::error::OpenError;

/// Where alerts are kept. Shown without the password.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file of this program alone.
    Sqlite(PathBuf),
    /// A database of a server: `postgres://user:password@host/name`.
    Postgres(Box<Url>),
}

/// The address of a database that cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a database is a file, or postgres://user:password@host/name")]
pub struct BadDatabase;

impl Database {
    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// Says what it means that the database failed on being opened.
    pub(super) fn error(&self, source: sqlx::Error) -> OpenError {
        // SQLite's primary result codes; the upper bits say more, which is not needed here.
        let code = source
            .as_database_error()
            .and_then(|error| error.code())
            .and_then(|code| code.parse::<i32>().ok());
        match (self.file(), code.map(|code| code & 0xff)) {
            (Some(path), Some(11)) => {
                OpenError::Corrupt { path: path.to_owned(), detail: source.to_string() }
            }
            (Some(_), Some(26)) => OpenError::NotADatabase { database: self.clone() },
            (Some(path), Some(8 | 14)) => {
                OpenError::NotWritable { path: path.to_owned(), source: io::Error::other(source) }
            }
            _ => OpenError::Database { database: self.clone(), source },
        }
    }
}

impl FromStr for Database {
    type Err = BadDatabase;

    /// What begins with `postgres://` or `postgresql://` is a server's; everything else is a file's path.
    fn from_str(text: &str) -> Result<Self, BadDatabase> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return if text.is_empty() { Err(BadDatabase) } else { Ok(Self::Sqlite(text.into())) };
        }
        let url = Url::parse(text).map_err(|_| BadDatabase)?;
        let named = url.has_host() && url.path().len() > 1;
        if named { Ok(Self::Postgres(Box::new(url))) } else { Err(BadDatabase) }
    }
}

impl From<&Path> for Database {
    fn from(path: &Path) -> Self {
        Self::Sqlite(path.to_owned())
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => {
                let host = url.host_str().unwrap_or_default();
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                write!(f, "postgres://{host}{port}{}", url.path())
            }
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_or_a_server() {
        assert_eq!("data/gridwatch.db".parse(), Ok(Database::Sqlite("data/gridwatch.db".into())));
        let server: Database =
            "postgres://gridwatch:s3cret@db.local:5433/gridwatch?sslmode=require".parse().unwrap();
        assert_eq!(server.to_string(), "postgres://db.local:5433/gridwatch");
        assert!(!format!("{server:?}").contains("s3cret"));
        for bad in ["", "postgres://", "postgres:///name", "postgres://host", "postgres://host/"] {
            assert_eq!(bad.parse::<Database>(), Err(BadDatabase), "{bad}");
        }
    }
}
