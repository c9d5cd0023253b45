//! The answers of a database.

use sqlx::Error as SqlxError;

/// The answer to a write.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    /// The number of rows that the last statement changed.
    pub(crate) rows: u64,
    /// The key that the database generated for the last inserted row. In MySQL a negative number stands for one beyond
    /// `i64::MAX`.
    pub(crate) last_insert_id: i64,
}

/// The status of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionStatus {
    Open,
    /// A statement failed. The database refuses all others until a rollback.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "the other databases continue"))]
    Aborted,
    Ended,
}

/// The failure of a string of statements, and the number of those that succeeded before.
pub(crate) struct Failed {
    pub(crate) completed: usize,
    pub(crate) source: SqlxError,
}
