//! The comparison in the conditions of a receiver: an instance with its row before the save.

use super::{OfSet, OnCommit, OnRollback};
use crate::backend::{Args, Backend};
use crate::model::{Entity, FieldSet};
use crate::signal::{Event, Signal};
use crate::store::{PostSaveSet, SetSignal, post_save, pre_save};

/// A signal of a save, whose payload has the row as it was before.
#[diagnostic::on_unimplemented(
    message = "`changed` and `when` go with `pre_save` and `post_save`",
    label = "not a signal of a save, which alone changes columns"
)]
pub trait Compares: Signal {
    /// Returns the row as it was before, if it existed, the instance, and the columns that are or will be
    /// written.
    fn compared<'a, M: Send + Sync + 'static>(event: &'a Event<'_, Self, M>) -> Compared<'a, M>;
}

/// The values that the conditions of a receiver compare.
pub type Compared<'a, M> = (Option<&'a M>, &'a M, WrittenColumns<'a, M>);

/// The columns that a save writes.
#[derive(Debug)]
pub struct WrittenColumns<'a, M> {
    previous: Option<&'a M>,
    instance: &'a M,
    /// The columns that the save is limited to.
    fields: Option<&'a FieldSet>,
    /// Whether the columns that the database fills were read back.
    is_read_back: bool,
    backend: Backend,
}

impl<M: Entity> WrittenColumns<'_, M> {
    /// Returns whether this field is among the columns, or came back from the database. A field that a save leaves
    /// out has not changed, whatever the instance holds.
    pub fn has(&self, field: &str) -> bool {
        self.fields.is_none_or(|fields| fields.contains_name(field) || self.is_read_back && is_filled::<M>(field))
    }

    /// Returns whether the written value of this field differs from the row's. `is_equal` is true if the Rust
    /// values are equal.
    ///
    /// Values that are not equal in Rust are compared as the database gets them. Columns of servers store
    /// microseconds and no nanoseconds, NaN is not equal to itself, and a document `null` is read back as
    /// `None`.
    pub fn changed(&self, field: &str, is_equal: bool) -> bool {
        self.has(field) && !is_equal && self.is_stored_differently(field).unwrap_or(true)
    }

    /// Returns whether the stored values differ, or `None` if that is unknown, such as for a value that
    /// cannot be encoded.
    fn is_stored_differently(&self, field: &str) -> Option<bool> {
        let previous = self.previous?;
        let column = M::meta().column_named(field)?;
        let stored = |row: &M| {
            let mut args = Args::new(self.backend, 1);
            row.bind(column, &mut args).ok().map(|()| args)
        };
        Some(!stored(previous)?.is_same(&stored(self.instance)?))
    }
}

/// Two values of a field, to compare them in Rust.
///
/// If the type is `PartialEq`, the pair's inherent method takes precedence over that of [`NotPartialEq`],
/// which every type has.
#[derive(Debug)]
pub struct Pair<'a, T>(pub &'a T, pub &'a T);

impl<T: PartialEq> Pair<'_, T> {
    /// Returns whether they are equal.
    pub fn is_equal(&self) -> bool {
        self.0 == self.1
    }
}

/// The comparison of a [`Pair`] whose type is not `PartialEq`.
pub trait NotPartialEq {
    /// Returns false, since Rust cannot compare the values.
    fn is_equal(&self) -> bool {
        false
    }
}

impl<T> NotPartialEq for Pair<'_, T> {}

/// Returns whether no UPDATE writes this field, so that each one reads it back.
fn is_filled<M: Entity>(field: &str) -> bool {
    let meta = M::meta();
    meta.column_named(field).is_some_and(|column| meta.columns()[column].not_updated().is_some())
}

macro_rules! compares {
    ($($signal:ty: |$event:ident| $fields:expr, $is_read_back:expr, $backend:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Compares for $signal {
            fn compared<'a, M: Send + Sync + 'static>($event: &'a Event<'_, Self, M>) -> Compared<'a, M> {
                let (previous, instance) = ($event.previous, &*$event.instance);
                let (fields, is_read_back, backend) = ($fields, $is_read_back, $backend);
                (previous, instance, WrittenColumns { previous, instance, fields, is_read_back, backend })
            }
        }
    )*};
}

compares! {
    pre_save: |event| event.update_fields.as_deref(), false, event.tx.backend();
    post_save: |event| event.update_fields, true, event.tx.backend();
    // After the end, columns that were left out have their previous values in the instance.
    OnCommit<post_save>: |event| None, true, event.db.backend();
    OnRollback<post_save>: |event| None, true, event.db.backend();
}

/// Returns the values to compare.
pub fn compared<'a, S: Compares, M: Send + Sync + 'static>(event: &'a Event<'_, S, M>) -> Compared<'a, M> {
    S::compared(event)
}

/// A signal of a save, whose sets have the rows as they were before.
#[diagnostic::on_unimplemented(
    message = "`changed` and `when` go with `post_save` in a durable receiver",
    label = "not a signal of a save, which alone changes columns"
)]
pub trait ComparesSets: Signal {
    /// Returns the values to compare for the row at this place of a set.
    fn compared<'a, M: Send + Sync + 'static>(
        event: &'a Event<'_, OfSet<Self>, M>,
        place: usize,
    ) -> Option<Compared<'a, M>>
    where
        Self: SetSignal;
}

#[diagnostic::do_not_recommend]
impl ComparesSets for post_save {
    fn compared<'a, M: Send + Sync + 'static>(event: &'a PostSaveSet<'_, M>, place: usize) -> Option<Compared<'a, M>> {
        let instance = event.instances.get(place)?;
        let previous = event.previous.get(place).copied().flatten();
        let fields = event.fields.and_then(|fields| fields.get(place));
        Some((
            previous,
            instance,
            WrittenColumns { previous, instance, fields, is_read_back: true, backend: event.tx.backend() },
        ))
    }
}

/// Returns the values to compare for the row at this place of a set.
pub fn compared_in_set<'a, S: ComparesSets + SetSignal, M: Send + Sync + 'static>(
    event: &'a Event<'_, OfSet<S>, M>,
    place: usize,
) -> Option<Compared<'a, M>> {
    S::compared(event, place)
}

/// Returns whether a field of `M` is a column, and so has a value in the row as it was before.
pub const fn is_column<M: Entity>(field: &str) -> bool {
    let mut rest = M::SKIPPED;
    while let [skipped, others @ ..] = rest {
        if is_same(skipped.as_bytes(), field.as_bytes()) {
            return false;
        }
        rest = others;
    }
    true
}

/// Returns whether two texts are the same. `==` is not available in `const fn`.
const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([first, one_rest @ ..], [second, other_rest @ ..]) = (one, other) {
        if *first != *second {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

/// A field in a condition.
#[derive(Debug)]
pub struct ComparedField<const IS_COLUMN: bool>;

/// A field that is a column.
#[diagnostic::on_unimplemented(
    message = "a skipped field is not a column, so it has no value in the row as it was before",
    label = "skipped; compare another field, or leave `skip` out"
)]
pub trait IsColumn {}

#[diagnostic::do_not_recommend]
impl IsColumn for ComparedField<true> {}

/// Accepts only a field that is a column.
pub const fn column<const IS_COLUMN: bool>()
where
    ComparedField<IS_COLUMN>: IsColumn,
{
}
