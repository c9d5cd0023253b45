//! Writes that others made of a model's table, as triggers recorded them: their rows, and the receivers that are called
//! for them.

use std::fmt;

use futures_util::future::BoxFuture;

use super::Model;
use super::payload::{DeleteOrigin, Instances, PostDeleteSet, PostSaveSet};
use super::signals::{post_delete, post_delete_set, post_save, post_save_set};
use super::table;
use super::write_scope::WriteScope;
use crate::backend::{Args, Image, Row};
use crate::context;
use crate::db::{Doing, Handle, Tx};
use crate::dispatch::send;
use crate::error::{Error, Result};
use crate::model::ModelMeta;
use crate::registry::{Sender, Snapshot, models};
use crate::signal::Signal;
use crate::sql;

/// The table of recorded writes.
pub(super) const CAPTURE_TABLE: &str = "signals_capture";

/// What a trigger recorded.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapturedOperation {
    /// A row was inserted.
    Insert,
    /// A row was changed.
    Update,
    /// A row was deleted.
    Delete,
}

/// A recorded write, without its rows.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct CapturedWrite {
    /// The key in `signals_capture`.
    pub id: i64,
    /// The kind of the write.
    pub operation: CapturedOperation,
}

/// The code for the recorded writes of a model.
#[doc(hidden)]
pub struct CaptureStore {
    send: for<'a> fn(&'a Tx, &'a [CapturedWrite]) -> BoxFuture<'a, Result<()>>,
}

impl CaptureStore {
    /// Returns the code for this model.
    pub const fn of<M: Model>() -> Self {
        Self { send: |tx, writes| Box::pin(send_writes::<M>(tx, writes)) }
    }
}

impl fmt::Debug for CaptureStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureStore").finish_non_exhaustive()
    }
}

/// Returns the linked models whose writes by others are recorded.
#[doc(hidden)]
pub fn captured_models() -> Vec<&'static ModelMeta> {
    models::all().into_iter().filter(|meta| meta.is_captured()).collect()
}

/// Returns whether the database has a model's table. A table that was found is not looked for again.
///
/// # Errors
///
/// If the query fails.
#[doc(hidden)]
pub async fn has_table(meta: &'static ModelMeta, on: Handle<'_>) -> Result<bool> {
    table::is_there(meta, on).await
}

/// Sends recorded writes of a model to its durable receivers, in this transaction. They are in the order of their ids.
///
/// # Errors
///
/// If a recorded row cannot be read, or a receiver fails.
#[doc(hidden)]
pub async fn send_captured(meta: &ModelMeta, tx: &Tx, writes: &[CapturedWrite]) -> Result<()> {
    match meta.capture_store::<CaptureStore>() {
        Some(store) => (store.send)(tx, writes).await,
        None => Err(Error::other(format!("`{}` does not record the writes of others", meta.name()))),
    }
}

async fn send_writes<M: Model>(tx: &Tx, writes: &[CapturedWrite]) -> Result<()> {
    let saved = durable::<post_save_set, M>(tx);
    let deleted = durable::<post_delete_set, M>(tx);
    let is_received = |write: &&CapturedWrite| match write.operation {
        CapturedOperation::Delete => !deleted.is_empty(),
        CapturedOperation::Insert | CapturedOperation::Update => !saved.is_empty(),
    };
    let writes: Vec<_> = writes.iter().filter(is_received).copied().collect();
    let mut old = rows::<M>(tx, &writes, Image::Old).await?.into_iter();
    let mut new = rows::<M>(tx, &writes, Image::New).await?.into_iter();
    let mut scope = WriteScope::new(Handle::Tx(tx));
    scope.open_if(!writes.is_empty()).await?;
    let is_delete = |write: &CapturedWrite| write.operation == CapturedOperation::Delete;
    for run in writes.chunk_by(|one, other| is_delete(one) == is_delete(other)) {
        let has_old = |write: &CapturedWrite| write.operation != CapturedOperation::Insert;
        let previous: Vec<Option<M>> = run.iter().map(|write| if has_old(write) { old.next() } else { None }).collect();
        let sent = if run.iter().all(is_delete) {
            let rows: Vec<M> = previous.into_iter().flatten().collect();
            send_deleted(&deleted, &rows, &scope).await
        } else {
            let rows: Vec<M> = new.by_ref().take(run.len()).collect();
            let created: Vec<_> = run.iter().map(|write| !has_old(write)).collect();
            send_saved(&saved, &rows, &previous, &created, &scope).await
        };
        if sent.is_err() {
            return scope.end(sent).await;
        }
    }
    scope.end(Ok(())).await
}

/// Returns the durable receivers of a signal of sets. The others run only in the program that writes.
fn durable<S: Signal, M: Sender<S>>(tx: &Tx) -> Snapshot {
    Handle::Tx(tx).receivers::<S, M>().filtered(|entry| entry.info().is_durable())
}

/// Reads one of the rows of each write that has it.
async fn rows<M: Model>(tx: &Tx, writes: &[CapturedWrite], image: Image) -> Result<Vec<M>> {
    let without = if image == Image::Old { CapturedOperation::Insert } else { CapturedOperation::Delete };
    let ids: Vec<_> = writes.iter().filter(|write| write.operation != without).map(|write| write.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut args = Args::new(tx.backend(), ids.len());
    for id in &ids {
        args.add(id)?;
    }
    let statement = sql::select_captured(M::meta(), tx.backend(), image, ids.len());
    let doing = Doing { verb: "SELECT", model: M::meta().name() };
    let load = |row: &Row<'_>| {
        if row.get::<i32>(sql::IS_COMPLETE)? == 0 {
            let problem = "the recorded row lacks a column of the model, which was added or renamed since";
            return Err(sqlx::Error::Decode(problem.into()));
        }
        M::load(row)
    };
    let rows = Handle::Tx(tx).all(&statement, args, doing, load).await?;
    if rows.len() == ids.len() {
        return Ok(rows);
    }
    Err(Error::other(format!("{} of {} recorded rows of `{}` were found", rows.len(), ids.len(), M::meta().name())))
}

async fn send_saved<M: Model>(
    receivers: &Snapshot,
    rows: &[M],
    previous: &[Option<M>],
    created: &[bool],
    scope: &WriteScope<'_>,
) -> Result<()> {
    let previous: Vec<_> = previous.iter().map(Option::as_ref).collect();
    let mut event = PostSaveSet {
        instances: Instances::new(&rows),
        previous: &previous,
        created,
        raw: false,
        update_fields: None,
        fields: None,
        using: scope.using(),
        tx: scope.tx(),
        context: &context::current(),
        sender: M::meta(),
        signal: post_save::NAME,
    };
    send::<post_save_set, M>(receivers, &mut event, scope.sending(false), scope.savepoint()).await.map(drop)
}

async fn send_deleted<M: Model>(receivers: &Snapshot, rows: &[M], scope: &WriteScope<'_>) -> Result<()> {
    let previous: Vec<_> = rows.iter().map(Some).collect();
    let root = if let [row] = rows { Some(row as _) } else { None };
    let mut event = PostDeleteSet {
        instances: Instances::new(&rows),
        previous: &previous,
        origin: DeleteOrigin::Direct,
        root,
        using: scope.using(),
        tx: scope.tx(),
        context: &context::current(),
        sender: M::meta(),
        signal: post_delete::NAME,
    };
    send::<post_delete_set, M>(receivers, &mut event, scope.sending(false), scope.savepoint()).await.map(drop)
}
