//! The column that counts the updates of a row, so that a save of a stale instance is refused.

use std::any::Any;

use super::{ColumnMeta, Entity, FieldSet, ModelMeta, Version};
use crate::backend::{Args, Field};
use crate::error::Result;

/// The type of a field with `version`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field with `version` is an `i32` or an `i64`, and `{Self}` is not",
    label = "cannot count the updates of a row",
    note = "write `i64`"
)]
pub trait VersionField: Field {
    /// The version of a new row.
    const FIRST: Self;
    /// The greatest number of the type.
    const GREATEST: i64;

    /// Sets the version of a new row, unless it has one.
    fn begin(&mut self);
}

impl VersionField for i32 {
    const FIRST: Self = 1;
    const GREATEST: i64 = i32::MAX as i64;

    fn begin(&mut self) {
        if *self == 0 {
            *self = Self::FIRST;
        }
    }
}

impl VersionField for i64 {
    const FIRST: Self = 1;
    const GREATEST: i64 = i64::MAX;

    fn begin(&mut self) {
        if *self == 0 {
            *self = Self::FIRST;
        }
    }
}

/// Returns what depends on the type of a version.
#[doc(hidden)]
pub const fn version<T: VersionField>() -> Version {
    Version {
        begin: |field| {
            if let Some(version) = field.downcast_mut::<T>() {
                version.begin();
            }
        },
        bind_first: |args| args.add(&T::FIRST),
        greatest: T::GREATEST,
    }
}

impl ColumnMeta {
    /// Marks it as the version of its row.
    #[doc(hidden)]
    #[must_use]
    pub const fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Returns whether it is the version of its row.
    pub(crate) const fn is_version(&self) -> bool {
        self.version.is_some()
    }

    /// Binds the version of a row that is inserted without an instance, if it is the column of one.
    pub(crate) fn bind_first_version(&self, args: &mut Args) -> Option<Result<()>> {
        self.version.map(|version| (version.bind_first)(args))
    }

    /// Sets the version of a new row.
    pub(crate) fn begin_version(&self, field: &mut dyn Any) {
        if let Some(version) = self.version {
            (version.begin)(field);
        }
    }
}

impl ModelMeta {
    /// Returns the index of the column with the version.
    pub(crate) fn version(&self) -> Option<usize> {
        self.columns().iter().position(ColumnMeta::is_version)
    }

    /// Returns the index of the column with the version, and the greatest number of its type.
    pub(crate) fn greatest_version(&self) -> Option<(usize, i64)> {
        let mut columns = self.columns().iter().enumerate();
        columns.find_map(|(index, column)| Some((index, column.version?.greatest)))
    }

    /// Returns the index of the version if an UPDATE of these columns counts it. A raw one writes the value.
    pub(crate) fn counted_by(&self, written: FieldSet) -> Option<usize> {
        self.version().filter(|version| !written.contains_index(*version))
    }
}

/// Returns the version of an instance, if its model has one.
pub(crate) fn version_of<M: Entity>(instance: &M) -> Option<i64> {
    let field = instance.field(M::meta().version()?)?;
    field.downcast_ref::<i64>().copied().or_else(|| field.downcast_ref::<i32>().copied().map(i64::from))
}

/// Sets the version of an instance to an earlier one of it.
pub(crate) fn set_version<M: Entity>(instance: &mut M, earlier: i64) {
    let Some(field) = M::meta().version().and_then(|version| instance.field_mut(version)) else { return };
    if let Some(version) = field.downcast_mut::<i64>() {
        *version = earlier;
    } else if let (Some(version), Ok(earlier)) = (field.downcast_mut::<i32>(), i32::try_from(earlier)) {
        *version = earlier;
    }
}
