//! What to do about an error.

/// What to do about an error of which the database does not say it; else nothing.
pub(in crate::error) fn advice(error: &sqlx::Error) -> &'static str {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let message = error.as_database_error().map_or("", sqlx::error::DatabaseError::message);
    match (error, code.as_deref()) {
        (sqlx::Error::TypeNotFound { .. }, _) => TYPE,
        // PostgreSQL's code, MySQL's state, and SQLite's words.
        (_, Some("42P01" | "42S02")) => TABLE,
        _ if message.starts_with("no such table") => TABLE,
        // PostgreSQL's of a type that a table is made with.
        (_, Some("42704")) if message.contains("type \"") => TYPE,
        _ => "",
    }
}

const TABLE: &str = "; make the tables with `db.create_tables()` or with migrations, `db.migrate(..)`";

const TYPE: &str = "; an enum that derives `sqlx::Type` is looked for by its Rust name: write `#[sqlx(type_name = \"..\")]` on it, with \"TEXT\" or the name \
                    that CREATE TYPE gave, or store numbers with `#[repr(i32)]`";
