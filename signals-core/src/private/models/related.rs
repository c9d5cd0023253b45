//! Models that another model names, and the code for a type that is not a model.
//!
//! A type that is not a model has no key, and each use of that key would be an error of its own. So the code
//! for a named model depends on the constant `IS_MODEL`, the result of [`is_model`]. If that is an error, the
//! compiler marks the constant as erroneous, and accepts all code that depends on it.

use std::marker::PhantomData;

use crate::model::{
    Column, CompositeForeignKey, Entity as _, ForeignKey, KeyOfParts, KeyPart, ModelKey, ModelMeta, Nullified,
    PrimaryKey, ReferencedValues,
};
use crate::store::{self, End, Ends, ManyToMany, Model, RelationPath, ToMany, ToManyThrough, ToOne};

/// Returns true if `M` is a model. Otherwise it does not compile.
pub const fn is_model<M: Model>() -> bool {
    true
}

/// Returns true if the links of a many-to-many relation have as many columns as the key of the model `M` has fields.
/// Otherwise it does not compile.
pub const fn is_linkable<M: Related<IS_MODEL, Key: KeyOfParts<PARTS>>, const IS_MODEL: bool, const PARTS: usize>()
-> bool {
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

/// A column with values of type `T` that another column references.
#[derive(Debug)]
pub struct Referenced<T> {
    index: usize,
    values: PhantomData<fn() -> T>,
}

/// Returns the column as one that is referenced.
pub const fn referenced<M, T>(column: &Column<M, T>) -> Referenced<T> {
    Referenced { index: column.index(), values: PhantomData }
}

impl<T> Referenced<T> {
    /// Returns the column as an end of a reference.
    pub const fn end<M: Related<IS_MODEL>, const IS_MODEL: bool>(&self) -> End<M::Model>
    where
        T: PrimaryKey,
    {
        End::column::<T>(self.index)
    }
}

/// Returns how a delete keeps the values of a referenced column of type `T`.
pub const fn referenced_values<T: PrimaryKey>() -> ReferencedValues<T> {
    ReferencedValues::new(store::referenced_values::<T>)
}

/// Accepts only the type of a column that can be NULL.
pub const fn nullable_column<F: Nullified>() {}

/// Returns the model whose unique column another one references.
pub const fn references_model<M: Related<IS_MODEL>, const IS_MODEL: bool>() -> fn() -> &'static ModelMeta {
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

/// Returns the constant of the many-to-many relation of [`relation`], which reports a `T` that is not a model.
pub const fn to_many_through<O, T, M, const IS_MODEL: bool>(path: RelationPath) -> ToManyThrough<O::Model, T, M::Model>
where
    O: Related<IS_MODEL>,
    M: Related<IS_MODEL>,
{
    ToManyThrough::new(path)
}

/// Returns the primary key of a model as an end of a reference.
pub const fn key_end<M: Related<IS_MODEL>, const IS_MODEL: bool>() -> End<M::Model> {
    End::key()
}

/// Returns the constant of a reference from columns of `A`, with values of the type `F`, to this end.
pub const fn to_one<A, B, F, const IS_MODEL: bool>(columns: &'static [usize], end: End<B::Model>) -> ToOne<A, B::Model>
where
    A: Model,
    B: Related<IS_MODEL>,
    F: ModelKey,
{
    ToOne::new(Ends::new(End::columns::<F>(columns), end))
}

/// Returns the constant of the way back along a reference that is unique. It takes what [`to_one`] takes.
pub const fn back_to_one<A, B, F, const IS_MODEL: bool>(
    columns: &'static [usize],
    end: End<B::Model>,
) -> ToOne<B::Model, A>
where
    A: Model,
    B: Related<IS_MODEL>,
    F: ModelKey,
{
    ToOne::new(Ends::new(end, End::columns::<F>(columns)))
}

/// Returns the constant of the way back along a reference. It takes what [`to_one`] takes.
pub const fn back_to_many<A, B, F, const IS_MODEL: bool>(
    columns: &'static [usize],
    end: End<B::Model>,
) -> ToMany<B::Model, A>
where
    A: Model,
    B: Related<IS_MODEL>,
    F: ModelKey,
{
    ToMany::new(Ends::new(end, End::columns::<F>(columns)))
}

/// Returns the rows of `M` that an instance of `O` is related to, through links that are rows of `T`.
pub fn relation<O, T, M, const IS_MODEL: bool>(instance: &O::Model, path: RelationPath) -> ManyToMany<'_, T, M::Model>
where
    O: Related<IS_MODEL>,
    T: Model,
    M: Related<IS_MODEL>,
{
    ManyToMany::new(instance, path)
}
