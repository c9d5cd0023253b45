//! One attempt of an upsert, in its own transaction or savepoint.

use std::iter;

use super::conflict_key::ConflictKey;
use super::failure::{Failure, Refused, RefusedBy};
use super::find::{Found, Search, Stored};
use super::plan::Plan;
use crate::error::{Error, Result};
use crate::model::AnyModel as _;
use crate::store::Model;
use crate::store::bulk::{Reordered, Updates, all_columns, insert_chunks, swap, update_chunk};
use crate::store::calls::Upserted;
use crate::store::send::SaveReceivers;
use crate::store::swaps::sorting;
use crate::store::write::not_updated;
use crate::store::write_scope::{WriteScope, generate_key};

pub(super) struct Attempt<'a, M> {
    pub(super) plan: &'a Plan<M>,
    /// The values of the instances in the conflict columns.
    pub(super) keys: &'a [Option<ConflictKey>],
    /// Whether signals are sent.
    pub(super) sends: bool,
    /// Whether an attempt has failed before.
    pub(super) is_repeated: bool,
    /// The INSERT of the attempt before, if it was refused.
    pub(super) refused: Option<Refused>,
}

impl<M: Model> Attempt<'_, M> {
    /// Finds the rows, updates those that exist, and inserts the others. Each instance becomes its row.
    ///
    /// Rows are inserted in the order of their conflict keys, so that two calls wait for each other in one direction
    /// only. Rows that exist are locked before, and updated after the last INSERT: one that is refused begins the call
    /// again, and then no `post_save` was sent, and no instance has become its row.
    pub(super) async fn run(self, rows: &mut [M], scope: &mut WriteScope<'_>) -> Result<Vec<Upserted>, Failure> {
        let Self { plan, keys, .. } = self;
        scope.open_if(true).await?;
        let twice = self.sends && SaveReceivers::<M>::now(scope).name_previous(plan.options.raw, scope);
        let search = Search { rows, keys, plan, twice: twice && plan.updates(), is_repeated: self.is_repeated };
        let mut found = search.run(scope).await.map_err(|failure| failure.before_post_save(scope))?;
        let mut is_absent = false;
        if let Some(refused) = self.refused
            && refused.are_missing(&found)
        {
            if refused.is_repeated || refused.key::<M>(plan.conflict, scope.handle()) == RefusedBy::OtherKey {
                // Nobody has inserted the rows: another unique key has refused them, or they conflict with each other.
                return Err(refused.error.into());
            }
            // Others may have deleted the row meanwhile.
            is_absent = true;
        }
        let report = found.iter().map(|stored| match (stored, plan.updates()) {
            (None, _) => Upserted::Inserted,
            (Some(_), true) => Upserted::Updated,
            (Some(_), false) => Upserted::Kept,
        });
        let report = report.collect();
        for (row, _) in iter::zip(&mut *rows, &found).filter(|(_, stored)| stored.is_none()) {
            generate_key(row);
        }
        let missing: Vec<usize> = (0..rows.len()).filter(|place| found[*place].is_none()).collect();
        // The database must not generate the keys of rows that follow.
        let of = |place: usize| (found[place].is_none(), rows[place].pk().is_none(), &keys[place]);
        let swaps = sorting(rows.len(), &|one, other| match (of(one), of(other)) {
            ((false, _, one), (false, _, other)) => one.cmp(other),
            (one, other) => one.cmp(&other),
        });
        for (one, other) in &swaps {
            found.swap(*one, *other);
        }
        let ordered = Reordered::by(rows, swaps);
        let (there, rest) = ordered.rows.split_at_mut(found.len() - missing.len());
        let inserted = insert_chunks(rest, plan.size, plan.options, scope).await.map_err(|error| {
            if matches!(error, Error::Database { .. }) && error.is_unique_violation() {
                return Failure::Lost(Some(Refused { missing, error, is_repeated: is_absent }));
            }
            Failure::Error(error).before_post_save(scope)
        })?;
        inserted.send_post_save(rest, plan.size, plan.options, scope).await?;
        write_there(there, found, plan, !rest.is_empty(), scope).await?;
        Ok(report)
    }
}

/// Writes the rows that exist, or only puts them into the instances. `has_inserted` tells whether other rows were
/// inserted before, with their signals.
async fn write_there<M: Model>(
    rows: &mut [M],
    found: Found<M>,
    plan: &Plan<M>,
    has_inserted: bool,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    let mut stored = found.into_iter().flatten();
    if !plan.updates() {
        let all = all_columns::<M>();
        rows.iter_mut().zip(stored).for_each(|(row, mut stored)| swap(row, &mut stored.row, all));
        return Ok(());
    }
    let kept = all_columns::<M>().filtered(|index| !plan.update.contains_index(index));
    let mut updates = Updates::assigning(plan.size, plan.assigned());
    for (chunk, rows) in rows.chunks_mut(plan.size).enumerate() {
        let mut stored: Vec<Stored<M>> = stored.by_ref().take(rows.len()).collect();
        let receivers = SaveReceivers::<M>::now(scope);
        if (has_inserted || chunk > 0) && (receivers.before.may_write() || receivers.after.may_write()) {
            // Receivers of other rows may have written these rows.
            stored = read_again(stored, plan, scope).await?;
        }
        let mut previous = Vec::with_capacity(rows.len());
        for (row, Stored { row: mut other, previous: was }) in rows.iter_mut().zip(stored) {
            swap(row, &mut other, kept);
            plan.assign(row)?;
            previous.push(was);
        }
        update_chunk(rows, plan.written, Some(previous), plan.options, &mut updates, scope).await?;
    }
    Ok(())
}

async fn read_again<M: Model>(
    stored: Vec<Stored<M>>,
    plan: &Plan<M>,
    scope: &WriteScope<'_>,
) -> Result<Vec<Stored<M>>> {
    let rows: Vec<&M> = stored.iter().map(|stored| &stored.row).collect();
    let now = plan.read_to_write(&rows, true, scope.handle()).await?;
    let again = iter::zip(now, rows).map(|(now, row)| now.map(|(stored, _)| stored).ok_or_else(|| not_updated(row)));
    again.collect()
}
