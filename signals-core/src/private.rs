//! The names that generated code may use. Nothing here is for applications.

pub use inventory;
pub use sqlx;

pub use crate::dispatch::CustomSignal;
pub use crate::error::{BoxError, Result};
pub use crate::field::{Args, BackendRow, Row};
pub use crate::model::{
    Column, ColumnMeta, Duplicate, Entity, ModelMeta, NotClone, NotNull, Nullable, OnDelete, Timestamp,
};
pub use crate::registry::{ModelEntry, Registration, Sender, Slot};
pub use crate::signal::{Call, Receiver, ReceiverInfo, Signal};
pub use crate::store::{AnyStore, Link, ManyToMany, Model, ModelState};

use crate::model::{ForeignKey, Nullified};
use crate::signal::ReceiverOutput;
use crate::store::{EndSignal, SetSignal};

/// What stands for the sender in a receiver that names none.
pub type Any<S> = <S as Signal>::Any;

/// The sender's name, for a type that sends `S`.
pub const fn sends<S: Signal, M: Sender<S>>() -> fn() -> &'static str {
    M::name
}

/// The signal of a receiver that takes whole sets of rows.
pub type OfSet<S> = <S as SetSignal>::Set;
/// The signal of a receiver that waits for the commit.
pub type OnCommit<S> = <S as EndSignal>::Committed;
/// The signal of a receiver that waits for a rollback.
pub type OnRollback<S> = <S as EndSignal>::RolledBack;

/// A type whose instances can be kept until the transaction has ended.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept until the transaction has ended",
    label = "not `Clone`",
    note = "write `#[derive(Clone)]` on `{Self}`: a receiver with `on_commit` or `on_rollback` gets a copy"
)]
pub trait Kept {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Kept for T {}

/// As [`sends`], for a sender whose instances are kept until the transaction has ended.
pub const fn sends_kept<S: Signal, M: Sender<S> + Kept>() -> fn() -> &'static str {
    M::name
}

/// The model that a column of type `F` references.
pub const fn references<M: Entity, F: ForeignKey<M>>() -> fn() -> &'static ModelMeta {
    M::meta
}

/// As [`references`], for a column that may become NULL.
pub const fn references_or_null<M: Entity, F: ForeignKey<M> + Nullified>() -> fn() -> &'static ModelMeta {
    M::meta
}

/// Whether a receiver that returns `T` can fail.
pub const fn fallible<S: Signal, T: ReceiverOutput<S::Response>>() -> bool {
    T::FALLIBLE
}

/// What a receiver returned, as its signal's response.
///
/// # Errors
///
/// The receiver's own.
pub fn respond<S: Signal, T: ReceiverOutput<S::Response>>(output: T) -> Result<S::Response, BoxError> {
    output.into_response()
}
