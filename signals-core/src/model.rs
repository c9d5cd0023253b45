//! The description of models as data, without SQL text or connections.

mod any;
mod bits;
mod column;
mod duplicate;
mod field_codec;
mod field_set;
mod filled;
mod key;
mod meta;
mod model_key;
mod nullable;
mod read_only;
mod reference;
mod table_name;
mod timestamp;
mod version;

use std::any::Any;

use crate::backend::{Args, Row};
use crate::error::{Error, Invalid, Result};

pub use any::AnyModel;
pub(crate) use bits::Bits;
pub(crate) use column::StoredCodec;
pub use column::{Column, ColumnMeta, ColumnOf, Version};
pub use duplicate::{Duplicate, NotClone};
pub use field_codec::FieldCodec;
pub use field_set::{FieldSet, FieldSetIter};
pub use filled::{FilledOption, filled, is_unset};
pub(crate) use filled::{fill, set_columns};
pub use key::{Key, PrimaryKey};
pub use meta::ModelMeta;
pub use model_key::{ModelKey, PartVisitor};
pub use nullable::{NotNull, Nullable};
pub use read_only::{Assignable, ReadOnlyColumn};
pub use reference::{
    CompositeForeignKey, ForeignColumn, ForeignKey, KeyOfParts, KeyPart, Nullified, OnDelete, PartAt, Reference,
    ReferencedColumn, ReferencedValues,
};
pub(crate) use table_name::TableName;
pub use timestamp::{Timestamp, now_as};
pub use version::{VersionField, version};
pub(crate) use version::{set_version, version_of};

/// The result of `#[derive(Model)]` on a struct: its columns, and how each is read and bound.
///
/// Only the derive implements it. Applications use [`Model`](crate::store::Model), which builds on it. This
/// trait serves code that is generic over a model and uses its key or description.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "write `#[derive(Model)]` on the struct"
)]
pub trait Entity: Sized + Send + Sync + 'static {
    /// The primary key's type: a tuple if several fields are marked `primary_key`.
    type Key: ModelKey;

    /// The names of the fields that are not columns.
    #[doc(hidden)]
    const SKIPPED: &'static [&'static str] = &[];

    /// Whether the database fills columns, so that its statements return values. The code for that is compiled
    /// only for these models.
    #[doc(hidden)]
    const FILLED: bool = false;

    /// Returns the model's description.
    fn meta() -> &'static ModelMeta;

    /// Returns the primary key.
    fn key(&self) -> Self::Key {
        Self::Key::from_borrowed(self.key_ref())
    }

    /// Borrows the primary key.
    #[doc(hidden)]
    fn key_ref(&self) -> <Self::Key as ModelKey>::Ref<'_>;

    /// Sets the primary key.
    fn set_key(&mut self, key: Self::Key);

    /// Binds the value of one column.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded.
    #[doc(hidden)]
    fn bind(&self, column: usize, args: &mut Args) -> Result<()> {
        match (Self::meta().columns().get(column), self.field(column)) {
            (Some(described), Some(value)) => described.bind(value, args),
            _ => Err(Error::Internal(format!("there is no column number {column}"))),
        }
    }

    /// Returns the value of one column, by its number.
    #[doc(hidden)]
    fn field(&self, column: usize) -> Option<&dyn Any>;

    /// Returns the value of one column, by its number, for a change.
    #[doc(hidden)]
    fn field_mut(&mut self, column: usize) -> Option<&mut dyn Any> {
        let _ = column;
        None
    }

    /// Returns a copy of the instance, if its type is `Clone`.
    #[doc(hidden)]
    fn duplicate(&self) -> Option<Self> {
        None
    }

    /// Fills one `auto_now` or `auto_now_add` column with the present time.
    #[doc(hidden)]
    fn stamp(&mut self, column: usize) {
        let _ = column;
    }

    /// Checks the instance before it is saved.
    ///
    /// # Errors
    ///
    /// Returns why the instance is not valid.
    #[doc(hidden)]
    fn validate(&self) -> Result<(), Invalid> {
        Ok(())
    }

    /// Reads a row.
    ///
    /// # Errors
    ///
    /// sqlx's error with the column's name.
    #[doc(hidden)]
    fn load(row: &Row<'_>) -> Result<Self, sqlx::Error>;
}
