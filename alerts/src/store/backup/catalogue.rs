//! What tables a database has, asked of the database itself: a table that a later migration makes is in the backup
//! without anybody having thought of it.

use std::collections::HashSet;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::super::{Backend, Database, postgres, sqlite};
use crate::error::BackupError;

/// All tables but the one of the migrations; those that others refer to come before them.
pub(super) struct Catalogue {
    pub tables: Vec<Table>,
    backend: Backend,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub name: String,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: ColumnKind,
    /// The database gives each row the next number.
    numbered: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnKind {
    Integer,
    Text,
    Boolean,
}

type ColumnRow = (String, String, String, i64);

// === impl Catalogue ===

impl Catalogue {
    /// Asks the database.
    pub(super) async fn read(
        backend: Backend,
        database: &Database,
        connection: &mut AnyConnection,
    ) -> Result<Self, BackupError> {
        let failed = |source| BackupError::Database { database: database.clone(), source };
        let unsupported = |what| BackupError::Unsupported { database: database.clone(), what };
        let (columns, references) = match backend {
            Backend::Sqlite => (sqlite::COLUMNS, sqlite::REFERENCES),
            Backend::Postgres => (postgres::COLUMNS, postgres::REFERENCES),
        };
        let columns: Vec<ColumnRow> =
            sqlx::query_as(columns).fetch_all(&mut *connection).await.map_err(failed)?;
        let references: Vec<(String, String)> =
            sqlx::query_as(references).fetch_all(&mut *connection).await.map_err(failed)?;
        let mut tables: Vec<Table> = Vec::new();
        for (table, name, kind, numbered) in columns {
            let kind = ColumnKind::of(&kind).ok_or_else(|| {
                unsupported(format!("column {table}.{name} is of a type ({kind}) that backups do not know"))
            })?;
            let column = Column { name, kind, numbered: numbered != 0 };
            match tables.last_mut().filter(|last| last.name == table) {
                Some(last) => last.columns.push(column),
                None => tables.push(Table { name: table, columns: vec![column] }),
            }
        }
        let tables = in_order(tables, &references)
            .ok_or_else(|| unsupported("its tables refer to each other in a circle".to_owned()))?;
        Ok(Self { tables, backend })
    }

    /// The statement that gives each row of a table as a JSON array of its columns.
    pub(super) fn select(&self, table: &Table) -> String {
        let values = |cast: &str| -> String {
            let values = table.columns.iter().map(|column| match column.kind {
                // SQLite knows 0 and 1 alone.
                ColumnKind::Boolean => format!("{}{cast}", quoted(&column.name)),
                ColumnKind::Integer | ColumnKind::Text => quoted(&column.name),
            });
            values.collect::<Vec<_>>().join(", ")
        };
        let table = quoted(&table.name);
        match self.backend {
            Backend::Sqlite => format!("SELECT json_array({}) FROM {table}", values("")),
            Backend::Postgres => format!("SELECT json_build_array({})::TEXT FROM {table}", values("::INT")),
        }
    }

    /// The statement that writes the rows in a JSON array, each an array of `columns`; nothing where these are not the
    /// table's.
    pub(super) fn insert(&self, table: &Table, columns: &[String]) -> Option<String> {
        let kinds: Vec<ColumnKind> = columns.iter().filter_map(|name| table.kind(name)).collect();
        let distinct: HashSet<&String> = columns.iter().collect();
        if kinds.len() != columns.len()
            || distinct.len() != columns.len()
            || columns.len() != table.columns.len()
        {
            return None;
        }
        let names = columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let values = kinds.iter().enumerate().map(|(index, kind)| match self.backend {
            Backend::Sqlite => format!("value ->> {index}"),
            Backend::Postgres => format!("(value ->> {index})::{}", kind.postgres()),
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let table = quoted(&table.name);
        Some(match self.backend {
            Backend::Sqlite => format!("INSERT INTO {table} ({names}) SELECT {values} FROM json_each($1)"),
            Backend::Postgres => format!(
                "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE \
                 SELECT {values} FROM json_array_elements($1::JSON) AS rows (value)"
            ),
        })
    }

    /// The greatest number that the database gave a row of a table, 0 where it gave none; nothing for a table whose rows
    /// it does not number.
    pub(super) async fn numbered_to(
        &self,
        table: &Table,
        connection: &mut AnyConnection,
    ) -> sqlx::Result<Option<i64>> {
        let Some(column) = table.numbered() else { return Ok(None) };
        let given = match self.backend {
            Backend::Sqlite => {
                sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = $1").bind(&table.name)
            }
            Backend::Postgres => sqlx::query_scalar(
                "SELECT last_value FROM pg_sequences WHERE schemaname = current_schema() AND \
                 format('%I.%I', schemaname, sequencename) = pg_get_serial_sequence(quote_ident($1), $2)",
            )
            .bind(&table.name)
            .bind(column),
        };
        let given: Option<Option<i64>> = given.fetch_optional(&mut *connection).await?;
        Ok(Some(given.flatten().unwrap_or(0)))
    }

    /// Sees to it that the next row of a table gets a number above `number`.
    pub(super) async fn number_from(
        &self,
        table: &Table,
        number: i64,
        connection: &mut AnyConnection,
    ) -> sqlx::Result<()> {
        let Some(column) = table.numbered().filter(|_| number > 0) else { return Ok(()) };
        match self.backend {
            Backend::Sqlite => {
                // The table has no key, so what is there cannot be told from what is not in one statement.
                let forget = sqlx::query("DELETE FROM sqlite_sequence WHERE name = $1").bind(&table.name);
                forget.execute(&mut *connection).await?;
                let set = sqlx::query("INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)");
                set.bind(&table.name).bind(number).execute(&mut *connection).await?;
            }
            Backend::Postgres => {
                sqlx::query("SELECT setval(pg_get_serial_sequence(quote_ident($1), $2), $3)")
                    .bind(&table.name)
                    .bind(column)
                    .bind(number)
                    .execute(&mut *connection)
                    .await?;
            }
        }
        Ok(())
    }

    /// Empties a table of what its migration put in. One that is empty is left alone: not every table can be emptied.
    pub(super) async fn clear(&self, table: &Table, connection: &mut AnyConnection) -> sqlx::Result<()> {
        let name = quoted(&table.name);
        let first = AssertSqlSafe(format!("SELECT 1 FROM {name} LIMIT 1"));
        if sqlx::query(first).fetch_optional(&mut *connection).await?.is_some() {
            sqlx::query(AssertSqlSafe(format!("DELETE FROM {name}"))).execute(&mut *connection).await?;
        }
        Ok(())
    }
}

// === impl Table ===

impl Table {
    /// The names of its columns.
    pub(super) fn columns(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    fn kind(&self, name: &str) -> Option<ColumnKind> {
        self.columns.iter().find(|column| column.name == name).map(|column| column.kind)
    }

    fn numbered(&self) -> Option<&str> {
        self.columns.iter().find(|column| column.numbered).map(|column| column.name.as_str())
    }
}

// === impl ColumnKind ===

impl ColumnKind {
    fn of(name: &str) -> Option<Self> {
        match name {
            "integer" | "bigint" => Some(Self::Integer),
            "text" => Some(Self::Text),
            "boolean" => Some(Self::Boolean),
            _ => None,
        }
    }

    const fn postgres(self) -> &'static str {
        match self {
            Self::Integer => "BIGINT",
            Self::Text => "TEXT",
            Self::Boolean => "BOOLEAN",
        }
    }
}

/// Puts each table behind those that it refers to; nothing where that cannot be done.
fn in_order(mut tables: Vec<Table>, references: &[(String, String)]) -> Option<Vec<Table>> {
    let mut ordered: Vec<Table> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let next = tables.iter().position(|table| {
            let mut referred = references.iter().filter(|(from, to)| *from == table.name && to != from);
            referred.all(|(_, to)| ordered.iter().any(|done| done.name == *to))
        })?;
        ordered.push(tables.remove(next));
    }
    Some(ordered)
}

/// A name as both databases take it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(number: usize) -> Table {
        Table { name: format!("t{number}"), columns: Vec::new() }
    }

    proptest! {
        /// Each table may refer to any of those with smaller numbers, whatever order the numbers are then given in.
        #[test]
        fn what_is_referred_to_comes_first(
            order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
            pairs in prop::collection::vec((0..12_usize, 0..12_usize), 0..40)
        ) {
            let references: Vec<(String, String)> = pairs
                .into_iter()
                .map(|(a, b)| (table(a.max(b)).name, table(a.min(b)).name))
                .collect();
            let ordered = in_order(order.into_iter().map(table).collect(), &references).unwrap();
            let place = |name: &str| ordered.iter().position(|table| table.name == name).unwrap();
            prop_assert_eq!(ordered.len(), 12);
            for (from, to) in &references {
                prop_assert!(place(to) <= place(from), "{} refers to {}", from, to);
            }
        }
    }

    #[test]
    fn a_circle_has_no_order() {
        let name = |number| table(number).name;
        let circle = [(name(0), name(1)), (name(1), name(0))];
        assert_eq!(in_order(vec![table(0), table(1)], &circle), None);
    }
}
