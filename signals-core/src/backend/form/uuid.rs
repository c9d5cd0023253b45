//! The forms of UUIDs as text.

#[cfg(feature = "sqlite")]
use sqlx::error::BoxDynError;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteArguments, SqliteRow};
#[cfg(feature = "sqlite")]
use sqlx::{ColumnIndex as _, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use super::StoredForm;
#[cfg(feature = "sqlite")]
use crate::backend::SqliteField;

/// A text of 36 characters, such as `67e55044-10b1-426f-9247-bb680e5fe0c8`.
#[derive(Debug)]
pub struct Hyphenated;

/// A text of 32 characters, such as `67e5504410b1426f9247bb680e5fe0c8`, as Django stores it.
#[derive(Debug)]
pub struct Simple;

macro_rules! forms {
    ($($form:ident)*) => {$(
        impl StoredForm<Uuid> for $form {
            const SQL_TYPE: &'static str = "TEXT";

            fn cut(value: &Uuid) -> Uuid {
                *value
            }

            #[cfg(feature = "sqlite")]
            fn bind_in_sqlite(value: &Uuid, args: &mut SqliteArguments) -> Result<(), BoxDynError> {
                uuid::fmt::$form::from_uuid(*value).add_to_sqlite(args)
            }

            #[cfg(feature = "sqlite")]
            fn read_in_sqlite(row: &SqliteRow, column: &str) -> Result<Uuid, sqlx::Error> {
                if row.try_get_raw(column.index(row)?)?.type_info().name() == "TEXT" {
                    return uuid::fmt::$form::from_sqlite(row, column).map(uuid::fmt::$form::into_uuid);
                }
                Uuid::from_sqlite(row, column)
            }
        }
    )*};
}

forms!(Hyphenated Simple);
