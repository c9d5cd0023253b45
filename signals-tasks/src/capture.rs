//! Turns the writes that triggers recorded into runs of durable receivers.

use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use futures_util::FutureExt as _;
use signals_core::context::{self, Context};
use signals_core::db::{Db, Handle, IntoHandle as _, Tx};
use signals_core::error::{Error, Result};
use signals_core::model::{Entity as _, ModelMeta};
use signals_core::store::{CapturedOperation, CapturedWrite, captured_models, has_table, send_captured};
use sqlx::error::DatabaseError;

use crate::causes::with_causes;
use crate::models::TaskCapture;
pub(crate) use crate::store::CapturedKind;
use crate::store::{self, Captured, CapturedCount};

/// The largest number of writes that one transaction sends.
pub(crate) const BATCH: usize = 128;

/// The longest text of an error that is kept, in bytes.
const LONGEST_ERROR: usize = 8 * 1024;

static MODELS: LazyLock<Vec<&'static ModelMeta>> = LazyLock::new(captured_models);
static TABLES: LazyLock<Vec<&'static str>> = LazyLock::new(|| MODELS.iter().map(|meta| meta.table()).collect());

/// Returns whether writes of any model of the program are recorded.
pub(crate) fn is_used() -> bool {
    !MODELS.is_empty()
}

/// Returns whether writes of any model of the program are recorded in this database. The program may have such models
/// only in another one, and then there is no table of recorded writes here.
async fn is_used_in(on: Handle<'_>) -> Result<bool> {
    Ok(is_used() && has_table(TaskCapture::meta(), on).await?)
}

/// Counts the recorded writes.
pub(crate) async fn count(on: Handle<'_>) -> Result<CapturedCount> {
    if is_used_in(on).await? { store::count_captured(on).await } else { Ok(CapturedCount::default()) }
}

/// Enqueues the runs for all recorded writes.
pub(crate) async fn send_all(db: &Db) -> Result<()> {
    for kind in CapturedKind::ALL {
        while send_batch(db, kind, BATCH).await? {}
    }
    Ok(())
}

/// Enqueues the runs for up to `limit` recorded writes of this kind, and deletes these, in one transaction. Returns
/// whether there may be more.
///
/// Refused writes have a transaction of their own, so that they hold no new one up.
pub(crate) async fn send_batch(db: &Db, kind: CapturedKind, limit: usize) -> Result<bool> {
    if !is_used_in(db.into_handle()).await? || !store::has_captured(db, &TABLES, kind).await? {
        return Ok(false);
    }
    let mut tries = 0;
    loop {
        match send_locked(db, kind, limit).await {
            Err(error) if tries < TRIES && (error.is_deadlock() || error.is_serialization_failure()) => tries += 1,
            sent => return sent,
        }
    }
}

/// The number of further tries after a deadlock with another worker.
const TRIES: usize = 5;

async fn send_locked(db: &Db, kind: CapturedKind, limit: usize) -> Result<bool> {
    let tx = store::begin(db).await?;
    let sent = send_in(&tx, kind, limit).await;
    store::conclude(tx, sent).await
}

async fn send_in(tx: &Tx, kind: CapturedKind, limit: usize) -> Result<bool> {
    let captured = store::lock_captured(tx, &TABLES, kind, limit).await?;
    if captured.is_empty() {
        return Ok(false);
    }
    let savepoint = tx.begin().await?;
    match send_caught(&savepoint, &captured).await {
        Ok(()) => savepoint.commit().await?,
        Err(error) if is_lasting(&error) => {
            savepoint.rollback().await?;
            send_each(tx, &captured).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(captured.len() == limit)
}

/// Sends one write after another, because one of them cannot be sent.
async fn send_each(tx: &Tx, captured: &[Captured]) -> Result<()> {
    for write in captured.chunks(1) {
        let savepoint = tx.begin().await?;
        match (send_caught(&savepoint, write).await, write) {
            (Ok(()), _) => savepoint.commit().await?,
            (Err(error), [write]) if is_lasting(&error) => {
                savepoint.rollback().await?;
                let Captured { id, table, .. } = write;
                let mut text = with_causes(&error).replace('\0', "\u{fffd}");
                text.truncate(text.floor_char_boundary(LONGEST_ERROR));
                tracing::error!(target: "signals", id, table, error = text, "a captured write cannot be sent to its receivers");
                store::refuse_captured(tx, *id, &text).await?;
            }
            (Err(error), _) => return Err(error),
        }
    }
    Ok(())
}

/// Returns whether the write cannot be sent at another time either: its row cannot be read, or a receiver's code fails with
/// it. Other failures of a database, such as a missing table, are not those of a row.
fn is_lasting(error: &Error) -> bool {
    match error.find::<sqlx::Error>() {
        Some(sqlx::Error::Database(error)) => is_about_data(error.code().as_deref(), error.message()),
        Some(error) => {
            matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_))
        }
        // An error that forwards to sqlx's shows only the inner one.
        None => error
            .find::<Box<dyn DatabaseError>>()
            .is_none_or(|error| is_about_data(error.code().as_deref(), error.message())),
    }
}

/// Returns whether an error of a database is about a value: by the class of its code, or by its text if JSON cannot be read,
/// for which SQLite and MariaDB have only general codes.
fn is_about_data(code: Option<&str>, message: &str) -> bool {
    let code = code.unwrap_or_default();
    let is_general = code == "1" || code == "HY000";
    code.len() == 5 && code.starts_with("22") || is_general && message.contains("JSON")
}

/// Sends writes as [`send`]. A panic of a receiver's code is an error.
async fn send_caught(tx: &Tx, captured: &[Captured]) -> Result<()> {
    AssertUnwindSafe(send(tx, captured)).catch_unwind().await.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Err(Error::other(format!("the code of a receiver or of the model panicked: {}", text.unwrap_or_default())))
    })
}

/// Sends writes in their order, and deletes them.
async fn send(tx: &Tx, captured: &[Captured]) -> Result<()> {
    for group in captured.chunk_by(|one, other| one.table == other.table && one.actor == other.actor) {
        let [first, ..] = group else { continue };
        let Some(meta) = MODELS.iter().find(|meta| meta.table() == first.table) else { continue };
        let writes: Vec<_> = group.iter().filter_map(write).collect();
        let context = first.actor.as_deref().map_or_else(Context::new, |actor| Context::new().with_actor(actor));
        context::scope(context, send_captured(meta, tx, &writes)).await?;
    }
    store::forget_captured(tx, captured).await
}

/// Returns the write, or `None` for the mark of this library's own writes.
fn write(captured: &Captured) -> Option<CapturedWrite> {
    let operation = match &*captured.operation {
        "I" => CapturedOperation::Insert,
        "U" => CapturedOperation::Update,
        "D" => CapturedOperation::Delete,
        _ => return None,
    };
    Some(CapturedWrite { id: captured.id, operation })
}
