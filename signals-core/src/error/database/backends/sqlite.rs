//! Codes of SQLite.

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

use crate::error::database::failure::Failure;

/// Classifies an error by the extended result code, whose low byte is the primary code.
pub(super) fn failure(error: &dyn DatabaseError) -> Option<Failure> {
    const BUSY_SNAPSHOT: u32 = 517;
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    error.try_downcast_ref::<SqliteError>()?;
    let code: u32 = error.code().and_then(|code| code.parse().ok()).unwrap_or_default();
    Some(match (code, code & 0xff) {
        (BUSY_SNAPSHOT, _) => Failure::Serialization,
        (_, BUSY | LOCKED) => Failure::LockTimeout,
        _ => Failure::Other,
    })
}
