//! How a transaction is begun: its isolation level, and whether it may write.

/// How much of what other transactions do a transaction sees.
///
/// A database may give more than is asked for, as the SQL standard allows: SQLite is always serializable, and PostgreSQL's
/// repeatable read has no phantoms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// Each statement sees what was committed before it. The default of PostgreSQL.
    ReadCommitted,
    /// Each statement sees what was committed before the first one. The default of MySQL and MariaDB.
    RepeatableRead,
    /// The outcome is that of some order of the transactions, one after another.
    ///
    /// PostgreSQL refuses what would break that with a serialization failure, so the transaction has to be run again.
    Serializable,
}

impl Isolation {
    /// The level as SQL names it.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

/// How a transaction is begun.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    /// The database's own default, if it is `None`.
    pub(crate) isolation: Option<Isolation>,
    pub(crate) read_only: bool,
}
