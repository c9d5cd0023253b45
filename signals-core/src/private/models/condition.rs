//! What the conditions of a receiver compare: an instance with the row as it was before.

use super::{OnCommit, OnRollback};
use crate::backend::{Args, Backend};
use crate::model::{Entity, FieldSet};
use crate::signal::{Event, Signal};
use crate::store::{post_save, pre_save};

/// A signal of a save, which carries the row as it was before.
#[diagnostic::on_unimplemented(
    message = "`changed` and `when` go with `pre_save` and `post_save`",
    label = "not a signal of a save, which alone changes columns"
)]
pub trait Compares: Signal {
    /// The row as it was before, if it was there; the instance; and which columns of it were written, or are about to be.
    fn compared<'a, M: Send + Sync + 'static>(event: &'a Event<'_, Self, M>) -> Compared<'a, M>;
}

/// What the conditions of a receiver compare.
pub type Compared<'a, M> = (Option<&'a M>, &'a M, WrittenColumns<'a, M>);

/// Which columns a save writes.
#[derive(Debug)]
pub struct WrittenColumns<'a, M> {
    previous: Option<&'a M>,
    instance: &'a M,
    /// The columns that it is limited to.
    fields: Option<&'a FieldSet>,
    backend: Backend,
}

impl<M> WrittenColumns<'_, M> {
    /// Whether this field is among the columns: what a save leaves out has not changed, whatever the instance holds.
    pub fn has(&self, field: &str) -> bool {
        self.fields.is_none_or(|fields| fields.contains_name(field))
    }
}

impl<M: Entity> WrittenColumns<'_, M> {
    /// Whether this field is written with another value than the row has. `is_equal` says whether the Rust values are equal.
    ///
    /// Values that are not equal in Rust are compared as the database gets them: the columns of a server keep microseconds and no
    /// nanoseconds, NaN is not equal to itself, and a document `null` is read back as `None`.
    pub fn changed(&self, field: &str, is_equal: bool) -> bool {
        self.has(field) && !is_equal && self.is_stored_differently(field).unwrap_or(true)
    }

    /// `None` if that cannot be found out, as of a value that cannot be encoded.
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

/// Two values of a field, to be compared in Rust.
///
/// The inherent method of a pair whose type is `PartialEq` wins over the one that [`NotPartialEq`] gives every type.
#[derive(Debug)]
pub struct Pair<'a, T>(pub &'a T, pub &'a T);

impl<T: PartialEq> Pair<'_, T> {
    /// Whether they are equal.
    pub fn is_equal(&self) -> bool {
        self.0 == self.1
    }
}

/// The other half of [`Pair`].
pub trait NotPartialEq {
    /// Values that Rust cannot compare are not known to be equal.
    fn is_equal(&self) -> bool {
        false
    }
}

impl<T> NotPartialEq for Pair<'_, T> {}

macro_rules! compares {
    ($($signal:ty: |$event:ident| $fields:expr, $backend:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Compares for $signal {
            fn compared<'a, M: Send + Sync + 'static>($event: &'a Event<'_, Self, M>) -> Compared<'a, M> {
                let (previous, instance) = ($event.previous, &*$event.instance);
                (previous, instance, WrittenColumns { previous, instance, fields: $fields, backend: $backend })
            }
        }
    )*};
}

compares! {
    pre_save: |event| event.update_fields.as_deref(), event.tx.backend();
    post_save: |event| event.update_fields, event.tx.backend();
    // By then the instance shows the columns that were left out as they were.
    OnCommit<post_save>: |event| None, event.db.backend();
    OnRollback<post_save>: |event| None, event.db.backend();
}

/// What is compared.
pub fn compared<'a, S: Compares, M: Send + Sync + 'static>(event: &'a Event<'_, S, M>) -> Compared<'a, M> {
    S::compared(event)
}

/// Whether a field of `M` is a column, and so has a value in the row as it was before.
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

/// Whether two texts are the same: `==` cannot tell before the program runs.
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
    message = "a skipped field is no column, so it has no value in the row as it was before",
    label = "skipped; compare another field, or leave `skip` out"
)]
pub trait IsColumn {}

#[diagnostic::do_not_recommend]
impl IsColumn for ComparedField<true> {}

/// Takes a column; another field is refused.
pub const fn column<const IS_COLUMN: bool>()
where
    ComparedField<IS_COLUMN>: IsColumn,
{
}
