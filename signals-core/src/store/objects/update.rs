//! The UPDATE of a query set.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::{read_keys, reading};
use crate::backend::{Args, Row};
use crate::db::{Doing, Statement};
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, FieldSet, Key, ModelKey as _};
use crate::query::{Assignment, Built, ComputedColumns, Select};
use crate::sql::{Among, set_rows};
use crate::store::bound_key::{add_key, bind_compared};
use crate::store::bulk::{
    Latest, Updates, pre_save_of_set, read_back, read_presence, read_previous, refused, rows_of_a_chunk, skipped,
};
use crate::store::calls::UpdateObjects;
use crate::store::computed::ComputedValues;
use crate::store::key_errors::shown_key_of;
use crate::store::send::{Previous, SaveReceivers, WriteOutcome, post_save_of};
use crate::store::table::refuse_more;
use crate::store::write_scope::WriteScope;
use crate::store::{Model, after_transaction};

impl<M: Model> UpdateObjects<'_, M> {
    async fn run(self) -> Result<u64> {
        let Self { select, assignments, on, batch_size, quiet } = self;
        let fields = fields_of(&assignments)?;
        let size = rows_of_a_chunk::<M>(batch_size, on)?;
        let Built { statement, args } =
            select.update(on.db().backend(), assignments.iter().map(Assignment::assigned))?;
        let mut scope = WriteScope::new(on);
        if quiet || SaveReceivers::<M>::now(&scope).is_empty() {
            let updated = update_unseen::<M>(&statement, args, &mut scope).await;
            return scope.end(updated).await;
        }
        let computed = ComputedValues::of(&assignments);
        let mut updating = Updating {
            assignments,
            computed,
            fields,
            size,
            sets: Latest::new(size),
            updates: Updates::assigning(size, fields),
        };
        let updated = updating.all(&select, &mut scope).await;
        scope.end(updated).await
    }
}

impl<'a, M: Model> IntoFuture for UpdateObjects<'a, M> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'a, Result<u64>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Executes only the UPDATE.
async fn update_unseen<M: Model>(statement: &Statement, args: Args, scope: &mut WriteScope<'_>) -> Result<u64> {
    scope.open_if(after_transaction::awaits_end(M::meta(), scope.handle())).await?;
    let updated = scope.handle().run(statement, args, doing::<M>()).await?.rows;
    after_transaction::reread(M::state(), scope.handle()).await?;
    Ok(updated)
}

/// Returns the columns that are set.
pub(in crate::store) fn fields_of<M: Model>(assignments: &[Assignment<M>]) -> Result<FieldSet> {
    let mut fields = FieldSet::empty::<M>();
    for assignment in assignments {
        let (index, column) = (assignment.column(), &M::meta().columns()[assignment.column()]);
        if column.primary_key {
            return Err(refused::<M>(format!("the primary key `{}` cannot be updated", column.field)));
        }
        if let Some(why) = column.not_updated() {
            return Err(refused::<M>(format!("`{}` cannot be updated, because {why}; leave it out", column.field)));
        }
        if fields.contains_index(index) {
            return Err(refused::<M>(format!("`{}` is set twice; keep one of the values", column.field)));
        }
        fields.insert_index(index);
    }
    Ok(fields)
}

fn doing<M: Model>() -> Doing {
    Doing { verb: "UPDATE", model: M::meta().name() }
}

/// An update of a query set with signals.
struct Updating<M> {
    assignments: Vec<Assignment<M>>,
    computed: ComputedValues,
    fields: FieldSet,
    size: usize,
    /// The statements that set the same values in all rows of a chunk.
    sets: Latest<()>,
    /// The statements that write the columns of each row as receivers left them.
    updates: Updates,
}

impl<M: Model> Updating<M> {
    /// Updates the rows that match now, in chunks. The update itself, or a receiver, may change which rows
    /// match.
    async fn all(&mut self, select: &Select, scope: &mut WriteScope<'_>) -> Result<u64> {
        scope.open_if(true).await?;
        let (rows, previous) = read_page::<M>(select, self.size + 1, &self.computed, scope).await?;
        if rows.len() <= self.size {
            return self.chunk(rows, previous, scope).await;
        }
        drop((rows, previous));
        let keys = read_keys::<M>(select, scope.handle()).await?;
        let mut updated = 0;
        for keys in keys.chunks(self.size) {
            let (rows, previous) = read_rows::<M>(keys, &self.computed, scope).await?;
            updated += self.chunk(rows, previous, scope).await?;
        }
        Ok(updated)
    }

    async fn chunk(&mut self, mut rows: Vec<M>, mut previous: Previous<M>, scope: &mut WriteScope<'_>) -> Result<u64> {
        self.assign(&mut rows)?;
        let mut receivers = SaveReceivers::now(scope);
        let pre_save = &receivers.before;
        let mut fields = vec![self.fields; rows.len()];
        if !pre_save.is_empty() {
            fields = pre_save_of_set(pre_save, &mut rows, &previous, self.fields, false, scope).await?;
        }
        if pre_save.needed_before(false) && !previous.is_empty() {
            // Receivers may have written the rows.
            previous = read_previous(&rows, scope).await?;
        }
        let may_differ = !self.computed.is_empty()
            || pre_save.may_change_rows(false)
            || fields.iter().any(|fields| *fields != self.fields);
        receivers.refresh(scope);
        let Some(first) = rows.first() else { return Ok(0) };
        receivers.finalized.check(first)?;
        let written =
            if may_differ { self.updates.run(&rows, &fields, scope).await? } else { self.set(&rows, scope).await? };
        if written < rows.len() as u64 {
            let present = read_presence(&rows, scope).await?;
            if written < present.iter().filter(|present| **present).count() as u64 {
                // It is unknown which rows were written.
                return Err(skipped::<M>());
            }
            keep_present(&mut rows, &present);
            keep_present(&mut previous, &present);
            keep_present(&mut fields, &present);
        }
        if M::FILLED {
            let returned = |place: usize| M::meta().filled_by_update(fields.get(place).copied());
            read_back(&mut rows, &returned, scope).await?;
        }
        let created = vec![false; rows.len()];
        let outcome = WriteOutcome { created: &created, fields: Some(&fields), raw: false };
        post_save_of(&receivers, &rows, &previous, outcome, scope).await?;
        Ok(rows.len() as u64)
    }

    fn assign(&self, rows: &mut [M]) -> Result<()> {
        for row in rows {
            for assignment in &self.assignments {
                if !assignment.assign(row) {
                    return Err(Error::Internal(format!("{assignment:?} is of no field of `{}`", M::meta().name())));
                }
            }
        }
        Ok(())
    }

    /// Sets the same values in all these rows, and returns how many exist.
    async fn set(&mut self, rows: &[M], scope: &WriteScope<'_>) -> Result<u64> {
        let (meta, on) = (M::meta(), scope.handle());
        let backend = on.db().backend();
        let mut args = Args::new(backend, self.assignments.len() + rows.len() * meta.primary_key_columns().len());
        let columns: Vec<usize> = self.assignments.iter().map(Assignment::column).collect();
        for (assignment, column) in self.assignments.iter().zip(&columns) {
            let bound = assignment.assigned().bind(&mut args);
            bound.map_err(|error| error.of_field(meta.name(), meta.columns()[*column].field))?;
        }
        rows.iter().try_for_each(|row| add_key(row, &mut args))?;
        let statement = self.sets.get((), rows.len(), || set_rows(meta, backend, &columns, rows.len()));
        let written = on.run(statement, args, doing::<M>()).await?.rows;
        refuse_more(meta, on, written, rows.len() as u64, || {
            rows.first().map_or_else(String::new, |row| shown_key_of(row))
        })?;
        Ok(written)
    }
}

/// Reads the first rows of a query set by key. Returns them twice if a receiver takes the previous rows.
async fn read_page<M: Model>(
    select: &Select,
    rows: usize,
    computed: &ComputedValues,
    scope: &WriteScope<'_>,
) -> Result<(Vec<M>, Previous<M>)> {
    let (size, backend) = (u64::try_from(rows).unwrap_or(u64::MAX), scope.handle().db().backend());
    let Built { statement, args } = select.clone().by_key().limit(size).rows_computing(backend, computed.named())?;
    read(&statement, args, computed, scope).await
}

/// Reads the rows with these keys, as [`read_page`] does.
async fn read_rows<M: Model>(
    keys: &[M::Key],
    computed: &ComputedValues,
    scope: &WriteScope<'_>,
) -> Result<(Vec<M>, Previous<M>)> {
    let (meta, backend) = (M::meta(), scope.handle().db().backend());
    let among = Among::by_key(meta, backend, keys.len());
    let (statement, mut args) = if computed.is_empty() {
        (among.select_rows_to_write(), Args::new(backend, keys.len() * meta.primary_key_columns().len()))
    } else {
        let ComputedColumns { sql, values, args } = computed.selected::<M>(backend)?;
        (among.select_rows_computing(&sql, values), args)
    };
    keys.iter().try_for_each(|key| bind_compared::<M>(key.borrowed(), &mut args))?;
    let (mut rows, mut previous) = read::<M>(&statement, args, computed, scope).await?;
    rows.sort_by(|one, other| key_of(Some(one)).cmp(&key_of(Some(other))));
    previous.sort_by(|one, other| key_of(one.as_ref()).cmp(&key_of(other.as_ref())));
    Ok((rows, previous))
}

async fn read<M: Model>(
    statement: &Statement,
    args: Args,
    computed: &ComputedValues,
    scope: &WriteScope<'_>,
) -> Result<(Vec<M>, Previous<M>)> {
    let (mut rows, mut previous) = (Vec::new(), Previous::new());
    let is_wanted = SaveReceivers::<M>::now(scope).name_previous(false, scope);
    let read = |row: &Row<'_>| {
        let mut instance = M::load(row)?;
        if is_wanted {
            // A copy is cheaper than loading the row again, but not every model is `Clone`.
            previous.push(Some(instance.duplicate().map_or_else(|| M::load(row), Ok)?));
        }
        computed.assign(row, &mut instance)?;
        rows.push(instance);
        Ok(())
    };
    scope.handle().each(statement, args, reading::<M>(), read).await?;
    Ok((rows, previous))
}

fn key_of<M: Model>(row: Option<&M>) -> Option<Key<'_>> {
    row?.pk()
}

/// Keeps the items of a list that are present.
fn keep_present<T>(list: &mut Vec<T>, present: &[bool]) {
    let mut present = present.iter();
    list.retain(|_| present.next().copied().unwrap_or_default());
}
