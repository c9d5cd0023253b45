//! What an error of a database means to a program.

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
