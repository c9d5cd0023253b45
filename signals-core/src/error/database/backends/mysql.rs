//! Codes of MySQL and MariaDB.

use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;

use crate::error::database::failure::Failure;

/// Classifies an error by its number.
pub(super) fn failure(error: &dyn DatabaseError) -> Option<Failure> {
    Some(match error.try_downcast_ref::<MySqlDatabaseError>()?.number() {
        // A record has changed since it was read.
        1020 => Failure::Serialization,
        1213 | 1614 => Failure::Deadlock,
        // The wait timed out, was not allowed, or was ended by the server.
        1205 | 1613 | 1689 | 3572 => Failure::LockTimeout,
        // The server shuts down, or the session was killed or idle for too long.
        1053 | 1152 | 1184 | 1927 | 4031 => Failure::ConnectionLost,
        _ => Failure::Other,
    })
}
