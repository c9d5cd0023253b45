//! Writes of many rows at once: in chunks of one statement each, with the signals of every row.

mod changes;
mod create;
mod insert;
mod keyed_first;
mod unlisted;
mod update;

pub(super) use changes::{Updates, pre_save_limited, pre_save_of_set, read_presence, read_previous, skipped};

use super::Model;
use super::write::bind_column;
use crate::backend::Args;
use crate::db::{Handle, Statement};
use crate::error::{Error, Result};

/// How many rows one statement writes if nobody says otherwise: with more it saves no more time, and takes more memory.
const ROWS: usize = 1000;

/// Up to how many rows a statement that is not of the full size is likely to be met again.
const FEW: usize = 16;

/// How many rows one statement writes, each of which binds a value for every column.
pub(super) fn rows_of_a_chunk<M: Model>(batch_size: Option<usize>, on: Handle<'_>) -> Result<usize> {
    let wanted = batch_size.unwrap_or(ROWS);
    if wanted == 0 {
        return Err(refused::<M>("a `batch_size` of 0 writes nothing; give a greater one, or leave it out"));
    }
    Ok(wanted.min(on.db().backend().capabilities().most_values / M::meta().columns().len().max(1)).max(1))
}

/// The refusal of a call, before anything is done.
pub(super) fn refused<M: Model>(problem: impl Into<String>) -> Error {
    Error::SaveOptions { model: M::meta().name(), problem: problem.into() }
}

/// The statement of the last chunk, which most often is that of the next one too.
pub(super) struct Latest<K> {
    full: usize,
    statement: Option<(K, usize, Statement)>,
}

impl<K: PartialEq> Latest<K> {
    /// None yet; chunks have so many rows, but for the last.
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

/// A statement of so many rows, of which one writes `full` at most: it is kept if its like is met again.
pub(super) fn statement_of(text: String, rows: usize, full: usize) -> Statement {
    if rows == full || rows <= FEW { Statement::built(text) } else { Statement::once(text) }
}

/// Binds these columns of each row.
fn bind_rows<'r, M: Model>(
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
