//! The meaning of a failure in this test.

use signals::Error;
use sqlx::error::ErrorKind;
use sqlx::mysql::MySqlDatabaseError;

use crate::calls::is_missed;
use crate::told::Refused;

/// How a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A receiver of ours refused it.
    Refused,
    /// Others deleted its row, or wrote one of the same key, before it.
    Missed,
    /// The database aborted it because of others: a deadlock, or a wait that took too long.
    Crowded,
    /// The connection was lost.
    Lost,
    /// The transaction had ended before the call, and what ended it was not returned to us: a mistake, unless
    /// connections are lost.
    Ended,
    /// A mistake.
    Failed(String),
}

impl Outcome {
    pub fn of(error: &Error) -> Self {
        if error.find::<Refused>().is_some() {
            return Self::Refused;
        }
        if is_missed(error) {
            return Self::Missed;
        }
        if let Error::CommitUnknown { .. } = error {
            return Self::Lost;
        }
        let failed = || Self::Failed(error.to_string());
        match error.find::<sqlx::Error>() {
            Some(sqlx::Error::Database(database)) => of_database(&**database).unwrap_or_else(failed),
            Some(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) => Self::Lost,
            _ if error.find::<Error>().is_some_and(|error| matches!(error, Error::TransactionEnded { .. })) => {
                Self::Ended
            }
            _ => failed(),
        }
    }
}

fn of_database(error: &dyn sqlx::error::DatabaseError) -> Option<Outcome> {
    if let ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation = error.kind() {
        return Some(Outcome::Missed);
    }
    if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
        return match error.number() {
            // A wait that took too long, a deadlock, and a row that changed since the transaction began.
            1205 | 1213 | 1020 => Some(Outcome::Crowded),
            // A statement or a connection that was killed, and a server that is not there.
            1317 | 1927 | 1053 | 2006 | 2013 | 4031 => Some(Outcome::Lost),
            _ => None,
        };
    }
    match error.code()?.as_ref() {
        // Serialization failures, deadlocks, locks of PostgreSQL; SQLite's "busy" and "busy snapshot".
        "40001" | "40P01" | "55P03" | "5" | "517" => Some(Outcome::Crowded),
        "57P01" | "57P02" | "57P03" | "08006" => Some(Outcome::Lost),
        _ => None,
    }
}
