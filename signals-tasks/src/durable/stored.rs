//! How the row of a durable receiver is stored: by its key, or as a whole.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use signals_core::error::{Error, Result};
use signals_core::model::{Entity, Key, ModelKey as _};
use signals_core::store::{Model, m2m_changed, post_save};

use crate::arguments::{self, Arguments};
use crate::definition::{Failure, Run};

/// A key that a run stores as JSON, by serde.
#[diagnostic::on_unimplemented(
    message = "a durable receiver cannot store the key `{Self}`",
    label = "not stored by serde",
    note = "the key is stored as JSON: write `#[derive(serde::Serialize, serde::Deserialize)]` on `{Self}`"
)]
pub trait StoredKey: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> StoredKey for T {}

/// A row that a run stores as JSON, by serde.
#[diagnostic::on_unimplemented(
    message = "a durable receiver cannot store a snapshot of `{Self}`",
    label = "not stored by serde",
    note = "the row is stored as JSON: write `#[derive(serde::Serialize, serde::Deserialize)]` on `{Self}`"
)]
pub trait StoredRow: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> StoredRow for T {}

/// A signal after which the row can be read again.
#[diagnostic::on_unimplemented(
    message = "after `{Self}` the row cannot be read again",
    label = "write `durable(snapshot)`, which stores the row",
    note = "a durable receiver runs later, and the row of a `post_delete` is gone then"
)]
pub trait Rereads {}

impl Rereads for post_save {}
// Its runs store keys, and no row.
impl Rereads for m2m_changed {}

/// A signal whose open runs of one row may become one.
#[diagnostic::on_unimplemented(
    message = "the runs of `{Self}` cannot be merged",
    label = "each run has a change of its own",
    note = "`debounce` and `coalesce` go with `post_save`; leave them out"
)]
pub trait Merges {}

impl Merges for post_save {}

/// Accepts only a signal whose runs may be merged.
pub const fn merges<S: Merges>() {}

/// Keys with which it is found out how keys are stored. Each integer type can hold them.
const PROBES: [i64; 2] = [7, 30_011];

/// Writes and reads the row of a durable receiver.
pub struct Stored<M: Entity> {
    write_key: fn(&M::Key) -> serde_json::Result<Value>,
    read_key: fn(&Value) -> serde_json::Result<M::Key>,
    snapshot: Option<Snapshot<M>>,
    /// Whether the receiver takes the row.
    reads: bool,
}

/// Writes and reads a whole row.
struct Snapshot<M> {
    write: fn(&M) -> serde_json::Result<Value>,
    read: fn(&Value) -> serde_json::Result<M>,
}

/// Stores the key. The row is read again when the receiver runs.
pub const fn reread<S: Rereads, M: Model>() -> Stored<M>
where
    M::Key: StoredKey,
{
    Stored {
        write_key: |key| serde_json::to_value(key),
        read_key: |value| serde::Deserialize::deserialize(value),
        snapshot: None,
        reads: true,
    }
}

/// Stores the row, and the row as it was before.
pub const fn snapshot<M: Model + StoredRow>() -> Stored<M>
where
    M::Key: StoredKey,
{
    Stored {
        write_key: |key| serde_json::to_value(key),
        read_key: |value| serde::Deserialize::deserialize(value),
        snapshot: Some(Snapshot {
            write: |row| serde_json::to_value(row),
            read: |value| serde::Deserialize::deserialize(value),
        }),
        reads: true,
    }
}

impl<M: Entity> Stored<M> {
    /// Does not read the row again, since the receiver does not take it.
    #[must_use]
    pub const fn unread(mut self) -> Self {
        self.reads = false;
        self
    }
}

impl<M: Model> Stored<M> {
    /// Returns whether a run stores nothing of the row except its key, and each key that the database generates is
    /// the same number in JSON.
    pub(super) fn has_numbers(&self) -> bool {
        self.snapshot.is_none()
            && PROBES.iter().all(|number| {
                let key = M::Key::from_generated(*number);
                key.is_some_and(|key| {
                    key.key() == Some(Key::Int(*number)) && (self.write_key)(&key).ok() == Some((*number).into())
                })
            })
    }

    /// Adds the row to the arguments of a run.
    pub(super) fn add(&self, arguments: &mut Arguments, instance: &M, previous: Option<&M>) -> Result<()> {
        let stored = |value: serde_json::Result<Value>| {
            value.map_err(|error| Error::other(format!("`{}` cannot be stored as JSON: {error}", M::meta().name())))
        };
        arguments.insert("key", stored((self.write_key)(&instance.key()))?);
        if let Some(Snapshot { write, .. }) = &self.snapshot {
            arguments.insert("instance", stored(write(instance))?);
            if let Some(previous) = previous {
                arguments.insert("previous", stored(write(previous))?);
            }
        }
        Ok(())
    }

    /// Returns the row that the run stored, or the row as it is now.
    pub(super) async fn instance(&self, run: &Run) -> Result<Option<Box<M>>, Failure> {
        if self.snapshot.is_some() {
            return self.read_row(run, "instance");
        }
        if !self.reads {
            return Ok(None);
        }
        let key = (self.read_key)(run.arguments.value("key")).map_err(|error| unreadable::<M::Key>("key", &error))?;
        let row = M::state().find(run.handle(), key).await.map_err(|error| Failure::Failed(error.into()))?;
        Ok(row.map(Box::new))
    }

    /// Returns the row as it was before, if the run stored it.
    pub(super) fn previous(&self, run: &Run) -> Result<Option<Box<M>>, Failure> {
        self.read_row(run, "previous")
    }

    fn read_row(&self, run: &Run, name: &str) -> Result<Option<Box<M>>, Failure> {
        let value = run.arguments.value(name);
        let Some(Snapshot { read, .. }) = self.snapshot.as_ref().filter(|_| !value.is_null()) else { return Ok(None) };
        read(value).map(|row| Some(Box::new(row))).map_err(|error| unreadable::<M>(name, &error))
    }
}

fn unreadable<T>(name: &str, error: &serde_json::Error) -> Failure {
    Failure::Unreadable(arguments::unreadable::<T>(&format!("the stored `{name}`"), error))
}

impl<M: Entity> fmt::Debug for Stored<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_snapshot = self.snapshot.is_some();
        f.debug_struct("Stored")
            .field("model", &M::meta().name())
            .field("is_snapshot", &is_snapshot)
            .finish_non_exhaustive()
    }
}
