//! What an error of a database means: the codes of each backend.

use sqlx::error::{DatabaseError, ErrorKind};

use super::copied::Copied;

/// What an error means, as far as programs act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    UniqueViolation,
    ForeignKeyViolation,
    CheckViolation,
    NotNullViolation,
    Serialization,
    Deadlock,
    LockTimeout,
    ConnectionLost,
    Other,
}

impl Failure {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::of_database(&**error),
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Self::ConnectionLost,
            _ => Self::Other,
        }
    }

    pub(super) fn of_database(error: &dyn DatabaseError) -> Self {
        if let Some(copied) = error.try_downcast_ref::<Copied>() {
            return copied.failure;
        }
        match error.kind() {
            ErrorKind::UniqueViolation => Self::UniqueViolation,
            ErrorKind::ForeignKeyViolation => Self::ForeignKeyViolation,
            ErrorKind::CheckViolation => Self::CheckViolation,
            ErrorKind::NotNullViolation => Self::NotNullViolation,
            _ => Self::of_code(error),
        }
    }

    fn of_code(error: &dyn DatabaseError) -> Self {
        #[cfg(feature = "sqlite")]
        if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
            return Self::of_sqlite(error.code().and_then(|code| code.parse().ok()).unwrap_or_default());
        }
        #[cfg(feature = "mysql")]
        if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
            return Self::of_mysql(error.number());
        }
        #[cfg(feature = "postgres")]
        if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
            return Self::of_postgres(error.code());
        }
        let _ = error;
        Self::Other
    }

    /// By the extended result code, whose low byte is the primary one.
    #[cfg(feature = "sqlite")]
    fn of_sqlite(code: u32) -> Self {
        const BUSY_SNAPSHOT: u32 = 517;
        const BUSY: u32 = 5;
        const LOCKED: u32 = 6;
        match (code, code & 0xff) {
            (BUSY_SNAPSHOT, _) => Self::Serialization,
            (_, BUSY | LOCKED) => Self::LockTimeout,
            _ => Self::Other,
        }
    }

    #[cfg(feature = "postgres")]
    fn of_postgres(code: &str) -> Self {
        match code {
            // What ON DELETE RESTRICT says from version 18 on.
            "23001" => Self::ForeignKeyViolation,
            "40001" => Self::Serialization,
            "40P01" => Self::Deadlock,
            "55P03" => Self::LockTimeout,
            // The server ends the session: it shuts down, it crashed, or the session was idle for too long.
            "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => Self::ConnectionLost,
            code if code.starts_with("08") => Self::ConnectionLost,
            _ => Self::Other,
        }
    }

    #[cfg(feature = "mysql")]
    fn of_mysql(number: u16) -> Self {
        match number {
            // A record has changed since it was read.
            1020 => Self::Serialization,
            1213 | 1614 => Self::Deadlock,
            // Waited too long, did not want to wait, or a wait that the server ended.
            1205 | 1613 | 1689 | 3572 => Self::LockTimeout,
            // The server shuts down, or the session was killed or idle for too long.
            1053 | 1152 | 1184 | 1927 | 4031 => Self::ConnectionLost,
            _ => Self::Other,
        }
    }
}
