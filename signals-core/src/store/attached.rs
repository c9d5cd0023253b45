//! Rows of another table that the statement of a save inserts: those of receivers that only enqueue something.

use std::any::Any;
use std::fmt;
use std::slice;

use futures_util::future::BoxFuture;

use super::payload::{Instances, PostSaveSet};
use super::send::PostSaveReceivers;
use super::signals::post_save_set;
use super::write_scope::WriteScope;
use super::{Model, post_save};
use crate::backend::{Args, AttachedForm, Done};
use crate::context;
use crate::db::{Doing, Handle, Statement, Tx};
use crate::dispatch::refused;
use crate::error::{BoxError, Result};
use crate::model::FieldSet;
use crate::registry::{Entry, Snapshot};
use crate::signal::{Event, Signal};
use crate::sql::AttachedTable;

/// Whether the key of the saved row is known before the statement.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKey {
    /// The instance has it.
    Known,
    /// The database generates it.
    Generated,
}

/// A row of an [`AttachedTable`].
#[doc(hidden)]
pub trait AttachedRow: Send + Sync {
    /// Binds its values in the order of the table's columns.
    ///
    /// # Errors
    ///
    /// If a value cannot be bound.
    fn bind(&self, args: &mut Args) -> Result<()>;

    /// Is called after the row was inserted on this handle.
    ///
    /// # Errors
    ///
    /// If the transaction has ended.
    fn inserted<'a>(&'a self, on: Handle<'a>) -> BoxFuture<'a, Result<()>>;

    /// Deletes the row again, because the saved row was deleted again.
    ///
    /// # Errors
    ///
    /// If the row cannot be deleted.
    fn take_back<'a>(&'a self, on: Handle<'a>) -> BoxFuture<'a, Result<()>>;
}

/// The row of a receiver, or `None` if its conditions do not hold.
type Attached = Result<Option<Box<dyn AttachedRow>>, BoxError>;

/// How a receiver of sets becomes a row that the statement of the write inserts, in place of a call.
#[doc(hidden)]
pub struct Attachment<S: Signal, M: Send + Sync + 'static> {
    /// The table of the row.
    pub table: &'static AttachedTable,
    /// Returns whether the row can be attached on this handle.
    pub is_possible: fn(Handle<'_>, RowKey) -> bool,
    /// Returns the row for a set of one row, as it is about to be written.
    pub row: for<'a, 'b> fn(&'a Event<'b, S, M>, RowKey) -> Attached,
}

impl<S: Signal, M: Send + Sync + 'static> fmt::Debug for Attachment<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("table", &self.table.name).finish_non_exhaustive()
    }
}

/// Returns whether the conditions of a receiver need the key of the row.
fn compares_key<M: Model>(entry: &Entry) -> bool {
    M::meta().primary_key().any(|column| entry.info().when_fields().contains(&column.field))
}

fn of<M: Model>(entry: &Entry) -> Option<&'static Attachment<post_save_set, M>> {
    let attachment: &'static dyn Any = entry.attachment()?;
    attachment.downcast_ref()
}

/// The receivers of one save whose rows its statement inserts.
pub(super) struct AttachedReceivers {
    /// The receivers of whole sets. Only those with an attachment are used.
    entries: Snapshot,
    table: &'static AttachedTable,
}

/// A save in progress, for the payload of its attached receivers.
pub(super) struct Attaching<'a, M> {
    pub(super) receivers: &'a AttachedReceivers,
    pub(super) previous: Option<&'a M>,
    pub(super) raw: bool,
    pub(super) using: &'a str,
    pub(super) tx: &'a Tx,
}

impl<M> Clone for Attaching<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Attaching<'_, M> {}

impl<M: Model> PostSaveReceivers<M> {
    /// Returns whether a receiver of sets has an attachment.
    pub(super) fn have_attachments(&self) -> bool {
        self.sets.iter().any(|entry| entry.attachment().is_some())
    }

    /// Removes the receivers whose rows the statement of a save can insert, and returns them. `None` if there are
    /// none, or if the statement cannot insert the rows of all of them.
    pub(super) async fn take_attached(
        &mut self,
        key: RowKey,
        raw: bool,
        scope: &mut WriteScope<'_>,
    ) -> Result<Option<AttachedReceivers>> {
        let Some(table) = self.attached_table(key, raw, scope) else { return Ok(None) };
        let Some(form) = scope.handle().attached_form().await else { return Ok(None) };
        let others = self.sets.filtered(|entry| entry.attachment().is_none());
        let entries = std::mem::replace(&mut self.sets, others);
        let is_alone = !self.needed_after(raw);
        if !is_alone && matches!(form, AttachedForm::Block { .. }) {
            self.sets = entries;
            return Ok(None);
        }
        // Several statements in a caller's transaction need a savepoint.
        let is_within = form == AttachedForm::OneString && !scope.is_outermost();
        scope.open_if(is_within || !is_alone).await?;
        Ok(Some(AttachedReceivers { entries, table }))
    }

    /// Returns the table of the rows, if the statement can insert those of all called receivers that have one.
    fn attached_table(&self, key: RowKey, raw: bool, scope: &WriteScope<'_>) -> Option<&'static AttachedTable> {
        let mut entries = self.sets.iter().filter(|entry| entry.attachment().is_some() && entry.receives(raw));
        let table = of::<M>(entries.clone().next()?)?.table;
        let on = scope.handle();
        let is_possible = entries.all(|entry| {
            let attachment = of::<M>(entry).filter(|attachment| std::ptr::eq(attachment.table, table));
            let is_decided = key == RowKey::Known || !compares_key::<M>(entry);
            is_decided
                && !entry.is_conditional()
                && attachment.is_some_and(|attachment| (attachment.is_possible)(on, key))
        });
        is_possible.then_some(table)
    }
}

impl<M: Model> Attaching<'_, M> {
    /// Returns the rows for an instance that is about to be written.
    pub(super) fn rows(
        &self,
        instance: &M,
        created: bool,
        fields: Option<&FieldSet>,
        key: RowKey,
    ) -> Result<AttachedRows> {
        let Self { receivers, previous, raw, using, tx } = *self;
        let (rows, previous) = (slice::from_ref(instance), [previous]);
        let (instances, created, sender, signal) = (Instances::new(&rows), [created], M::meta(), post_save::NAME);
        let (previous, created, update_fields, tx) = (&previous[..], &created[..], fields, tx.clone());
        let fields = fields.map(slice::from_ref);
        let context = &context::current();
        let event = PostSaveSet {
            instances,
            previous,
            created,
            raw,
            update_fields,
            fields,
            using,
            tx,
            context,
            sender,
            signal,
        };
        let mut rows = Vec::new();
        for entry in receivers.entries.iter().filter(|entry| entry.receives(raw)) {
            let Some(attachment) = of::<M>(entry) else { continue };
            let row = (attachment.row)(&event, key);
            rows.extend(row.map_err(|source| refused::<post_save, M>(entry, source))?);
        }
        Ok(AttachedRows { table: receivers.table, rows })
    }
}

/// The rows that one statement inserts beside its own.
pub(super) struct AttachedRows {
    pub(super) table: &'static AttachedTable,
    rows: Vec<Box<dyn AttachedRow>>,
}

impl AttachedRows {
    /// Returns the number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Runs the statement, whose own values are bound. Call [`inserted`](Self::inserted) after it.
    pub(super) async fn run(
        &self,
        on: Handle<'_>,
        statement: &Statement,
        mut args: Args,
        doing: Doing,
    ) -> Result<Done> {
        for row in &self.rows {
            row.bind(&mut args)?;
        }
        on.run_attached(statement, args, doing).await
    }

    /// Records that the rows were inserted.
    pub(super) async fn inserted(&self, on: Handle<'_>) -> Result<()> {
        for row in &self.rows {
            row.inserted(on).await?;
        }
        Ok(())
    }

    /// Deletes the rows again.
    pub(super) async fn take_back(&self, on: Handle<'_>) -> Result<()> {
        for row in &self.rows {
            row.take_back(on).await?;
        }
        Ok(())
    }
}
