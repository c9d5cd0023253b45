//! Models that another model names, and what is made of them where they are none.
//!
//! A type that is no model has no key, and each use of that key would be a mistake of its own. So what is made of a named model depends on
//! the constant `IS_MODEL`, which is what [`is_model`] returns: where that is refused, the compiler knows the constant for wrong, and
//! takes whatever depends on it for granted.

use crate::model::{Entity as _, ForeignKey, ModelMeta, Nullified};
use crate::store::{ManyToMany, Model, RelationPath};

/// Whether `M` is a model: true, or an error of the compiler.
pub const fn is_model<M: Model>() -> bool {
    true
}

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

/// The model that a column of type `F` references.
pub const fn references<M, F, const IS_MODEL: bool>() -> fn() -> &'static ModelMeta
where
    M: Related<IS_MODEL>,
    F: ForeignKey<M::Model>,
{
    M::Model::meta
}

/// As [`references`], for a column that may become NULL.
pub const fn references_or_null<M, F, const IS_MODEL: bool>() -> fn() -> &'static ModelMeta
where
    M: Related<IS_MODEL>,
    F: ForeignKey<M::Model> + Nullified,
{
    M::Model::meta
}

/// The rows of `M` that an instance of `O` is related to, through links that are rows of `T`.
pub fn relation<O, T, M, const IS_MODEL: bool>(instance: &O::Model, path: RelationPath) -> ManyToMany<'_, T, M::Model>
where
    O: Related<IS_MODEL>,
    T: Model,
    M: Related<IS_MODEL>,
{
    ManyToMany::new(instance, path)
}
