//! References from one model to another, and what a delete does with them.

use std::fmt;

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

/// A reference of one or several columns to the primary key of another model.
#[derive(Clone, Copy)]
pub struct Reference {
    /// What a delete of the referenced row does.
    pub on_delete: OnDelete,
    target: fn() -> &'static ModelMeta,
    /// The fields of a reference to a composite key, for errors.
    fields: Option<&'static str>,
}

impl Reference {
    pub(super) const fn new(target: fn() -> &'static ModelMeta, on_delete: OnDelete) -> Self {
        Self { on_delete, target, fields: None }
    }

    /// Returns a reference of several columns, with the names of their fields.
    #[doc(hidden)]
    pub const fn composite(target: fn() -> &'static ModelMeta, on_delete: OnDelete, fields: &'static str) -> Self {
        Self { on_delete, target, fields: Some(fields) }
    }

    /// Returns the names of its fields, if there are several.
    pub(crate) fn fields(&self) -> Option<&'static str> {
        self.fields
    }

    /// Returns the referenced model.
    pub fn target(&self) -> &'static ModelMeta {
        (self.target)()
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

/// A primary key of one column.
#[diagnostic::on_unimplemented(
    message = "a many-to-many relation cannot link rows by the composite key `{Self}`",
    label = "has a composite primary key",
    note = "give the model a primary key of one field and make the others `unique(..)` together, or write the model of the links and its `references(..)` yourself"
)]
pub trait SingleKey: PrimaryKey {}

#[diagnostic::do_not_recommend]
impl<K: PrimaryKey> SingleKey for K {}

/// A type that can be NULL: an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be set to NULL",
    label = "never NULL",
    note = "write `Option<{Self}>`, or another `on_delete`"
)]
pub trait Nullified {}

#[diagnostic::do_not_recommend]
impl<T> Nullified for Option<T> {}
