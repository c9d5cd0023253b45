//! The INSERTs of sets of a model with columns that the database fills, and the values that come back.

use std::collections::HashMap;
use std::iter;

use futures_util::future::BoxFuture;

use super::{bind_rows, statement_of};
use crate::backend::Args;
use crate::db::Doing;
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, FieldSet, Key, fill, set_columns};
use crate::sql::{Among, insert_rows_filled, select_all};
use crate::store::Model;
use crate::store::bound_key::{add_key, bind_key};
use crate::store::write::generated;
use crate::store::write_scope::WriteScope;

/// Inserts the rows. Those with values for the same columns share a statement. Those with a key come first, so that
/// the database does not generate one of their keys.
///
/// Boxed, so that other models have no code for it.
pub(super) fn insert<'a, M: Model>(
    rows: &'a mut [M],
    full: usize,
    scope: &'a mut WriteScope<'_>,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        // A value that cannot be read undoes the write.
        scope.open_if(true).await?;
        let meta = M::meta();
        let mut shapes: Vec<(bool, FieldSet, Vec<usize>)> = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let is_unset = row.pk().is_none();
            let written = set_columns(row, meta.inserted(is_unset));
            match shapes.iter_mut().find(|(unset, shape, _)| (*unset, *shape) == (is_unset, written)) {
                Some((_, _, places)) => places.push(place),
                None => shapes.push((is_unset, written, vec![place])),
            }
        }
        shapes.sort_by_key(|(is_unset, ..)| *is_unset);
        for (is_unset, written, places) in shapes {
            insert_shape(rows, &places, written, is_unset, full, scope).await?;
        }
        if meta.is_reread() { read_back(rows, &|_| meta.filled_by_insert(), scope).await } else { Ok(()) }
    })
}

/// Inserts the rows at these places, which have values for the same columns.
async fn insert_shape<M: Model>(
    rows: &mut [M],
    places: &[usize],
    written: FieldSet,
    is_unset: bool,
    full: usize,
    scope: &WriteScope<'_>,
) -> Result<()> {
    let (meta, on) = (M::meta(), scope.handle());
    let (backend, count) = (on.db().backend(), places.len());
    let returned = meta.filled_by_insert();
    let returned = if meta.is_reread() { FieldSet::empty::<M>() } else { returned };
    let columns: Vec<usize> = written.indexes().collect();
    let chosen: Vec<&M> = places.iter().map(|place| &rows[*place]).collect();
    let args = bind_rows(chosen.into_iter(), &columns, on)?;
    let text = insert_rows_filled(meta, backend, written, returned, is_unset, count);
    let types = iter::once_with(|| select_all(meta, backend));
    let statement = statement_of(text, count, full).with_types_of(types);
    let doing = Doing { verb: "INSERT", model: meta.name() };
    if returned.is_empty() && !is_unset {
        return on.run(&statement, args, doing).await.map(drop);
    }
    let (mut keys, mut next, mut found) = (Vec::new(), places.iter(), 0);
    let key = meta.primary_key_name();
    on.write_each(&statement, args, doing, |row| {
        found += 1;
        if is_unset {
            keys.push(row.generated_key(key)?);
        }
        next.next().map_or(Ok(()), |place| fill(&mut rows[*place], returned, row))
    })
    .await?;
    if found != count {
        return Err(Error::RowsLeftOut { model: meta.name(), rows: count, inserted: found });
    }
    for (place, key) in places.iter().zip(keys) {
        rows[*place].set_key(generated::<M>(on, key)?);
    }
    Ok(())
}

/// Reads columns of each row that exists, by one SELECT. `returned` has them by the row's place.
///
/// Boxed, so that other models have no code for it.
pub(in crate::store) fn read_back<'a, M: Model>(
    rows: &'a mut [M],
    returned: &'a (dyn Fn(usize) -> FieldSet + Send + Sync),
    scope: &'a WriteScope<'_>,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        if (0..rows.len()).all(|place| returned(place).is_empty()) {
            return Ok(());
        }
        let (meta, on) = (M::meta(), scope.handle());
        let backend = on.db().backend();
        let mut args = Args::new(backend, rows.len() * meta.primary_key_columns().len());
        rows.iter().try_for_each(|row| add_key(row, &mut args))?;
        let statement = Among::by_key(meta, backend, rows.len()).select_rows_to_write();
        let doing = Doing { verb: "SELECT", model: meta.name() };
        let mut read: Vec<M> = on.all(&statement, args, doing, M::load).await?;
        let places: HashMap<Key<'_>, usize> =
            read.iter().enumerate().filter_map(|(place, row)| Some((row.pk()?, place))).collect();
        let places: Vec<Option<usize>> =
            rows.iter().map(|row| row.pk().and_then(|key| places.get(&key)).copied()).collect();
        for (own, (row, place)) in rows.iter_mut().zip(places).enumerate() {
            let returned = returned(own);
            if let Some(place) = place {
                swap(row, &mut read[place], returned);
                continue;
            }
            // The row may spell its key differently from the instance.
            let statement = &M::state().statements(backend).select_to_write;
            on.first(statement, bind_key(row, on)?, doing, |found| fill(row, returned, found)).await?;
        }
        Ok(())
    })
}

/// Swaps these columns of two instances.
pub(in crate::store) fn swap<M: Model>(row: &mut M, other: &mut M, columns: FieldSet) {
    for index in columns.indexes() {
        if let (Some(one), Some(other)) = (row.field_mut(index), other.field_mut(index)) {
            M::meta().columns()[index].swap(one, other);
        }
    }
}

/// Returns all columns of a model, and not the fields with `skip`.
pub(in crate::store) fn all_columns<M: Model>() -> FieldSet {
    FieldSet::of_columns(M::meta(), |_| true)
}
