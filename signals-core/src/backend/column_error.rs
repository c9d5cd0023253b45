//! Errors of a column that was read.

use sqlx::Error as SqlxError;

/// Gives the error of a column that was read by its number the column's name.
pub(super) fn of_column(column: &str) -> impl FnOnce(SqlxError) -> SqlxError {
    move |error| match error {
        SqlxError::ColumnDecode { source, .. } => SqlxError::ColumnDecode { index: format!("{column:?}"), source },
        error => error,
    }
}
