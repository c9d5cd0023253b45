//! Inserts runs without their signals.

use std::mem;

use signals_core::db::Handle;
use signals_core::error::Result;

use super::statement::{Value, run};
use crate::models::Task;

/// The maximum number of rows of one statement.
const BATCH: usize = 512;
/// The maximum length of the texts of one statement. By default, MariaDB refuses a packet of more than 16 MiB.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Inserts new runs, in statements of few different sizes. The other columns of a new run are the same for all, or
/// NULL.
pub(crate) async fn insert(on: Handle<'_>, mut rows: Vec<Task>) -> Result<()> {
    // Stable, so that runs of one kind keep their order.
    rows.sort_by_key(kind);
    for mut same in rows.chunk_by_mut(|one, other| kind(one) == kind(other)) {
        while !same.is_empty() {
            let size = batch_size(same);
            let (batch, rest) = mem::take(&mut same).split_at_mut(size);
            insert_batch(on, batch).await?;
            same = rest;
        }
    }
    Ok(())
}

/// Returns the number of rows of the next statement, which is a power of two, so that few texts are prepared.
fn batch_size(rows: &[Task]) -> usize {
    let mut bytes = 0;
    let fits = |row: &&Task| {
        bytes += texts(row);
        bytes <= MOST_BYTES
    };
    1 << rows.iter().take(BATCH).take_while(fits).count().max(1).ilog2()
}

/// Returns the length of the texts of a row.
fn texts(row: &Task) -> usize {
    let maybe = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    row.name.len() + row.queue.len() + row.args.len() + maybe(&row.merge_key) + maybe(&row.trace)
}

/// Inserts runs of one kind by one statement.
async fn insert_batch(on: Handle<'_>, rows: &mut [Task]) -> Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let (state, priority, max_attempts, is_traced) = kind(first);
    let (column, place) = if is_traced { (", trace", ", ?") } else { ("", "") };
    let row = format!("(?, ?, ?, ?, ?, {state}, {priority}, 0, {max_attempts}, 0, 0, ?, ?{place})");
    let sql = format!(
        "INSERT INTO signals_task (id, name, queue, args, merge_key, state, priority, attempts, max_attempts, claims, \
         crashes, due_at, created_at{column}) VALUES {}",
        vec![row; rows.len()].join(", ")
    );
    let mut values = Vec::with_capacity(rows.len() * 8);
    for task in rows {
        values.push(Value::Id(task.id));
        values.extend([&mut task.name, &mut task.queue, &mut task.args].map(|text| Value::Text(mem::take(text))));
        values.extend([Value::MaybeText(task.merge_key.take()), Value::Int(task.due_at), Value::Int(task.created_at)]);
        values.extend(is_traced.then(|| Value::MaybeText(task.trace.take())));
    }
    run(on, "INSERT", &sql, &values).await.map(drop)
}

/// The values of a run that are part of the statement's text.
fn kind(row: &Task) -> (i16, i16, i32, bool) {
    (row.state, row.priority, row.max_attempts, row.trace.is_some())
}
