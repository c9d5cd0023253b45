//! The names that generated code uses for models and their receivers.

mod any;
mod condition;
mod related;
mod support;

pub use sqlx;

pub use crate::backend::{Args, BackendRow, Row, form};
pub use crate::error::Invalid;
pub use crate::model::PartAt;
pub use crate::model::{
    Column, ColumnMeta, Duplicate, Entity, FieldCodec, FilledOption, Key, ModelKey, ModelMeta, NotClone, NotNull,
    Nullable, OnDelete, PrimaryKey, ReadOnlyColumn, Reference, Timestamp, filled, is_unset, now_as, version,
};
pub use crate::registry::{ModelEntry, RelationEntry};
pub use crate::store::{
    AnyStore, CaptureStore, ManyToMany, Model, ModelState, RelationPath, ToMany, ToManyThrough, ToOne,
};
pub use any::{BorrowAny, BorrowAnyMut, BorrowedAs};
pub use condition::{
    Compared, ComparedField, Compares, ComparesSets, IsColumn, NotPartialEq, Pair, WrittenColumns, column, compared,
    compared_in_set, is_column,
};
pub use related::{
    Columns, NullableColumns, Referenced, Related, back_to_many, back_to_one, is_linkable, is_model, key_end, key_part,
    nullable_column, nullable_columns, referenced, referenced_values, references, references_composite,
    references_model, references_or_null, relation, to_many_through, to_one,
};
pub use support::{Supported, SupportedBy, Unsupported, UnsupportedBy, codec, values};

use crate::store::{FinalizedSignal, SetSignal};

/// Converts the result of a function of `validate`.
///
/// # Errors
///
/// That of the function.
pub fn validated<E: Into<Invalid>>(result: Result<(), E>) -> Result<(), Invalid> {
    result.map_err(Into::into)
}

/// The signal of a receiver that takes whole sets of rows.
pub type OfSet<S> = <S as SetSignal>::Set;
/// The signal of a receiver that waits for the commit.
pub type OnCommit<S> = <S as FinalizedSignal>::Committed;
/// The signal of a receiver that waits for a rollback.
pub type OnRollback<S> = <S as FinalizedSignal>::RolledBack;

/// A type whose instances can be kept until the transaction has ended.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept until the transaction has ended",
    label = "not `Clone`",
    note = "write `#[derive(Clone)]` on `{Self}`: a receiver with `on_commit` or `on_rollback` gets a copy"
)]
pub trait Kept {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Kept for T {}
