//! What a database answers.

use sqlx::Error as SqlxError;

/// What a write answered.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    /// How many rows the last statement touched.
    pub(crate) rows: u64,
    /// The key that the database made for the last inserted row.
    pub(crate) last_insert_id: i64,
}

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionStatus {
    Open,
    /// A statement failed, and no other is taken until that is undone.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "the other databases go on"))]
    Aborted,
    Ended,
}

/// Why a string of statements failed, and how many of them had succeeded.
pub(crate) struct Failed {
    pub(crate) completed: usize,
    pub(crate) source: SqlxError,
}
