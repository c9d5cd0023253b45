//! The errors of databases.

use super::Error;

impl Error {
    pub(crate) fn database(doing: impl Into<String>) -> impl FnOnce(sqlx::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Database { doing, source }
    }

    /// Names the field whose value cannot be bound.
    pub(crate) fn of_field(self, model: &'static str, field: &'static str) -> Self {
        match self {
            Self::Database { source: source @ sqlx::Error::Encode(_), .. } => Self::Value { model, field, source },
            error => error,
        }
    }
}

/// What to do about an error of which the database does not say it; else nothing.
pub(super) fn advice(error: &sqlx::Error) -> &'static str {
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

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Database { doing: "a statement".into(), source }
    }
}
