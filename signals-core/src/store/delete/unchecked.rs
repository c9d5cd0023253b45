//! Deletes of rows before others that reference them, on a database that cannot let references wait for the commit: it leaves them unchecked meanwhile,
//! and what it would have done about the others that reference the rows is done behind it.

use crate::db::{Doing, Statement};
use crate::error::Result;
use crate::field::Args;
use crate::sql::{self, Reset};
use crate::store::chunk::Chunk;
use crate::store::collect::Group;
use crate::store::relations::{Incoming, all_incoming};
use crate::store::work::Work;

fn is_unchecked(group: &Group, work: &Work<'_>) -> bool {
    group.breaks_references && !work.references_can_wait()
}

/// Leaves references unchecked, if the rows have to be deleted so.
pub(super) async fn begin(group: &Group, work: &Work<'_>) -> Result<()> {
    if is_unchecked(group, work) { work.tx().defer_references().await } else { Ok(()) }
}

/// Has them checked again. Where the delete ends before this, its transaction or savepoint is undone, and that with it.
pub(super) async fn end(group: &Group, work: &Work<'_>) -> Result<()> {
    if is_unchecked(group, work) { work.tx().mind_references().await } else { Ok(()) }
}

/// Does with the rows that are left and reference deleted ones what the database would have done. An application that has references unchecked by itself gets what it asks for.
pub(super) async fn look_after(group: &Group, work: &Work<'_>) -> Result<()> {
    if !is_unchecked(group, work) || work.tx().defers_references().await? {
        return Ok(());
    }
    for by in all_incoming(group.of.meta()) {
        let Some(rule) = rule(by, work).await? else { continue };
        for chunk in Chunk::all(by.store, by.column, &*group.keys) {
            match &*rule {
                "CASCADE" => _ = chunk.delete(work.handle()).await?,
                "SET NULL" => chunk.reset(work.handle(), Reset::Null).await?,
                _ if chunk.finds_any(work.handle()).await? => return refuse(group, by, work).await,
                _ => {}
            }
        }
        by.store.reread(work).await?;
    }
    Ok(())
}

/// What the schema says that a delete does about a reference; `None` if it knows no such reference.
async fn rule(by: Incoming, work: &Work<'_>) -> Result<Option<String>> {
    let handle = work.handle();
    let mut args = Args::new(handle.db()?.backend(), 3);
    for name in [by.meta().table(), by.meta().table(), by.column().column] {
        args.add(&name.to_owned())?;
    }
    let statement = Statement::built(sql::REFERENCE_RULE.to_owned());
    let doing = Doing { verb: "DELETE", model: by.meta().name() };
    handle.first(&statement, args, doing, |row| row.get("delete_rule")).await
}

/// Fails as the database does where a row is referenced.
async fn refuse(group: &Group, by: Incoming, work: &Work<'_>) -> Result<()> {
    let doing = Doing { verb: "DELETE", model: group.of.meta().name() };
    work.tx().control(sql::broken_reference(by.meta(), by.column()), doing).await
}
