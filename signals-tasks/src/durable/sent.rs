//! Durable receivers of custom signals.

use std::fmt;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use signals_core::db::{Carried, carried};
use signals_core::error::{BoxError, Error};
use signals_core::signal::{Event, Signal};
use signals_core::store::Model as _;

use super::NewRun;
use crate::arguments::{Arguments, unreadable};
use crate::definition::{Failure, Run, TaskDefinition};
use crate::enqueue::announce;

/// A signal without senders, whose receivers return nothing.
#[diagnostic::on_unimplemented(
    message = "a durable receiver of `{Self}` needs a sender",
    label = "sent by models",
    note = "name the model: `sender = User`; a signal of your own whose receivers return a value has no durable receivers"
)]
pub trait SentAlone: Signal<Any = Self, Response = ()> {}

#[diagnostic::do_not_recommend]
impl<S: Signal<Any = S, Response = ()>> SentAlone for S {}

/// A payload that a run stores as JSON, by serde.
#[diagnostic::on_unimplemented(
    message = "a durable receiver cannot store the payload `{Self}`",
    label = "not stored by serde",
    note = "the payload is stored as JSON: write `#[derive(serde::Serialize, serde::Deserialize)]` on the signal in `signal!`, and borrow nothing"
)]
pub trait StoredPayload: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> StoredPayload for T {}

/// Writes and reads the payload of a signal.
pub struct StoredEvent<S: Signal> {
    write: for<'a, 'b> fn(&'a Event<'b, S, S>) -> serde_json::Result<Value>,
    read: fn(Value) -> serde_json::Result<Event<'static, S, S>>,
}

/// Stores the payload of a signal.
pub const fn payload<S: SentAlone>() -> StoredEvent<S>
where
    for<'b> Event<'b, S, S>: StoredPayload,
{
    StoredEvent { write: |event| serde_json::to_value(event), read: |value| serde_json::from_value(value) }
}

impl<S: Signal> fmt::Debug for StoredEvent<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEvent").field("signal", &S::NAME).finish_non_exhaustive()
    }
}

/// Enqueues a run on the handle of the send.
pub fn enqueue_event<S: SentAlone>(
    event: &Event<'_, S, S>,
    task: &'static TaskDefinition,
    stored: &StoredEvent<S>,
) -> BoxFuture<'static, Result<(), BoxError>> {
    let value = (stored.write)(event);
    let on = carried();
    Box::pin(async move {
        let on = on.ok_or_else(|| not_on_a_handle::<S>(task))?;
        let value = value.map_err(|error| format!("the payload cannot be stored as JSON: {error}"))?;
        let mut arguments = Arguments::default();
        arguments.insert("payload", value);
        insert(&on, NewRun { key: None, arguments }, task).await.map_err(Into::into)
    })
}

async fn insert(on: &Carried, run: NewRun, task: &'static TaskDefinition) -> Result<(), Error> {
    let row = run.into_row(task)?.create(on.handle()).await?;
    announce(on.handle(), row.state).await
}

fn not_on_a_handle<S: Signal>(task: &TaskDefinition) -> BoxError {
    let (signal, receiver) = (S::NAME, task.name);
    format!(
        "`{signal}` has the durable receiver `{receiver}`, whose run is written to a database; \
         send it on a handle: `{signal}.on(&tx).send(..)`"
    )
    .into()
}

/// Returns the payload that a run stored.
///
/// # Errors
///
/// [`Failure::Unreadable`].
pub fn receive_event<S: SentAlone>(run: &Run, stored: &StoredEvent<S>) -> Result<Event<'static, S, S>, Failure> {
    let value = run.arguments.value("payload").clone();
    let what = format!("the stored payload of `{}`", S::NAME);
    (stored.read)(value).map_err(|error| Failure::Unreadable(unreadable::<Event<'static, S, S>>(&what, &error)))
}
