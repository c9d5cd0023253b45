//! A set of a model's columns, such as `update_fields`.

use std::fmt;
use std::iter::FusedIterator;

use super::bits::Bits;
use super::{Column, ColumnMeta, ColumnOf, Entity, ModelMeta};

/// A set of one model's columns.
///
/// It is `Copy`. Each different set of a model with more than 128 columns is therefore kept until the program ends: do
/// not make such sets from what clients choose.
///
/// # Examples
///
/// ```
/// use signals::{FieldSet, Model};
///
/// #[derive(Model)]
/// struct Note { id: i64, text: String, stars: i32 }
///
/// let set = FieldSet::of::<Note>(&[Note::TEXT, Note::STARS]);
/// assert!(set.contains(Note::TEXT) && set.contains_name("stars"));
/// assert_eq!(set.into_iter().collect::<Vec<_>>(), ["text", "stars"]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldSet {
    meta: &'static ModelMeta,
    bits: Bits,
}

impl FieldSet {
    /// Returns the empty set of `M`'s columns.
    pub fn empty<M: Entity>() -> Self {
        Self { meta: M::meta(), bits: Bits::EMPTY }
    }

    /// Returns the set of the columns of a model that a test accepts.
    pub(crate) fn of_columns(meta: &'static ModelMeta, is_in: impl Fn(&ColumnMeta) -> bool) -> Self {
        let accepted = meta.columns().iter().enumerate().filter(|(_, column)| is_in(column));
        Self { meta, bits: Bits::of(accepted.map(|(index, _)| index)) }
    }

    /// Returns the columns of this set that a test accepts.
    pub(crate) fn filtered(self, is_in: impl Fn(usize) -> bool) -> Self {
        Self { bits: Bits::of(self.indexes().filter(|index| is_in(*index))), ..self }
    }

    /// Returns the set of these columns.
    pub fn of<M: Entity>(columns: &[&dyn ColumnOf<M>]) -> Self {
        let mut set = Self::empty::<M>();
        set.extend(columns.iter().copied());
        set
    }

    /// Adds a column. A column of another model is ignored.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{FieldSet, Model};
    /// # #[derive(Model)]
    /// # struct Note { id: i64, text: String, stars: i32 }
    /// let mut set = FieldSet::empty::<Note>();
    /// set.insert(Note::STARS);
    /// assert_eq!(set.names().collect::<Vec<_>>(), ["stars"]);
    /// ```
    pub fn insert<M: Entity, T>(&mut self, column: &Column<M, T>) {
        if self.is_of(M::meta()) {
            self.insert_index(column.index());
        }
    }

    /// Adds the field or column of this name. Returns false if the model has no such column.
    pub fn insert_name(&mut self, name: &str) -> bool {
        let index = self.meta.column_named(name);
        if let Some(index) = index {
            self.insert_index(index);
        }
        index.is_some()
    }

    pub(crate) fn insert_index(&mut self, index: usize) {
        self.bits = self.bits.with([index]);
    }

    /// Adds all of them at once.
    pub(crate) fn insert_indexes(&mut self, indexes: impl IntoIterator<Item = usize>) {
        self.bits = self.bits.with(indexes);
    }

    /// Returns whether the column is in the set.
    pub fn contains<M: Entity, T>(&self, column: &Column<M, T>) -> bool {
        self.is_of(M::meta()) && self.contains_index(column.index())
    }

    /// Returns whether the field or column of this name is in the set.
    pub fn contains_name(&self, name: &str) -> bool {
        self.meta.column_named(name).is_some_and(|index| self.contains_index(index))
    }

    pub(crate) fn contains_index(&self, index: usize) -> bool {
        self.bits.contains(index)
    }

    /// Returns whether a column of the primary key is in the set.
    pub(crate) fn contains_key(&self) -> bool {
        self.meta.primary_key_columns().iter().any(|index| self.contains_index(*index))
    }

    /// Returns a field that no UPDATE writes, and why.
    pub(crate) fn not_updated(self) -> Option<(&'static str, &'static str)> {
        let mut columns = self.indexes().map(|index| &self.meta.columns()[index]);
        columns.find_map(|column| Some((column.field, column.not_updated()?)))
    }

    /// Returns whether its columns belong to this model.
    pub(crate) fn is_of(&self, meta: &ModelMeta) -> bool {
        self.meta == meta
    }

    /// Returns whether it holds no column.
    pub fn is_empty(&self) -> bool {
        self.bits.is_empty()
    }

    /// Returns the number of columns.
    pub fn len(&self) -> usize {
        self.bits.len()
    }

    /// Returns the fields' names, in the model's order.
    pub fn names(&self) -> FieldSetIter {
        FieldSetIter { set: *self, next: 0, left: self.len() }
    }

    pub(crate) fn indexes(self) -> impl Iterator<Item = usize> {
        (0..self.meta.columns().len()).filter(move |index| self.contains_index(*index))
    }

    /// Applies to this set the difference between `before` and `after`.
    pub(crate) fn follow(&mut self, before: Self, after: Self) {
        self.bits = Bits::combined([self.bits, before.bits, after.bits], |[own, before, after]| {
            (own | (after & !before)) & !(before & !after)
        });
    }

    /// Adds the columns of another set of the same model.
    pub(crate) fn unite(mut self, other: Self) -> Self {
        self.bits = Bits::combined([self.bits, other.bits], |[own, other]| own | other);
        self
    }

    /// Removes the columns that another set of the same model does not hold.
    pub(crate) fn intersect(mut self, other: Self) -> Self {
        self.bits = Bits::combined([self.bits, other.bits], |[own, other]| own & other);
        self
    }

    pub(crate) fn bits(self) -> Bits {
        self.bits
    }
}

impl<'a, M: Entity> FromIterator<&'a dyn ColumnOf<M>> for FieldSet {
    fn from_iter<I: IntoIterator<Item = &'a dyn ColumnOf<M>>>(columns: I) -> Self {
        let mut set = Self::empty::<M>();
        set.extend(columns);
        set
    }
}

/// Adds columns. Those of another model are ignored, as by [`FieldSet::insert`].
impl<'a, M: Entity> Extend<&'a dyn ColumnOf<M>> for FieldSet {
    fn extend<I: IntoIterator<Item = &'a dyn ColumnOf<M>>>(&mut self, columns: I) {
        if self.is_of(M::meta()) {
            self.bits = self.bits.with(columns.into_iter().map(ColumnOf::index));
        }
    }
}

impl IntoIterator for FieldSet {
    type Item = &'static str;
    type IntoIter = FieldSetIter;

    fn into_iter(self) -> FieldSetIter {
        self.names()
    }
}

/// The names of a [`FieldSet`]'s fields, in the model's order.
#[derive(Debug, Clone)]
pub struct FieldSetIter {
    set: FieldSet,
    /// The index of the first column that is not returned yet.
    next: usize,
    /// The number of columns that are not returned yet.
    left: usize,
}

impl Iterator for FieldSetIter {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        let mut indexes = self.next..self.set.meta.columns().len();
        let index = indexes.find(|index| self.set.contains_index(*index))?;
        self.next = index + 1;
        self.left -= 1;
        Some(self.set.meta.columns()[index].field)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for FieldSetIter {}

impl FusedIterator for FieldSetIter {}

impl fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
