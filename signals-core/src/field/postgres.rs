//! Values of PostgreSQL.

use std::borrow::Cow;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgRow, Postgres};
use sqlx::{Arguments as _, Decode, Encode, Row as _, Type, TypeInfo as _};

use super::{BackendRow, Row};

/// A type that PostgreSQL can bind and read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of PostgreSQL",
    label = "PostgreSQL has no such type",
    note = "PostgreSQL has no unsigned numbers: use a signed one, such as `i64`, or mark the field `#[model(json)]`",
    note = "or write a newtype with sqlx's `Type`, `Encode` and `Decode` by hand",
    note = "or leave the feature `postgres` of `signals` out, where the program has no use for it"
)]
pub trait PostgresField: Sized {
    /// Its type's name in PostgreSQL.
    fn postgres_type() -> Cow<'static, str>;

    /// Binds it.
    ///
    /// # Errors
    ///
    /// sqlx's, when it cannot be encoded.
    fn add_to_postgres(&self, args: &mut PgArguments) -> Result<(), BoxDynError>;

    /// Whether it is bound as NULL.
    fn is_null_in_postgres(&self) -> bool;

    /// Reads it from a row.
    ///
    /// # Errors
    ///
    /// sqlx's, naming the column.
    fn from_postgres(row: &PgRow, column: &str) -> Result<Self, sqlx::Error>;
}

#[diagnostic::do_not_recommend]
impl<T> PostgresField for T
where
    T: for<'q> Encode<'q, Postgres> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    fn postgres_type() -> Cow<'static, str> {
        match T::type_info().name() {
            // In quotes, PostgreSQL minds the case.
            "\"CHAR\"" => Cow::Borrowed("\"char\""),
            name => Cow::Owned(name.to_owned()),
        }
    }

    fn add_to_postgres(&self, args: &mut PgArguments) -> Result<(), BoxDynError> {
        args.add(self)
    }

    fn is_null_in_postgres(&self) -> bool {
        let mut scratch = PgArgumentBuffer::default();
        matches!(self.encode_by_ref(&mut scratch), Ok(IsNull::Yes))
    }

    fn from_postgres(row: &PgRow, column: &str) -> Result<Self, sqlx::Error> {
        row.try_get(column)
    }
}

impl BackendRow for PgRow {
    fn as_row(&self) -> Row<'_> {
        Row::Postgres(self)
    }
}
