//! What the conditions of a receiver compare: an instance with the row as it was before.

use super::{OnCommit, OnRollback};
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
pub type Compared<'a, M> = (Option<&'a M>, &'a M, Written<'a>);

/// The columns that a save is limited to.
pub struct Written<'a>(Option<&'a FieldSet>);

impl Written<'_> {
    /// Whether this field is among them: what a save leaves out has not changed, whatever the instance holds.
    pub fn has(&self, field: &str) -> bool {
        self.0.is_none_or(|fields| fields.contains_name(field))
    }
}

macro_rules! compares {
    ($($signal:ty: |$event:ident| $written:expr),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl Compares for $signal {
            fn compared<'a, M: Send + Sync + 'static>($event: &'a Event<'_, Self, M>) -> Compared<'a, M> {
                ($event.previous, &*$event.instance, Written($written))
            }
        }
    )*};
}

compares! {
    pre_save: |event| event.update_fields.as_deref(),
    post_save: |event| event.update_fields,
    // By then the instance shows the columns that were left out as they were.
    OnCommit<post_save>: |event| None,
    OnRollback<post_save>: |event| None,
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
