//! Columns that the database fills: which statements write them, and how their values come back.

use std::any::Any;

use super::{ColumnMeta, Entity, FieldSet, ModelMeta};
use crate::backend::Row;

/// Reads the value of a column into its field.
pub(super) type Fill = fn(&Row<'_>, &mut dyn Any) -> Result<(), sqlx::Error>;

impl ColumnMeta {
    /// Marks it as computed by the database.
    #[doc(hidden)]
    #[must_use]
    pub const fn generated(mut self) -> Self {
        self.generated = true;
        self
    }

    /// Marks it as only read.
    #[doc(hidden)]
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Leaves it out of statements while the field is `None`.
    #[doc(hidden)]
    #[must_use]
    pub const fn db_default(mut self, is_unset: fn(&dyn Any) -> bool) -> Self {
        self.db_default = true;
        self.is_unset = Some(is_unset);
        self
    }

    /// Marks it as written only by the INSERT.
    #[doc(hidden)]
    #[must_use]
    pub const fn insert_only(mut self) -> Self {
        self.insert_only = true;
        self
    }

    /// Sets how its value is read into the field after a write.
    #[doc(hidden)]
    #[must_use]
    pub const fn filled(mut self, fill: Fill) -> Self {
        self.fill = Some(fill);
        self
    }

    /// Returns whether no statement of this program writes it.
    pub(crate) const fn is_never_written(&self) -> bool {
        self.generated || self.read_only
    }

    /// Returns why no UPDATE writes it, if so.
    pub(crate) const fn not_updated(&self) -> Option<&'static str> {
        match (self.generated, self.read_only, self.insert_only) {
            (true, _, _) => Some("the database computes it"),
            (_, true, _) => Some("it is `read_only`"),
            (_, _, true) => Some("it is `insert_only`"),
            _ if self.is_version() => Some("it is the `version`, which every UPDATE counts"),
            _ => None,
        }
    }
}

impl ModelMeta {
    /// Returns the columns that an INSERT writes: all but those that the program only reads, and the key if
    /// the database generates it.
    pub(crate) fn inserted(&'static self, is_unset: bool) -> FieldSet {
        FieldSet::of_columns(self, |column| !(column.is_never_written() || is_unset && column.primary_key))
    }

    /// Returns the columns that an UPDATE writes: all but the key and those that only an INSERT or nothing
    /// writes.
    pub(crate) fn updated(&'static self) -> FieldSet {
        FieldSet::of_columns(self, |column| !column.primary_key && column.not_updated().is_none())
    }

    /// Returns the columns whose values come back from an INSERT.
    pub(crate) fn filled_by_insert(&'static self) -> FieldSet {
        FieldSet::of_columns(self, |column| column.is_never_written() || column.db_default)
    }

    /// Returns the columns whose values come back from an UPDATE. Of one that is limited to `fields`, the other
    /// columns that it could write stay as they are in the instance.
    pub(crate) fn filled_by_update(&'static self, fields: Option<FieldSet>) -> FieldSet {
        let unwritten = FieldSet::of_columns(self, |column| column.not_updated().is_some());
        let defaults = FieldSet::of_columns(self, |column| column.db_default);
        unwritten.unite(fields.map_or(defaults, |fields| defaults.intersect(fields)))
    }
}

/// Returns those of the columns that an instance has a value for: all but the unset ones with `db_default`.
pub(crate) fn set_columns<M: Entity>(instance: &M, columns: FieldSet) -> FieldSet {
    let meta = M::meta();
    let is_set = |index: usize| match (meta.columns()[index].is_unset, instance.field(index)) {
        (Some(is_unset), Some(value)) => !is_unset(value),
        _ => true,
    };
    columns.filtered(is_set)
}

/// Reads these columns of a row into an instance.
pub(crate) fn fill<M: Entity>(instance: &mut M, columns: FieldSet, row: &Row<'_>) -> Result<(), sqlx::Error> {
    for index in columns.indexes() {
        if let (Some(fill), Some(value)) = (M::meta().columns()[index].fill, instance.field_mut(index)) {
            fill(row, value)?;
        }
    }
    Ok(())
}

/// Puts a value that was read into its field.
///
/// # Errors
///
/// The error of the read.
#[doc(hidden)]
pub fn filled<T: 'static>(field: &mut dyn Any, read: Result<T, sqlx::Error>) -> Result<(), sqlx::Error> {
    let value = read?;
    if let Some(field) = field.downcast_mut::<T>() {
        *field = value;
    }
    Ok(())
}

/// The type of a field with `db_default`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field with `db_default` is an `Option`, and `{Self}` is not",
    label = "cannot be left out of an INSERT",
    note = "write `Option<{Self}>`: while the field is `None`, the database's default fills the column"
)]
pub trait FilledOption: 'static {
    /// Returns whether it is `None`.
    fn is_unset(&self) -> bool;
}

#[diagnostic::do_not_recommend]
impl<T: 'static> FilledOption for Option<T> {
    fn is_unset(&self) -> bool {
        self.is_none()
    }
}

/// Returns the test whether a field of this type is `None`.
#[doc(hidden)]
pub const fn is_unset<T: FilledOption>() -> fn(&dyn Any) -> bool {
    |value| value.downcast_ref::<T>().is_some_and(T::is_unset)
}
