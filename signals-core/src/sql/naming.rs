//! Names: what a database takes as one, and those that are made here.

use std::fmt::Write as _;

use super::quoted;
use crate::field::Backend;
use crate::model::{ColumnMeta, ModelMeta};

/// How many bytes a name may have that is made here: what every database takes.
const MOST: usize = 63;

/// Why a database does not take a name for a table or a column, if so.
pub(crate) fn refusal(backend: Backend, name: &str) -> Option<&'static str> {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => {
            let _ = name;
            None
        }
        #[cfg(feature = "postgres")]
        // It would be cut, and then be another table's or column's too.
        Backend::Postgres => (name.len() > 63).then_some("a name there has at most 63 bytes"),
        #[cfg(feature = "mysql")]
        Backend::Mysql if name.chars().count() > 64 => Some("a name there has at most 64 letters"),
        #[cfg(feature = "mysql")]
        Backend::Mysql if name.ends_with(' ') => Some("a name there does not end with a space"),
        #[cfg(feature = "mysql")]
        Backend::Mysql => {
            name.contains(|letter| letter > '\u{ffff}').then_some("a name there has no letters beyond U+FFFF")
        }
    }
}

/// The name of a column's index, which tells where the table's ends.
pub(super) fn of_index(meta: &ModelMeta, column: &ColumnMeta, backend: Backend) -> String {
    escaped(backend, &of_column(meta, column, "idx"))
}

/// The name of the constraint of a column's reference.
pub(super) fn of_reference(meta: &ModelMeta, column: &ColumnMeta, backend: Backend) -> String {
    escaped(backend, &of_column(meta, column, "fk"))
}

/// The same as the database shows it.
pub(super) fn of_reference_itself(meta: &ModelMeta, column: &ColumnMeta) -> String {
    of_column(meta, column, "fk")
}

/// The same with the quotes around it.
pub(super) fn quoted_reference(meta: &ModelMeta, column: &ColumnMeta, backend: Backend) -> String {
    quoted(backend, &of_column(meta, column, "fk"))
}

/// A name with the quotes in it doubled: sea-query puts quotes around the names of indexes and constraints, and leaves those within alone.
fn escaped(backend: Backend, name: &str) -> String {
    let quoted = quoted(backend, name);
    quoted[1..quoted.len() - 1].to_owned()
}

/// A name made of the table's and the column's. One that is too long is cut, and ends with what tells it from others that begin alike.
fn of_column(meta: &ModelMeta, column: &ColumnMeta, what: &str) -> String {
    let mut name = format!("{}__{}__{what}", meta.table(), column.column);
    if name.len() > MOST {
        let end = format!("__{:08x}__{what}", fnv1a(&name));
        name.truncate(name.floor_char_boundary(MOST - end.len()));
        let _ = write!(name, "{end}");
    }
    name
}

/// A hash that stays the same: tables that are there keep the names of their indexes.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "sqlite")]
    #[test]
    fn sqlite_takes_any_name() {
        assert_eq!(refusal(Backend::Sqlite, &"🦀 ".repeat(100)), None);
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn postgres_counts_bytes() {
        assert_eq!(refusal(Backend::Postgres, &"x".repeat(63)), None);
        assert_eq!(refusal(Backend::Postgres, "🦀 "), None);
        assert!(refusal(Backend::Postgres, &"é".repeat(32)).is_some());
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn mysql_counts_letters_and_takes_not_all() {
        assert_eq!(refusal(Backend::Mysql, &"é".repeat(64)), None);
        assert_eq!(refusal(Backend::Mysql, "a.b/c\\d `e` \u{ffff}"), None);
        assert!(refusal(Backend::Mysql, &"x".repeat(65)).is_some());
        assert!(refusal(Backend::Mysql, "x ").is_some());
        assert!(refusal(Backend::Mysql, "x🦀").is_some());
    }
}
