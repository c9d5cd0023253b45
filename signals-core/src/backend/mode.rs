//! How a transaction begins: its isolation level, and whether it may write.

/// How much a transaction sees of other transactions.
///
/// A database may provide more isolation, as the SQL standard allows. SQLite is always serializable, and
/// PostgreSQL's repeatable read has no phantoms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// Each statement sees what was committed before it. The default of PostgreSQL.
    ReadCommitted,
    /// Each statement sees what was committed before the first one. The default of MySQL and MariaDB.
    RepeatableRead,
    /// The result is that of some serial order of the transactions.
    ///
    /// PostgreSQL refuses anything else with a serialization failure, so the transaction must be run again.
    Serializable,
}

impl Isolation {
    /// Returns the name of the level in SQL.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    /// The isolation level; `None` is the database's default.
    pub(crate) isolation: Option<Isolation>,
    pub(crate) read_only: bool,
}
