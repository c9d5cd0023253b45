//! Models that another model names, and the code for a type that is not a model.
//!
//! A type that is not a model has no key, and each use of that key would be an error of its own. So the code
//! for a named model depends on the constant `IS_MODEL`, the result of [`is_model`]. If that is an error, the
//! compiler marks the constant as erroneous, and accepts all code that depends on it.

use crate::model::{
    CompositeForeignKey, Entity as _, ForeignKey, KeyPart, ModelMeta, Nullified, PrimaryKey, SingleKey,
};
use crate::store::{ManyToMany, Model, RelationPath};

/// Returns true if `M` is a model. Otherwise it does not compile.
pub const fn is_model<M: Model>() -> bool {
    true
}

/// Returns true if a many-to-many relation can link the rows of the model `M`. Otherwise it does not compile.
pub const fn is_linkable<M: Related<IS_MODEL, Key: SingleKey>, const IS_MODEL: bool>() -> bool {
    true
}

/// Accepts only a type that can be a part of a composite primary key.
pub const fn key_part<K: PrimaryKey + KeyPart<NULLABLE>, const NULLABLE: bool>() {}

/// A model, as another one names it.
pub trait Related<const IS_MODEL: bool> {
    /// The model itself.
    type Model: Model<Key = Self::Key>;
    /// The type of its primary key.
    type Key;
}

impl<M: Model, const IS_MODEL: bool> Related<IS_MODEL> for M {
    type Model = M;
    type Key = M::Key;
}

/// Returns the model that a column of type `F` references.
pub const fn references<M, F, const IS_MODEL: bool>() -> fn() -> &'static ModelMeta
where
    M: Related<IS_MODEL>,
    F: ForeignKey<M::Model>,
{
    M::Model::meta
}

/// Returns the model that a nullable column of type `F` references, as [`references`] does.
pub const fn references_or_null<M, F, const IS_MODEL: bool>() -> fn() -> &'static ModelMeta
where
    M: Related<IS_MODEL>,
    F: ForeignKey<M::Model> + Nullified,
{
    M::Model::meta
}

/// Returns the model whose composite key the columns of the types `F` reference.
pub const fn references_composite<M, F, const IS_MODEL: bool>() -> fn() -> &'static ModelMeta
where
    M: Related<IS_MODEL>,
    F: CompositeForeignKey<M::Model>,
{
    M::Model::meta
}

/// Accepts only a list of columns of which at least one may be NULL.
pub const fn nullable_columns<const NULLABLE: bool>()
where
    Columns<NULLABLE>: NullableColumns,
{
}

/// The columns of a reference. `NULLABLE` is whether one of them may be NULL.
#[derive(Debug)]
pub struct Columns<const NULLABLE: bool>;

/// Columns of which at least one may be NULL.
#[diagnostic::on_unimplemented(
    message = "none of the fields of the reference can be set to NULL",
    label = "none of the fields is an `Option`",
    note = "write `Option` around the type of one of the fields, or another `on_delete`"
)]
pub trait NullableColumns {}

impl NullableColumns for Columns<true> {}

/// Returns the rows of `M` that an instance of `O` is related to, through links that are rows of `T`.
pub fn relation<O, T, M, const IS_MODEL: bool>(instance: &O::Model, path: RelationPath) -> ManyToMany<'_, T, M::Model>
where
    O: Related<IS_MODEL, Key: SingleKey>,
    T: Model,
    M: Related<IS_MODEL>,
{
    ManyToMany::new(instance, path)
}
