//! Inserts runs without their signals.

use signals_core::db::Handle;
use signals_core::error::Result;

use super::statement::{Value, run};
use crate::models::Task;

/// The maximum number of rows of one statement.
const BATCH: usize = 512;

/// Inserts new runs, in statements of few different sizes. The other columns of a new run are the same for all, or
/// NULL.
pub(crate) async fn insert(on: Handle<'_>, mut rows: Vec<Task>) -> Result<()> {
    // Stable, so that runs of one kind keep their order.
    rows.sort_by_key(kind);
    while let Some(first) = rows.first() {
        let same = rows.partition_point(|row| kind(row) == kind(first));
        // Powers of two, so that few texts are prepared.
        let size = if same >= BATCH { BATCH } else { 1 << same.ilog2() };
        let (state, priority, max_attempts, is_traced) = kind(first);
        let (column, place) = if is_traced { (", trace", ", ?") } else { ("", "") };
        let row = format!("(?, ?, ?, ?, ?, {state}, {priority}, 0, {max_attempts}, 0, 0, ?, ?{place})");
        let sql = format!(
            "INSERT INTO signals_task (id, name, queue, args, merge_key, state, priority, attempts, max_attempts, claims, \
             crashes, due_at, created_at{column}) VALUES {}",
            vec![row; size].join(", ")
        );
        let mut values = Vec::with_capacity(size * 8);
        for task in rows.drain(..size) {
            let texts = [Value::Text(task.name), Value::Text(task.queue), Value::Text(task.args)];
            values.push(Value::Id(task.id));
            values.extend(texts);
            values.extend([Value::MaybeText(task.merge_key), Value::Int(task.due_at), Value::Int(task.created_at)]);
            values.extend(is_traced.then_some(Value::MaybeText(task.trace)));
        }
        run(on, "INSERT", &sql, &values).await?;
    }
    Ok(())
}

/// The values of a run that are part of the statement's text.
fn kind(row: &Task) -> (i16, i16, i32, bool) {
    (row.state, row.priority, row.max_attempts, row.trace.is_some())
}
