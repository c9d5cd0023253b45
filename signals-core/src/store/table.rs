//! Statements for one key, and the facts about a table's key that they need.
//!
//! A bare statement is already committed when it returns, so its effect on a single row must be certain
//! before. The schema is therefore queried once for each model and database. If it does not promise that a
//! key is unique, the statement runs in a transaction, which is undone if several rows were reached. If the
//! table has changed since, the promise may be broken. Then the statement returns an error without being
//! undone, and the promise is forgotten.

use super::Model;
use super::key_errors::shown_key_of;
use crate::backend::{Args, Done, KeyFacts};
use crate::db::{Doing, Handle, Statement, Tx};
use crate::error::{Error, Result};
use crate::model::ModelMeta;
use crate::sql;

/// Runs a statement that writes the row of one key. If it reaches more rows, it is undone and returns an
/// error.
pub(super) async fn run_by_key<M: Model>(
    instance: &M,
    on: Handle<'_>,
    statement: &Statement,
    args: Args,
    doing: Doing,
) -> Result<Done> {
    if on.db().key_facts(M::meta(), KeyFacts::is_unique) == Some(true) {
        return refused_if_more(instance, on, on.run(statement, args, doing).await);
    }
    // Boxed, since most statements need not carry it.
    Box::pin(async move {
        if is_key_unique(M::meta(), on).await? {
            return refused_if_more(instance, on, on.run(statement, args, doing).await);
        }
        let tx = begin_level(on).await?;
        let within = Handle::Tx(&tx);
        let done = refused_if_more(instance, within, within.run(statement, args, doing).await);
        end_level(tx, done).await
    })
    .await
}

fn refused_if_more<M: Model>(instance: &M, on: Handle<'_>, done: Result<Done>) -> Result<Done> {
    let done = done?;
    refuse_more_of(instance, on, done.rows)?;
    Ok(done)
}

/// Begins a transaction, or a savepoint, for one statement or two.
pub(super) async fn begin_level(on: Handle<'_>) -> Result<Tx> {
    match on {
        Handle::Db(db) => db.begin().await,
        Handle::Tx(tx) => tx.nested().await,
    }
}

/// Commits the transaction or savepoint, or undoes it after an error.
pub(super) async fn end_level<T>(tx: Tx, outcome: Result<T>) -> Result<T> {
    match outcome {
        Ok(value) => tx.commit().await.map(|()| value),
        Err(error) => Err(tx.undo_after(error).await),
    }
}

/// Returns whether the database has the table. If it has, it is asked only once.
pub(super) async fn is_there(meta: &'static ModelMeta, on: Handle<'_>) -> Result<bool> {
    Ok(on.key_facts(meta, |_| ())?.is_some() || ask(meta, on).await?.is_some())
}

/// Returns whether the schema promises that at most one row has a key.
pub(super) async fn is_key_unique(meta: &'static ModelMeta, on: Handle<'_>) -> Result<bool> {
    if let Some(unique) = on.key_facts(meta, KeyFacts::is_unique)? {
        return Ok(unique);
    }
    Ok(ask(meta, on).await?.is_some_and(|facts| facts.is_unique()))
}

/// Returns whether the schema has a unique key of exactly the columns of the model's key.
pub(super) async fn has_unique_key(meta: &'static ModelMeta, on: Handle<'_>) -> Result<bool> {
    let has_it = |facts: &KeyFacts| usize::try_from(facts.unique_columns) == Ok(meta.primary_key_columns().len());
    if let Some(has_it) = on.key_facts(meta, has_it)? {
        return Ok(has_it);
    }
    Ok(ask(meta, on).await?.is_some_and(|facts| has_it(&facts)))
}

/// Returns for each part of the key the type to which a text must be cast so that it compares as the column
/// does. The list is empty if no part needs a cast.
pub(super) async fn compared_as(meta: &'static ModelMeta, on: Handle<'_>) -> Result<Vec<Option<String>>> {
    if let Some(compared_as) = on.key_facts(meta, |facts| facts.compared_as.clone())? {
        return Ok(compared_as);
    }
    Ok(ask(meta, on).await?.map(|facts| facts.compared_as).unwrap_or_default())
}

/// Fails if the database would have to generate a key for a column for which it generates none.
pub(super) async fn refuse_not_generated(meta: &'static ModelMeta, on: Handle<'_>) -> Result<()> {
    if is_key_made(meta, on)? {
        return Ok(());
    }
    let Some(KeyFacts { not_generated: Some(declared), .. }) = ask(meta, on).await? else { return Ok(()) };
    Err(Error::KeyNotGenerated { model: meta.name(), column: meta.primary_key_name(), declared })
}

/// Returns whether the database is known to generate keys of the model.
pub(super) fn is_key_made(meta: &'static ModelMeta, on: Handle<'_>) -> Result<bool> {
    if !on.db().backend().capabilities().schema.makes_keys_for_some_columns {
        return Ok(true);
    }
    Ok(on.key_facts(meta, |facts| facts.not_generated.is_none())? == Some(true))
}

/// Fails if a statement reached more rows than it had keys.
pub(super) fn refuse_more(
    meta: &'static ModelMeta,
    on: Handle<'_>,
    rows: u64,
    keys: u64,
    shown: impl FnOnce() -> String,
) -> Result<()> {
    if rows <= keys {
        return Ok(());
    }
    // Without the schema's promise the statement ran in a transaction or savepoint, which is undone.
    let undone = on.key_facts(meta, KeyFacts::is_unique)? == Some(false);
    if !undone {
        on.forget_key_facts(meta)?;
    }
    let keys = if keys == 1 { format!("the key {}", shown()) } else { format!("{keys} keys") };
    Err(Error::KeyNotUnique { model: meta.name(), column: meta.primary_key_name(), keys, rows, undone })
}

/// Fails if a statement for the key of an instance reached several rows.
pub(super) fn refuse_more_of<M: Model>(instance: &M, on: Handle<'_>, rows: u64) -> Result<()> {
    refuse_more(M::meta(), on, rows, 1, || shown_key_of(instance))
}

/// Queries the database for the key of a model's table, and keeps the result. Returns `None` if the table
/// does not exist; the statement itself then fails.
pub(super) async fn ask(meta: &'static ModelMeta, on: Handle<'_>) -> Result<Option<KeyFacts>> {
    let backend = on.db().backend();
    let queries = &backend.capabilities().schema;
    let schema = sql::schema_or(meta, queries.implied);
    let statement = Statement::once((queries.key_facts)(meta.primary_key_columns().len(), &schema));
    let args = sql::bind_key_facts(backend, meta)?;
    let doing = Doing { verb: "reading the key", model: meta.name() };
    let facts = on.first(&statement, args, doing, queries.read_key_facts).await?;
    if let Some(facts) = &facts {
        on.keep_key_facts(meta, facts.clone())?;
    }
    Ok(facts)
}
