//! Writes of many rows, in chunks of one statement each. The signals of every row are sent.

mod changes;
mod create;
mod filled;
mod insert;
mod reordered;
mod unlisted;
mod update;

pub(super) use changes::{Updates, pre_save_limited, pre_save_of_set, read_presence, read_previous, skipped};
pub(super) use create::insert_chunks;
pub(super) use filled::{all_columns, read_back, swap};
pub(super) use insert::check_keys;
pub(super) use reordered::Reordered;
pub(super) use update::update_chunk;

use super::Model;
use super::write::bind_column;
use crate::backend::Args;
use crate::db::{Handle, Statement};
use crate::error::{Error, Result};

/// The default number of rows per statement. More rows save no time, and take more memory.
const ROWS: usize = 1000;

/// The largest number of rows for which a statement below the full size is kept for reuse.
const FEW: usize = 16;

/// Returns the number of rows per statement. Each row binds a value for every column. A list of composite keys has
/// at most [`ROWS`].
pub(super) fn rows_of_a_chunk<M: Model>(batch_size: Option<usize>, on: Handle<'_>) -> Result<usize> {
    let wanted = batch_size.unwrap_or(ROWS);
    if wanted == 0 {
        return Err(refused::<M>("a `batch_size` of 0 writes nothing; give a greater one, or leave it out"));
    }
    // PostgreSQL nests the tuples of a list, and its stack has a limit.
    let wanted = if M::meta().single_key().is_none() { wanted.min(ROWS) } else { wanted };
    Ok(wanted.min(on.db().backend().capabilities().most_values / M::meta().columns().len().max(1)).max(1))
}

/// Returns the error that refuses a call before anything is done.
pub(super) fn refused<M: Model>(problem: impl Into<String>) -> Error {
    Error::SaveOptions { model: M::meta().name(), problem: problem.into() }
}

/// The statement of the last chunk, which the next chunk usually reuses.
pub(super) struct Latest<K> {
    full: usize,
    statement: Option<(K, usize, Statement)>,
}

impl<K: PartialEq> Latest<K> {
    /// Creates it empty, for chunks of `full` rows. Only the last chunk may have fewer.
    pub(super) fn new(full: usize) -> Self {
        Self { full, statement: None }
    }

    pub(super) fn get(&mut self, of: K, rows: usize, text: impl FnOnce() -> String) -> &Statement {
        self.statement.take_if(|(was_of, was_rows, _)| *was_of != of || *was_rows != rows);
        let full = self.full;
        let (_, _, statement) = self.statement.get_or_insert_with(|| (of, rows, statement_of(text(), rows, full)));
        statement
    }
}

/// Returns a statement of `rows` rows, of a maximum of `full`. It is kept if it is likely to be reused.
pub(super) fn statement_of(text: String, rows: usize, full: usize) -> Statement {
    if rows == full || rows <= FEW { Statement::built(text) } else { Statement::once(text) }
}

/// Binds these columns of each row.
pub(super) fn bind_rows<'r, M: Model>(
    rows: impl ExactSizeIterator<Item = &'r M>,
    columns: &[usize],
    on: Handle<'_>,
) -> Result<Args> {
    let mut args = Args::new(on.db().backend(), rows.len() * columns.len());
    for row in rows {
        columns.iter().try_for_each(|column| bind_column(row, *column, &mut args))?;
    }
    Ok(args)
}
