//! Statements of several rows of one model at once.

use std::iter;

use super::{by_key_of, names, names_of, placeholder, quoted, returning, table};
use crate::field::Backend;
use crate::model::ModelMeta;

/// How many values one statement may bind.
pub(crate) fn most_values(backend: Backend) -> usize {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => 32_766,
        #[cfg(feature = "postgres")]
        Backend::Postgres => 65_535,
        #[cfg(feature = "mysql")]
        Backend::Mysql => 65_535,
    }
}

/// INSERT of these columns of so many rows.
pub(crate) fn insert_rows(meta: &ModelMeta, backend: Backend, columns: &[usize], rows: usize) -> String {
    if columns.is_empty() {
        // Only one row can be inserted with DEFAULT VALUES.
        let key = quoted(backend, meta.primary_key().column);
        let made = match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => "(NULL)",
            #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
            _ => "(DEFAULT)",
        };
        return format!("INSERT INTO {} ({key}) VALUES {}", table(meta, backend), repeated(made, rows));
    }
    let names = names(meta, backend, columns, |name, _| name);
    format!("INSERT INTO {} ({names}) VALUES {}", table(meta, backend), tuples(backend, columns.len(), rows))
}

/// The same, answering with the keys of the rows in their order.
///
/// SQLite promises no order of what RETURNING answers. It keeps the answers while it inserts, row after row, and gives them in that order; this is relied upon, and tested.
pub(crate) fn insert_rows_returning(meta: &ModelMeta, backend: Backend, columns: &[usize], rows: usize) -> String {
    insert_rows(meta, backend, columns, rows) + &returning(meta, backend)
}

/// How the keys are learned that the database makes for the rows of one INSERT.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the backends that are compiled in may have one way alone")]
pub(crate) enum MadeKeys {
    /// The INSERT returns each: others may take keys in between at any time.
    Returned,
    /// They are counted back from the last, which is told without being asked; unless this query finds a row. It binds the table's name twice.
    Counted { unless: fn(&ModelMeta) -> String },
}

/// How a database tells the keys that it makes.
pub(crate) fn made_keys(backend: Backend) -> MadeKeys {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => MadeKeys::Counted { unless: scattered_in_sqlite },
        #[cfg(feature = "postgres")]
        Backend::Postgres => MadeKeys::Returned,
        #[cfg(feature = "mysql")]
        Backend::Mysql => MadeKeys::Counted { unless: scattered_in_mysql },
    }
}

/// A trigger may insert other rows in between, a constraint may leave some out, and close to the greatest key there is keys are made at random.
#[cfg(feature = "sqlite")]
fn scattered_in_sqlite(meta: &ModelMeta) -> String {
    format!(
        "SELECT 1 FROM sqlite_master WHERE tbl_name = ? COLLATE NOCASE AND (type = 'trigger' OR sql LIKE '%CONFLICT%') \
         UNION ALL SELECT 1 FROM sqlite_temp_master WHERE tbl_name = ? COLLATE NOCASE \
         UNION ALL SELECT 1 FROM {table} WHERE {key} > {} LIMIT 1",
        i64::MAX / 2,
        table = table(meta, Backend::Sqlite),
        key = quoted(Backend::Sqlite, meta.primary_key().column),
    )
}

/// Keys of one statement follow each other, but on the servers of a cluster.
#[cfg(feature = "mysql")]
fn scattered_in_mysql(_: &ModelMeta) -> String {
    "SELECT 1 FROM DUAL WHERE @@auto_increment_increment <> 1 AND ? = ?".into()
}

/// UPDATE of these columns of so many rows, each with its own values: the key of a row is bound first, then its values.
///
/// A key that is a text is cast to `compared_as`, where the column compares it in its own way.
pub(crate) fn update_rows(
    meta: &ModelMeta,
    backend: Backend,
    columns: &[usize],
    rows: usize,
    compared_as: Option<&str>,
) -> String {
    let table = table(meta, backend);
    // No table has the name of this one and more.
    let values = quoted(backend, &format!("{} values", meta.table()));
    match backend {
        #[cfg(feature = "mysql")]
        Backend::Mysql => {
            let assignments =
                names(meta, backend, columns, |name, place| format!("{table}.{name} = {values}.column{}", place + 1));
            let key = quoted(backend, meta.primary_key().column);
            let first = names_of(1..=columns.len() + 1, |place| format!("? AS column{place}"));
            let other = format!(" UNION ALL SELECT {}", names_of(1..=columns.len() + 1, |_| "?".into()));
            let others = other.repeat(rows.saturating_sub(1));
            format!(
                "UPDATE {table} JOIN (SELECT {first}{others}) AS {values} ON {table}.{key} = {values}.column1 SET {assignments}"
            )
        }
        // Measured for 100,000 rows of two columns beside `CASE`: a sixth of its time, since that compares each row with every key.
        #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
        _ => {
            let assignments =
                names(meta, backend, columns, |name, place| format!("{name} = {values}.column{}", place + 1));
            let key = quoted(backend, meta.primary_key().column);
            let tuples = tuples(backend, columns.len() + 1, rows);
            let given = compared_as.map_or_else(
                || format!("{values}.column1"),
                |sql_type| format!("CAST({values}.column1 AS {sql_type})"),
            );
            format!("UPDATE {table} SET {assignments} FROM (VALUES {tuples}) AS {values} WHERE {table}.{key} = {given}")
        }
    }
}

/// UPDATE that gives these columns the same values in the rows with so many keys: the values are bound first.
pub(crate) fn set_rows(meta: &ModelMeta, backend: Backend, columns: &[usize], rows: usize) -> String {
    let assignments = names(meta, backend, columns, |name, place| format!("{name} = {}", placeholder(backend, place)));
    format!("UPDATE {} SET {assignments}{}", table(meta, backend), by_keys(meta, backend, columns.len() + 1, rows))
}

fn by_keys(meta: &ModelMeta, backend: Backend, first: usize, rows: usize) -> String {
    by_key_of(meta, backend, &format!("IN ({})", names_of(first..first + rows, |place| placeholder(backend, place))))
}

/// `(?, ?), (?, ?)`.
fn tuples(backend: Backend, columns: usize, rows: usize) -> String {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => repeated(&format!("({})", names_of(1..=columns, |place| placeholder(backend, place))), rows),
        #[cfg(feature = "postgres")]
        Backend::Postgres => {
            let row = |row: usize| {
                format!("({})", names_of(row * columns + 1..=(row + 1) * columns, |place| placeholder(backend, place)))
            };
            (0..rows).map(row).collect::<Vec<_>>().join(", ")
        }
        #[cfg(feature = "mysql")]
        Backend::Mysql => repeated(&format!("({})", names_of(1..=columns, |place| placeholder(backend, place))), rows),
    }
}

fn repeated(row: &str, rows: usize) -> String {
    iter::repeat_n(row, rows).collect::<Vec<_>>().join(", ")
}
