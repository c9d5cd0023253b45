//! Codes of PostgreSQL, and what it reports in addition to its message.

use std::fmt;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::error::database::failure::Failure;

/// Classifies an error by its SQLSTATE.
pub(super) fn failure(error: &dyn DatabaseError) -> Option<Failure> {
    Some(match error.try_downcast_ref::<PgDatabaseError>()?.code() {
        // The code of ON DELETE RESTRICT since version 18.
        "23001" => Failure::ForeignKeyViolation,
        "40001" => Failure::Serialization,
        "40P01" => Failure::Deadlock,
        "55P03" => Failure::LockTimeout,
        // The server ends the session: it shuts down, it crashed, or the session was idle for too long.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => Failure::ConnectionLost,
        code if code.starts_with("08") => Failure::ConnectionLost,
        _ => Failure::Other,
    })
}

/// Writes the values that caused the error, and advice.
pub(super) fn write_more(error: &dyn DatabaseError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(error) = error.try_downcast_ref::<PgDatabaseError>() else { return Ok(()) };
    let more = [("detail", error.detail()), ("hint", error.hint())];
    let mut separator = " (";
    for (name, text) in more.iter().filter_map(|(name, text)| Some((name, (*text)?))) {
        write!(f, "{separator}{name}: {text}")?;
        separator = "; ";
    }
    if separator == "; " { f.write_str(")") } else { Ok(()) }
}
