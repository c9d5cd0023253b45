//! The differences between databases in the statements of tasks. Only this file and `listen` name a database.

use signals_core::backend::Backend;
use signals_core::error::Error;
use sqlx::error::DatabaseError;

use crate::models::TaskState;

/// The channel of notifications.
pub(crate) const CHANNEL: &str = "signals_task";

/// The SQL of a database.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// The present time, in milliseconds since 1970. It is constant within a statement, so that an index serves it.
    now: &'static str,
    /// A random integer from 0 to the bound value, different for each row.
    up_to: &'static str,
    /// Whether parameters are `$1` and not `?`.
    numbered: bool,
    /// The way in which rows are picked and changed.
    pub(crate) picking: Picking,
    /// The end of a query that locks its rows, and skips those that others have locked.
    pub(crate) lock: &'static str,
    /// The statement that notifies the listeners of a channel. An empty payload is replaced by the schema's name.
    pub(crate) notify: Option<&'static str>,
    /// The end of a query that must see rows that others committed after the transaction began.
    pub(crate) latest: &'static str,
}

/// The ways in which rows are picked and changed so that several workers pick different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "a program may have fewer databases")]
pub(crate) enum Picking {
    /// One statement, whose query skips rows that others have locked.
    Skipping,
    /// One statement, because the database has one writer at a time.
    Alone,
    /// A query that skips rows that others have locked, and then a statement.
    InTwoSteps,
}

impl Dialect {
    /// Returns the SQL of this backend.
    pub(crate) fn of(backend: Backend) -> &'static Self {
        match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => &Self {
                now: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
                up_to: "((random() & 9007199254740991) % (? + 1))",
                numbered: false,
                picking: Picking::Alone,
                lock: "",
                notify: None,
                latest: "",
            },
            #[cfg(feature = "postgres")]
            Backend::Postgres => &Self {
                now: "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)",
                up_to: "CAST(random() * ? AS BIGINT)",
                numbered: true,
                picking: Picking::Skipping,
                lock: " FOR UPDATE SKIP LOCKED",
                notify: Some("SELECT pg_notify(?, COALESCE(NULLIF(?, ''), current_schema()))"),
                latest: "",
            },
            // sqlx's connections have UTC as their time zone.
            #[cfg(feature = "mysql")]
            Backend::Mysql => &Self {
                now: "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
                up_to: "CAST(RAND() * ? AS SIGNED)",
                numbered: false,
                picking: Picking::InTwoSteps,
                lock: " FOR UPDATE SKIP LOCKED",
                notify: None,
                latest: " LOCK IN SHARE MODE",
            },
            _ => Self::absent(),
        }
    }

    /// Returns a placeholder for a backend that is compiled into signals-core and not into this crate. The
    /// facade's features exclude this case.
    fn absent() -> &'static Self {
        &Self { now: "0", up_to: "?", numbered: false, picking: Picking::Alone, lock: "", notify: None, latest: "" }
    }

    /// Turns a template into a statement: `{now}`, `{up_to}`, `{ready}` and the names of the other states for their
    /// numbers, and `?` for each bound value.
    pub(crate) fn statement(&self, template: &str) -> String {
        let text = self.expanded(template);
        if !self.numbered {
            return text;
        }
        let mut numbered = String::with_capacity(text.len() + 16);
        for (i, part) in text.split('?').enumerate() {
            if i > 0 {
                numbered.push('$');
                numbered.push_str(&i.to_string());
            }
            numbered.push_str(part);
        }
        numbered
    }

    /// Replaces the names in braces.
    fn expanded(&self, template: &str) -> String {
        let mut text = String::with_capacity(template.len() + 64);
        let mut rest = template;
        while let Some((before, name, after)) = next_name(rest) {
            text.push_str(before);
            match name {
                "now" => text.push_str(self.now),
                "up_to" => text.push_str(self.up_to),
                name => match TaskState::ALL.into_iter().find(|state| state.name() == name) {
                    Some(state) => text.push_str(&state.number().to_string()),
                    None => text.extend(["{", name, "}"]),
                },
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// Returns the next name in braces, with the texts before and after it.
fn next_name(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Returns whether a database refused a value of a statement, such as a character that it does not have.
pub(crate) fn is_value_refused(error: &Error) -> bool {
    let Error::Database { source: sqlx::Error::Database(error), .. } = error else { return false };
    // The class of data exceptions of the SQL standard, and SQLite's code for a long value.
    let is_of_data = error.code().is_some_and(|code| code.starts_with("22") || code == "18");
    is_of_data || is_refused_by_number(&**error)
}

/// Returns whether MySQL refused a value by an error that has its general code, which many others have too: an invalid
/// character, one that cannot be converted, or a wrong value for a column.
fn is_refused_by_number(error: &dyn DatabaseError) -> bool {
    #[cfg(feature = "mysql")]
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return matches!(error.number(), 1300 | 1366 | 1977 | 3988);
    }
    let _ = error;
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "postgres")]
    #[test]
    fn parameters_are_numbered_where_the_database_wants_it() {
        let dialect = Dialect::of(Backend::Postgres);
        assert_eq!(dialect.statement("a = ? AND b IN (?, ?)"), "a = $1 AND b IN ($2, $3)");
    }

    #[test]
    fn the_name_of_a_state_is_its_number() {
        for state in TaskState::ALL {
            let statement = Dialect::absent().statement(&format!("{{{}}} {{now}}?", state.name()));
            assert_eq!(statement, format!("{} 0?", state.number()));
        }
        assert_eq!(Dialect::absent().statement("{done}, {other} {"), "3, {other} {");
    }
}
