//! The meaning of a database's error for a program.

/// The meaning of an error, as far as programs act on it.
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
