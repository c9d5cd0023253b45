//! Binds and reads the values of columns.

use std::any::Any;
use std::borrow::Cow;

use super::ColumnMeta;
use super::column::{BindRead, IsNull, ReadInto};
use super::timestamp::now;
use crate::backend::{Args, Backend, Field, Row, StoredForm, sql_type, stored_sql_type};
use crate::error::Result;

/// Binds a value without its type.
pub(crate) type Bind = fn(&dyn Any, &mut Args) -> Result<()>;

/// The functions for values without their type.
#[derive(Debug)]
pub(super) struct ColumnCodec {
    pub(super) bind: Bind,
    /// Binds a value that the column is compared with. A column of JSON has none.
    pub(super) compare: Option<Bind>,
    pub(super) is_null: IsNull,
    /// Reads a value that SQLite keeps in a form of its own.
    pub(super) read_stored: Option<ReadInto>,
    pub(super) sql_type: fn(Backend) -> Cow<'static, str>,
    pub(super) now: fn(&mut Args) -> Option<Result<()>>,
    pub(super) swap: fn(&mut dyn Any, &mut dyn Any),
    /// Reads a value and binds it again. A column of JSON has none.
    pub(super) bind_read: Option<BindRead>,
}

/// The functions for values of type `T`.
///
/// The code of a model calls these and names the bounds of its field types only once, where a codec is made.
/// A type that cannot be a column is then only one compile error. The compiler makes the codec of a type once for all
/// columns of a program.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldCodec<T> {
    read: fn(&Row<'_>, &str) -> Result<T, sqlx::Error>,
    pub(super) column: ColumnCodec,
}

impl<T: Field> FieldCodec<T> {
    /// Returns the codec of a type that every compiled-in backend supports.
    pub const fn of() -> &'static Self {
        const {
            &Self {
                read: |row, column| row.get(column),
                column: ColumnCodec {
                    bind: |value, args| super::column::bind(value, args, Args::add::<T>),
                    compare: Some(|value, args| super::column::bind(value, args, Args::add_compared::<T>)),
                    is_null: is_null::<T>,
                    read_stored: None,
                    sql_type: sql_type::<T>,
                    now: |args| now::<T>().map(|now| args.add(&now)),
                    swap: super::column::swap::<T>,
                    bind_read: Some(|row, column, args| row.get::<T>(column).map(|value| args.add(&value))),
                },
            }
        }
    }

    /// Returns the codec of a type that SQLite keeps in a form of its own.
    pub const fn stored<F: StoredForm<T>>() -> &'static Self {
        const {
            &Self {
                read: |row, column| row.get_stored::<T, F>(column),
                column: ColumnCodec {
                    bind: |value, args| super::column::bind(value, args, Args::add_stored::<T, F>),
                    compare: Some(|value, args| super::column::bind(value, args, Args::add_stored_compared::<T, F>)),
                    is_null: is_null::<T>,
                    read_stored: Some(read_stored::<T, F>),
                    sql_type: stored_sql_type::<T, F>,
                    now: |args| now::<T>().map(|now| args.add_stored::<T, F>(&now)),
                    swap: super::column::swap::<T>,
                    bind_read: Some(|row, column, args| {
                        row.get_stored::<T, F>(column).map(|value| args.add_stored::<T, F>(&value))
                    }),
                },
            }
        }
    }
}

fn is_null<T: Field>(value: &dyn Any, backend: Backend) -> bool {
    value.downcast_ref::<T>().is_some_and(|value| value.is_null(backend))
}

fn read_stored<T: Field, F: StoredForm<T>>(
    row: &Row<'_>,
    column: &str,
    value: &mut dyn Any,
) -> Result<(), sqlx::Error> {
    let read = row.get_stored::<T, F>(column)?;
    if let Some(value) = value.downcast_mut() {
        *value = Some(read);
    }
    Ok(())
}

impl<T> FieldCodec<T> {
    /// Reads the column of this name.
    ///
    /// # Errors
    ///
    /// sqlx's error with the column's name.
    #[inline]
    pub fn read(&self, row: &Row<'_>, column: &str) -> Result<T, sqlx::Error> {
        (self.read)(row, column)
    }

    /// Describes a column of these values.
    pub const fn column(&'static self, field: &'static str, column: &'static str, nullable: bool) -> ColumnMeta {
        ColumnMeta::new(&self.column, field, column, nullable)
    }
}
