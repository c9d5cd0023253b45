//! Callbacks, which run after a transaction has ended.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::database::TxDatabase;
use super::to_the_end::{in_task, to_the_end};
use crate::db::pool::Database;
use crate::dispatch::{Frame, Scope, causes};
use crate::error::{BoxError, Result, escaped};
use crate::model::ModelMeta;

/// A callback that waits for the commit.
pub(crate) type Callback = BoxFuture<'static, Result<(), CallbackError>>;

/// The reason for which a callback failed.
pub(crate) enum CallbackError {
    /// The callback's own error.
    Failed(BoxError),
    /// Errors of receivers, which are already logged.
    Logged,
}

/// The end of a transaction, or of a level of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Committed,
    RolledBack,
}

/// A write for which receivers are called after its transaction has ended.
pub(crate) struct Change<D> {
    /// The model of the row that was written.
    pub(crate) of: &'static ModelMeta,
    /// The written values, which `callbacks` reads.
    pub(crate) what: Box<dyn Any + Send + Sync>,
    /// Turns the changes of this type into callbacks, each with its position.
    pub(crate) callbacks: MakeCallbacks<D>,
    /// Whether receivers are called if it is rolled back.
    pub(crate) has_rollback_receivers: bool,
}

/// The written values, with their position among all that waits.
pub(crate) type Placed = (usize, Box<dyn Any + Send + Sync>);

type MakeCallbacks<D> = fn(&D, Vec<Placed>, End) -> Vec<(usize, Callback)>;

/// A callback or a change that waits for the end of a transaction.
pub(crate) enum Waiting<D> {
    Callback(Callback),
    Change(Change<D>),
}

/// Runs the callbacks of a transaction that has ended, in order, and returns their number.
pub(crate) async fn conclude<D: TxDatabase>(db: &D, waiting: Vec<Waiting<D>>, end: End) -> usize {
    let callbacks = callbacks(db, waiting, end);
    let count = callbacks.len();
    run(db.database(), callbacks.into_iter()).await;
    count
}

/// Returns the callbacks of the application, after a commit, and those that call receivers for changes.
fn callbacks<D>(db: &D, waiting: Vec<Waiting<D>>, end: End) -> Vec<Callback> {
    let mut callbacks = Vec::new();
    let mut changes: HashMap<TypeId, (MakeCallbacks<D>, Vec<Placed>)> = HashMap::new();
    for (place, waiting) in waiting.into_iter().enumerate() {
        match waiting {
            Waiting::Callback(callback) if end == End::Committed => callbacks.push((place, callback)),
            Waiting::Callback(_) => {}
            Waiting::Change(Change { what, callbacks: make, .. }) => {
                changes.entry((*what).type_id()).or_insert((make, Vec::new())).1.push((place, what));
            }
        }
    }
    for (make, changes) in changes.into_values() {
        callbacks.extend(make(db, changes, end));
    }
    callbacks.sort_by_key(|(place, _)| *place);
    callbacks.into_iter().map(|(_, callback)| callback).collect()
}

/// Runs the callbacks, even if the future is dropped meanwhile.
pub(crate) async fn conclude_to_the_end<D: TxDatabase>(db: &D, waiting: Vec<Waiting<D>>, end: End) {
    if waiting.is_empty() {
        return;
    }
    let (own, database) = (db.clone(), Arc::clone(db.database()));
    let log = move |database: &Database, outcome: Result<usize>| {
        if let Err(error) = outcome {
            tracing::error!(target: "signals", using = database.name(), error = %escaped(error), ?end, "no receiver was called at the end of a write");
        }
    };
    let ended = to_the_end(async move { conclude(&own, waiting, end).await }, move |outcome| log(&database, outcome));
    log(db.database(), ended.await);
}

/// Runs the callbacks in their own task, if there is a runtime, without waiting.
pub(crate) fn conclude_in_background<D: TxDatabase>(db: &D, waiting: Vec<Waiting<D>>, end: End) {
    if waiting.is_empty() {
        return;
    }
    if tokio::runtime::Handle::try_current().is_err() {
        tracing::warn!(target: "signals", using = db.database().name(), ?end, "no receiver is called at the end of a write, since there is no runtime");
        return;
    }
    let db = db.clone();
    // No caller waits for this task, so the running code will return its connection.
    drop(in_task(Frame::current().within(Scope::default()), async move { conclude(&db, waiting, end).await }));
}

/// Runs every callback in order, even after one has failed or panicked. Failures are logged and counted.
async fn run(db: &Database, callbacks: impl Iterator<Item = Callback>) {
    for callback in callbacks {
        match AssertUnwindSafe(callback).catch_unwind().await {
            Ok(Ok(())) => continue,
            Ok(Err(CallbackError::Failed(error))) => {
                let error = causes(&*error);
                tracing::error!(target: "signals", using = db.name(), %error, "an on_commit callback failed");
            }
            Ok(Err(CallbackError::Logged)) => {}
            Err(_panic) => tracing::error!(target: "signals", using = db.name(), "an on_commit callback panicked"),
        }
        db.count_failed_callback();
    }
}
