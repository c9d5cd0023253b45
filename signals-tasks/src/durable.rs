//! Durable receivers: what a write stores for them, and what a run passes to them.

mod deleted;
mod linked;
mod rows;
mod saved;
mod sent;
mod stored;

use futures_util::future::BoxFuture;
use signals_core::error::Result;
use signals_core::model::AnyModel as _;
use signals_core::signal::{Event, Signal};
use signals_core::store::Model;

use crate::arguments::Arguments;
use crate::definition::{Failure, Run, TaskDefinition};
use crate::enqueue::new_row;
use crate::models::Task;

pub use deleted::DurableDelete;
pub use linked::DurableLinks;
pub use rows::{AttachRow, DurableRows, attachment};
pub use saved::DurableSave;
pub use sent::{SentAlone, StoredEvent, StoredPayload, enqueue_event, payload, receive_event};
pub use stored::{Merges, Rereads, Stored, StoredKey, StoredRow, merges, reread, snapshot};

/// The maximum length of a merge key, in bytes. A longer one is replaced by its hash.
const LONGEST_KEY: usize = 255;

/// A signal whose receivers may be durable.
#[diagnostic::on_unimplemented(
    message = "receivers of `{Self}` cannot be durable",
    label = "not a signal of a write",
    note = "`durable` goes with `post_save`, `post_delete` and `m2m_changed`; leave it out, or enqueue a task in the receiver"
)]
pub trait DurableSignal: Signal {
    /// The signal that a durable receiver receives: that of whole sets of rows.
    type Sent: Signal;
    /// What a run passes to the receiver.
    type Received<M: Model>;

    /// Returns a run for each chosen row of a write.
    #[doc(hidden)]
    fn runs<M: Model>(
        event: &Event<'_, Self::Sent, M>,
        stored: &Stored<M>,
        chooses: Option<Chooses<Self, M>>,
    ) -> Result<Vec<NewRun>>;

    /// Returns what the run passes to the receiver.
    #[doc(hidden)]
    fn receive<'r, M: Model>(run: &'r Run, stored: &'r Stored<M>) -> BoxFuture<'r, Result<Self::Received<M>, Failure>>;
}

/// Returns whether the row at this place of a set meets the receiver's conditions.
pub type Chooses<S, M> = for<'a, 'b> fn(&'a Event<'b, Sent<S>, M>, usize) -> bool;

/// The signal that a durable receiver of `S` receives.
pub type Sent<S> = <S as DurableSignal>::Sent;

/// A run of a durable receiver that is about to be enqueued.
#[derive(Debug)]
pub struct NewRun {
    /// The key of its row, as text.
    key: Option<String>,
    arguments: Arguments,
}

impl NewRun {
    /// Returns a run for each chosen row of a set. `add` adds the other fields of the signal.
    fn of_set<M: Model>(
        stored: &Stored<M>,
        (rows, previous): (&[M], &[Option<&M>]),
        is_chosen: impl Fn(usize) -> bool,
        add: impl Fn(usize, &mut Arguments),
    ) -> Result<Vec<Self>> {
        let mut runs = Vec::new();
        for (place, row) in rows.iter().enumerate().filter(|(place, _)| is_chosen(*place)) {
            let mut arguments = Arguments::default();
            stored.add(&mut arguments, row, previous.get(place).copied().flatten())?;
            add(place, &mut arguments);
            runs.push(Self { key: row.pk().map(|key| key.to_string()), arguments });
        }
        Ok(runs)
    }

    fn into_row(self, task: &'static TaskDefinition) -> Result<Task> {
        let delay = task.merging.map(|merging| merging.debounce).unwrap_or_default();
        let merge_key = self.key.filter(|_| !task.parallel).map(|key| merge_key(task.name, &key));
        Ok(Task { merge_key, ..new_row(task, self.arguments, delay)? })
    }
}

/// Returns what the run passes to a durable receiver of `S`.
///
/// # Errors
///
/// [`Failure::Unreadable`] if the run's arguments cannot be read, [`Failure::Failed`] if the database fails.
pub async fn receive<S: DurableSignal, M: Model>(run: &Run, stored: &Stored<M>) -> Result<S::Received<M>, Failure> {
    S::receive(run, stored).await
}

/// Returns the instance for a parameter that is not an `Option`.
///
/// # Errors
///
/// [`Failure::RowGone`], which ends the run.
pub fn present<T>(instance: Option<T>) -> Result<T, Failure> {
    instance.ok_or(Failure::RowGone)
}

/// Returns the key of a receiver and a row.
fn merge_key(receiver: &str, key: &str) -> String {
    let whole = format!("{receiver}:{key}");
    if whole.len() <= LONGEST_KEY {
        return whole;
    }
    let end = whole.floor_char_boundary(LONGEST_KEY - 40);
    format!("{}#{:032x}", whole.get(..end).unwrap_or_default(), fnv1a(whole.as_bytes()))
}

/// Returns a hash that is the same in every version of the program.
fn fnv1a(bytes: &[u8]) -> u128 {
    const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
    let start = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    bytes.iter().fold(start, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_merge_key_is_cut_and_still_different_for_each_row() {
        assert_eq!(merge_key("shop::reindex", "7"), "shop::reindex:7");
        let keys = ["ä".repeat(200) + "1", "ä".repeat(200) + "2"].map(|key| merge_key("shop::reindex", &key));
        assert!(keys.iter().all(|key| key.len() <= LONGEST_KEY), "{keys:?}");
        assert_ne!(keys[0], keys[1]);
    }
}
