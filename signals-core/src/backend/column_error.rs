//! The errors of reading a column.

use sqlx::Error as SqlxError;

/// Puts the column's name into the error of a column that was read by its number.
pub(super) fn of_column(column: &str) -> impl FnOnce(SqlxError) -> SqlxError {
    move |error| match error {
        SqlxError::ColumnDecode { source, .. } => SqlxError::ColumnDecode { index: format!("{column:?}"), source },
        error => error,
    }
}
