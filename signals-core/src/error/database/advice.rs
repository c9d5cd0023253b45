//! Advice about an error.

/// Returns what to do about an error if the database does not say it, and otherwise nothing.
pub(in crate::error) fn advice(error: &sqlx::Error) -> &'static str {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let message = error.as_database_error().map_or("", sqlx::error::DatabaseError::message);
    match (error, code.as_deref()) {
        (sqlx::Error::TypeNotFound { .. }, _) => TYPE,
        // The code of PostgreSQL, the state of MySQL, and the text of SQLite.
        (_, Some("42P01" | "42S02")) => TABLE,
        _ if message.starts_with("no such table") => TABLE,
        // PostgreSQL's code for an unknown type in CREATE TABLE.
        (_, Some("42704")) if message.contains("type \"") => TYPE,
        _ => "",
    }
}

const TABLE: &str = "; make the tables with `db.create_tables()` or with migrations, `db.migrate(..)`";

const TYPE: &str = "; an enum that derives `sqlx::Type` is looked for by its Rust name: write `#[sqlx(type_name = \"..\")]` on it, with \"TEXT\" or the name \
                    that CREATE TYPE gave, or store numbers with `#[repr(i32)]`";
