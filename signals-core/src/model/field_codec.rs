//! Binds and reads the values of columns.

use std::any::Any;
use std::borrow::Cow;

use super::ColumnMeta;
use super::timestamp::bind_now;
use crate::backend::{Args, Backend, Field, Row, sql_type};
use crate::error::Result;

/// The functions for values of type `T`.
///
/// The code of a model calls these and names the bounds of its field types only once, where a codec is made.
/// A type that cannot be a column is then only one compile error.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldCodec<T> {
    read: fn(&Row<'_>, &str) -> Result<T, sqlx::Error>,
    pub(super) bind: fn(&dyn Any, &mut Args) -> Result<()>,
    pub(super) sql_type: fn(Backend) -> Cow<'static, str>,
    pub(super) now: fn(&mut Args) -> Option<Result<()>>,
    pub(super) swap: fn(&mut dyn Any, &mut dyn Any),
}

impl<T: Field> FieldCodec<T> {
    /// Returns the codec of a type that every compiled-in backend supports.
    pub const fn new() -> Self {
        Self {
            read: |row, column| row.get(column),
            bind: |value, args| super::column::bind(value, args, Args::add::<T>),
            sql_type: sql_type::<T>,
            now: bind_now::<T>,
            swap: super::column::swap::<T>,
        }
    }
}

impl<T: Field> Default for FieldCodec<T> {
    fn default() -> Self {
        Self::new()
    }
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
    pub const fn column(&self, field: &'static str, column: &'static str, nullable: bool) -> ColumnMeta {
        ColumnMeta::new(self, field, column, nullable)
    }
}
