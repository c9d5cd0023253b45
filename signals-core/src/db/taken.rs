//! Whether an INSERT failed because a row has its key.

use sqlx::Error as SqlxError;
use sqlx::error::DatabaseError;

use crate::model::ModelMeta;

/// Whether the error is the violation of the key's own uniqueness, and not that of another column.
pub(crate) fn is_key_taken(error: &SqlxError, meta: &ModelMeta) -> bool {
    let column = meta.primary_key().column;
    error.as_database_error().is_some_and(|error| error.is_unique_violation() && is_of_column(error, column))
}

fn is_of_column(error: &dyn DatabaseError, column: &str) -> bool {
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        // `Key (code)=(ab) already exists.`, in the server's language.
        let named = [format!("({column})=("), format!("(\"{}\")=(", column.replace('"', "\"\""))];
        return error.detail().is_some_and(|detail| named.iter().any(|named| detail.contains(named)));
    }
    let message = error.message();
    #[cfg(feature = "mysql")]
    if error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().is_some() {
        // `for key 'PRIMARY'`, or behind the table's name; an index that has no name of its own has the column's.
        return ["PRIMARY", column]
            .iter()
            .any(|name| message.ends_with(&format!("'{name}'")) || message.ends_with(&format!(".{name}'")));
    }
    // `UNIQUE constraint failed: table.code`, with a comma where it is of several columns.
    message.rsplit_once("failed: ").is_some_and(|(_, columns)| {
        !columns.contains(", ") && columns.to_lowercase().ends_with(&format!(".{}", column.to_lowercase()))
    })
}
