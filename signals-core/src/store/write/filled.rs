//! The statements of one save of a model with columns that the database fills. They run in a transaction: an error
//! of a value that comes back undoes the write.

use futures_util::future::BoxFuture;

use super::values::{bind, bind_column, generated};
use crate::backend::Args;
use crate::db::{Doing, Handle, Statement};
use crate::error::{Error, Result};
use crate::model::{FieldSet, fill, set_columns};
use crate::store::Model;
use crate::store::bound_key::{add_key, bind_key};
use crate::store::table::refuse_more_of;

/// Executes the UPDATE of the columns that have values. Returns true if it found the row.
///
/// Boxed, so that other models have no code for it.
pub(super) fn update<'a, M: Model>(
    instance: &'a mut M,
    on: Handle<'a>,
    fields: Option<FieldSet>,
    raw: bool,
) -> BoxFuture<'a, Result<bool>> {
    Box::pin(async move {
        let (meta, backend) = (M::meta(), on.db().backend());
        let statements = M::state().statements(backend);
        let mut written = set_columns(instance, fields.unwrap_or_else(|| meta.updated()).intersect(meta.updated()));
        if raw {
            written.insert_indexes(meta.version());
        }
        let counted = meta.counted_by(written);
        let returned = meta.filled_by_update(fields);
        if written.is_empty() && counted.is_none() {
            return read_back(instance, on, returned, &statements.select_to_write).await;
        }
        let mut args = bind(instance, on, written.indexes())?;
        add_key(instance, &mut args)?;
        counted.map_or(Ok(()), |version| bind_column(instance, version, &mut args))?;
        let doing = Doing { verb: "UPDATE", model: meta.name() };
        if meta.is_reread() || returned.is_empty() || !backend.capabilities().updates_return {
            let rows = on.run(&statements.update_of(written), args, doing).await?.rows;
            refuse_more_of(instance, on, rows)?;
            // A plain SELECT may read an older version of the row, if the UPDATE has not changed it. Without the row, a
            // trigger or another transaction has removed it since.
            let is_there = rows > 0;
            return Ok(is_there
                && (returned.is_empty() || read_back(instance, on, returned, &statements.select_to_write).await?));
        }
        let statement = statements.update_filled(written, returned);
        let (rows, _) = write_returning(instance, on, &statement, args, doing, returned, false).await?;
        refuse_more_of(instance, on, rows)?;
        Ok(rows > 0)
    })
}

/// Executes the INSERT of the columns that have values, and sets the key that the database made.
///
/// Boxed, so that other models have no code for it.
pub(super) fn insert<'a, M: Model>(instance: &'a mut M, on: Handle<'a>, unset: bool) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let (meta, backend) = (M::meta(), on.db().backend());
        let statements = M::state().statements(backend);
        let (written, returned) = (set_columns(instance, meta.inserted(unset)), meta.filled_by_insert());
        let args = bind(instance, on, written.indexes())?;
        let doing = Doing { verb: "INSERT", model: meta.name() };
        // Nothing else comes back to a model whose columns are only `insert_only`.
        let is_reread = meta.is_reread() || returned.is_empty();
        let (rows, made) = if is_reread {
            let done = on.run(&statements.insert_of(written, unset), args, doing).await?;
            (0, unset.then_some(done.last_insert_id))
        } else {
            let statement = statements.insert_filled(written, returned, unset);
            write_returning(instance, on, &statement, args, doing, returned, unset).await?
        };
        match made {
            Some(made) => instance.set_key(generated::<M>(on, made)?),
            None if unset => return Err(left_out::<M>()),
            None => {}
        }
        // A trigger may have put the row elsewhere, so that the statement returned none.
        if rows > 0 || returned.is_empty() || read_back(instance, on, returned, &statements.select).await? {
            return Ok(());
        }
        Err(left_out::<M>())
    })
}

fn left_out<M: Model>() -> Error {
    Error::RowsLeftOut { model: M::meta().name(), rows: 1, inserted: 0 }
}

/// Runs a statement that returns columns of its row. Returns the number of rows, and the generated key.
async fn write_returning<M: Model>(
    instance: &mut M,
    on: Handle<'_>,
    statement: &Statement,
    args: Args,
    doing: Doing,
    returned: FieldSet,
    unset: bool,
) -> Result<(u64, Option<i64>)> {
    let (mut rows, mut made) = (0, None);
    let key = M::meta().primary_key_name();
    on.write_each(statement, args, doing, |row| {
        rows += 1;
        if unset {
            made = Some(row.generated_key(key)?);
        }
        fill(instance, returned, row)
    })
    .await?;
    Ok((rows, made))
}

/// Reads the columns from the row of the instance. Returns false if there is none.
async fn read_back<M: Model>(instance: &mut M, on: Handle<'_>, returned: FieldSet, select: &Statement) -> Result<bool> {
    let args = bind_key(instance, on)?;
    let doing = Doing { verb: "SELECT", model: M::meta().name() };
    Ok(on.first(select, args, doing, |row| fill(instance, returned, row)).await?.is_some())
}
