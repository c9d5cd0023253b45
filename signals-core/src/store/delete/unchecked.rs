//! Deletes of rows before the rows that reference them, on a database that cannot defer references until the
//! commit. References are left unchecked during the delete. The rows that still reference the deleted ones
//! are then handled as the database would have done.

use std::sync::Arc;

use crate::backend::Args;
use crate::db::{Doing, Statement};
use crate::error::Result;
use crate::sql::{self, Reset};
use crate::store::after_transaction;
use crate::store::collect::{Group, ReachedRows};
use crate::store::keys::AnyKeys;
use crate::store::relations::{Incoming, all_incoming};
use crate::store::write_scope::WriteScope;

fn is_unchecked(group: &Group, scope: &WriteScope<'_>) -> bool {
    group.breaks_references && !scope.references_can_wait()
}

/// Turns the check of references off, if the rows must be deleted without it.
pub(super) async fn begin(group: &Group, scope: &WriteScope<'_>) -> Result<()> {
    if is_unchecked(group, scope) { scope.tx().defer_references().await } else { Ok(()) }
}

/// Turns the check of references on again. If the delete ends before this, its transaction or savepoint is
/// undone, which also restores the check.
pub(super) async fn end(group: &Group, scope: &WriteScope<'_>) -> Result<()> {
    if is_unchecked(group, scope) { scope.tx().recheck_references().await } else { Ok(()) }
}

/// Returns the rows that reference the rows of a group, which are about to be deleted without the check.
pub(super) async fn referencing(group: &Group, scope: &WriteScope<'_>) -> Result<Vec<ReachedRows>> {
    let mut referencing = Vec::new();
    if is_unchecked(group, scope) {
        let keys: Arc<dyn AnyKeys> = Arc::from(group.keys.duplicate());
        for by in all_incoming(group.of.meta()) {
            let mut reached = ReachedRows { by, of: group.of, keys: Arc::clone(&keys) };
            reached.read_values(scope).await?;
            referencing.push(reached);
        }
    }
    Ok(referencing)
}

/// Handles remaining rows that reference deleted ones as the database would have done. Does nothing if the
/// application itself has turned the check off.
pub(super) async fn look_after(group: &Group, referencing: &[ReachedRows], scope: &WriteScope<'_>) -> Result<()> {
    if !is_unchecked(group, scope) || scope.tx().defers_references().await? {
        return Ok(());
    }
    for reached in referencing {
        let by = reached.by;
        let Some(rule) = rule(by, scope).await? else { continue };
        for chunk in reached.chunks() {
            match &*rule {
                "CASCADE" => _ = chunk.delete(scope.handle()).await?,
                "SET NULL" => chunk.reset(scope.handle(), Reset::Null).await?,
                _ if chunk.finds_any(scope.handle()).await? => return refuse(group, by, scope).await,
                _ => {}
            }
        }
        after_transaction::reread(by.store, scope.handle()).await?;
    }
    Ok(())
}

/// Returns the rule of the schema for a reference on delete, or `None` if the schema has no such reference.
async fn rule(by: Incoming, scope: &WriteScope<'_>) -> Result<Option<String>> {
    let handle = scope.handle();
    let (meta, columns) = (by.meta(), by.columns.len());
    let mut args = Args::new(handle.db().backend(), columns + 2);
    let names = by.columns.iter().map(|column| meta.columns()[*column].column);
    for name in [meta.table(), meta.table()].into_iter().chain(names) {
        args.add(&name.to_owned())?;
    }
    let statement = Statement::built(sql::reference_rule(meta, by.columns));
    let doing = Doing { verb: "DELETE", model: by.meta().name() };
    handle.first(&statement, args, doing, |row| row.get("delete_rule")).await
}

/// Fails as the database does if a row is referenced.
async fn refuse(group: &Group, by: Incoming, scope: &WriteScope<'_>) -> Result<()> {
    let doing = Doing { verb: "DELETE", model: group.of.meta().name() };
    scope.tx().control(sql::broken_reference(by.meta(), by.columns), doing).await
}
