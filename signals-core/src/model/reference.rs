//! References from one model to another, and what a delete does with them.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

use super::{Entity, ModelKey, ModelMeta, PrimaryKey};

/// What a delete does with the rows that reference the deleted row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnDelete {
    /// They are deleted too, with their signals.
    Cascade,
    /// The delete is refused with [`Error::Protected`](crate::error::Error::Protected), before any signal.
    Protect,
    /// The delete is refused with [`Error::Restricted`](crate::error::Error::Restricted), before any signal,
    /// unless the rows are also deleted through another reference.
    Restrict,
    /// Their column becomes NULL. No signal is sent for them.
    SetNull,
    /// Their column becomes its default. No signal is sent for them.
    SetDefault,
    /// Nothing is done. If the schema has a constraint, the database refuses the delete with a
    /// [foreign key violation](crate::error::Error::is_foreign_key_violation).
    DoNothing,
    /// The ON DELETE of the schema applies. No signal is sent, and nothing is counted. `create_tables` writes
    /// ON DELETE CASCADE.
    Database,
}

/// A reference of one or several columns to the primary key of another model, or of one column to a unique column.
#[derive(Clone, Copy)]
pub struct Reference {
    /// What a delete of the referenced row does.
    pub on_delete: OnDelete,
    target: fn() -> &'static ModelMeta,
    /// The referenced column, if it is not the key.
    column: Option<ReferencedColumn>,
    /// The fields of a reference to a composite key, for errors.
    fields: Option<&'static str>,
}

impl Reference {
    pub(super) const fn new(target: fn() -> &'static ModelMeta, on_delete: OnDelete) -> Self {
        Self { on_delete, target, column: None, fields: None }
    }

    pub(super) const fn to_column(
        target: fn() -> &'static ModelMeta,
        on_delete: OnDelete,
        column: ReferencedColumn,
    ) -> Self {
        Self { column: Some(column), ..Self::new(target, on_delete) }
    }

    /// Returns a reference of several columns, with the names of their fields.
    #[doc(hidden)]
    pub const fn composite(target: fn() -> &'static ModelMeta, on_delete: OnDelete, fields: &'static str) -> Self {
        Self { fields: Some(fields), ..Self::new(target, on_delete) }
    }

    /// Returns the names of its fields, if there are several.
    pub(crate) fn fields(&self) -> Option<&'static str> {
        self.fields
    }

    /// Returns the referenced model.
    pub fn target(&self) -> &'static ModelMeta {
        (self.target)()
    }

    /// Returns the indexes of the referenced columns of that model: those of its primary key, or a unique column.
    pub fn target_columns(&self) -> &'static [usize] {
        let key = || self.target().primary_key_columns();
        self.column.map_or_else(key, |column| ModelMeta::only(column.index))
    }

    /// Returns the referenced column, if it is not the key.
    pub(crate) fn column(&self) -> Option<ReferencedColumn> {
        self.column
    }
}

/// A referenced column that is not the key of its model.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ReferencedColumn {
    index: usize,
    /// Makes an empty list for its values. Only the store knows the type of such lists.
    pub(crate) values: fn() -> Box<dyn Any + Send + Sync>,
}

impl ReferencedColumn {
    /// Returns the column of this index.
    pub const fn new(index: usize, values: fn() -> Box<dyn Any + Send + Sync>) -> Self {
        Self { index, values }
    }
}

/// How a delete keeps the values of a referenced column of type `T`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ReferencedValues<T> {
    pub(super) values: fn() -> Box<dyn Any + Send + Sync>,
    types: PhantomData<fn() -> T>,
}

impl<T> ReferencedValues<T> {
    /// Returns what makes these empty lists.
    pub const fn new(values: fn() -> Box<dyn Any + Send + Sync>) -> Self {
        Self { values, types: PhantomData }
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reference")
            .field("target", &self.target().name())
            .field("on_delete", &self.on_delete)
            .finish_non_exhaustive()
    }
}

/// A type that can hold the primary key of `M`: the key's own type, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot reference `{M}`",
    label = "the column's type is not the type of the primary key of `{M}`",
    note = "give the field the type of the key of `{M}`, or an `Option` of it",
    note = "a composite key is referenced on the struct: `#[model(references({M}, fields(tenant_id, order_id), on_delete = cascade))]`"
)]
pub trait ForeignKey<M: Entity>: PrimaryKey {}

#[diagnostic::do_not_recommend]
impl<M: Entity, F> ForeignKey<M> for F where F: for<'a> PrimaryKey<Lookup<'a> = <M::Key as ModelKey>::Lookup<'a>> {}

/// A type that can hold the values of a column of type `T`: that type, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot reference a column of `{T}`",
    label = "the field's type is not the type of the referenced column",
    note = "give the field the type of the column that `to` names, or an `Option` of it"
)]
pub trait ForeignColumn<T>: PrimaryKey {}

#[diagnostic::do_not_recommend]
impl<T: PrimaryKey, F> ForeignColumn<T> for F where F: for<'a> PrimaryKey<Lookup<'a> = T::Lookup<'a>> {}

/// A tuple of types that can hold the composite primary key of `M`: those of its parts, or `Option`s of them.
#[diagnostic::on_unimplemented(
    message = "fields of `{Self}` cannot reference `{M}`",
    label = "not the types of the parts of the key of `{M}`",
    note = "list a field for each part of the key of `{M}`, in the order of its fields, with the type of that part or an `Option` of it"
)]
pub trait CompositeForeignKey<M: Entity>: ModelKey {}

#[diagnostic::do_not_recommend]
impl<M: Entity, F> CompositeForeignKey<M> for F where F: for<'a> ModelKey<Lookup<'a> = <M::Key as ModelKey>::Lookup<'a>> {}

/// A type that can be a part of a composite primary key. `NULLABLE` is whether it is an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of a primary key",
    label = "may be NULL",
    note = "a part of a primary key is never NULL: leave `Option` out"
)]
pub trait KeyPart<const NULLABLE: bool> {}

#[diagnostic::do_not_recommend]
impl<K> KeyPart<false> for K {}

/// A primary key of `PARTS` columns.
#[diagnostic::on_unimplemented(
    message = "the key `{Self}` does not have {PARTS} fields",
    label = "its key has another number of fields",
    note = "list a column for each field of this model's key, then one for each field of the other model's key: `columns(order_tenant_id, order_id, tag_id)`; of a through model, `through_fields(..)` lists its fields in this way"
)]
pub trait KeyOfParts<const PARTS: usize>: ModelKey {}

#[diagnostic::do_not_recommend]
impl<K: PrimaryKey> KeyOfParts<1> for K {}

/// The type of the part with this number of a primary key.
#[doc(hidden)]
pub trait PartAt<const PLACE: usize> {
    /// The type.
    type Type;
}

#[diagnostic::do_not_recommend]
impl<K: PrimaryKey> PartAt<0> for K {
    type Type = K;
}

macro_rules! parts {
    (@each $key:ty, $all:tt, $($part:ident $place:literal),+) => {
        $(parts!(@one $key, $all, $part $place);)+
    };
    (@one $key:ty, [$($all:ident),+], $part:ident $place:literal) => {
        #[diagnostic::do_not_recommend]
        impl<$($all: PrimaryKey),+> PartAt<$place> for $key {
            type Type = $part;
        }
    };
    ($($key:ty: $count:literal [$($part:ident $place:literal),+];)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($part: PrimaryKey),+> KeyOfParts<$count> for $key {}

        parts!(@each $key, [$($part),+], $($part $place),+);
    )+};
}

parts! {
    (A, B): 2 [A 0, B 1];
    (A, B, C): 3 [A 0, B 1, C 2];
    (A, B, C, D): 4 [A 0, B 1, C 2, D 3];
    (A, B, C, D, E): 5 [A 0, B 1, C 2, D 3, E 4];
}

/// A type that can be NULL: an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be set to NULL",
    label = "never NULL",
    note = "write `Option<{Self}>`, or another `on_delete`"
)]
pub trait Nullified {}

#[diagnostic::do_not_recommend]
impl<T> Nullified for Option<T> {}
