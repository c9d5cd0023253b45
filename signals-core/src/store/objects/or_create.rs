//! Finding a row or making it.

use futures_util::future::BoxFuture;

use super::{Model, Objects};
use crate::db::{Handle, IntoHandle, Tx};
use crate::error::{Error, Result};

impl<M: Model> Objects<M> {
    /// Loads the one row, or saves the instance that `create` makes; true if it was created.
    ///
    /// A row that is found sends no signals. The instance is saved as by [`Model::save`], signals included. What keeps two callers from creating the same row is a
    /// unique column: whoever comes second is refused by it, and looks again. `create` has to make what the conditions look for; that is not checked.
    ///
    /// # Errors
    ///
    /// [`Error::MultipleObjects`] if there are several rows, and nothing is saved then; else as [`all`](Self::all) and [`Model::save`].
    ///
    /// # Cancel safety
    ///
    /// As [`Model::save`].
    ///
    /// # Transactions
    ///
    /// A row that is there is found without a transaction. Otherwise it is looked for again in one, where SQLite lets nobody else write, and then saved in a savepoint.
    pub fn get_or_create<'a>(
        &self,
        on: impl IntoHandle<'a>,
        create: impl FnOnce() -> M + Send + 'a,
    ) -> BoxFuture<'a, Result<(M, bool)>> {
        let (objects, on) = (self.clone(), on.into_handle());
        Box::pin(async move {
            if let Some(row) = objects.one(on).await? {
                return Ok((row, false));
            }
            match on {
                Handle::Tx(tx) => objects.create_or_find(tx, create).await,
                Handle::Db(db) => {
                    db.atomic(|tx| async move {
                        match objects.one(Handle::Tx(&tx)).await? {
                            Some(row) => Ok((row, false)),
                            None => objects.create_or_find(&tx, create).await,
                        }
                    })
                    .await
                }
            }
        })
    }

    /// Loads the one row, changes it with `edit` and saves it; or saves the instance that `create` makes. True if it was created.
    ///
    /// Both save as [`Model::save`] does, every column and signals included. `edit` is not called for an instance that was created.
    ///
    /// # Errors
    ///
    /// As [`get_or_create`](Self::get_or_create).
    ///
    /// # Cancel safety
    ///
    /// As [`Model::save`].
    ///
    /// # Transactions
    ///
    /// On a `Db` all of it is one transaction, in which SQLite lets nobody else write between the look and the save. On a `Tx` the save is in a savepoint.
    pub fn update_or_create<'a>(
        &self,
        on: impl IntoHandle<'a>,
        edit: impl FnOnce(&mut M) + Send + 'a,
        create: impl FnOnce() -> M + Send + 'a,
    ) -> BoxFuture<'a, Result<(M, bool)>> {
        let (objects, on) = (self.clone(), on.into_handle());
        Box::pin(async move {
            match on {
                Handle::Tx(tx) => objects.update_or_create_in(tx, edit, create).await,
                Handle::Db(db) => {
                    db.atomic(|tx| async move { objects.update_or_create_in(&tx, edit, create).await }).await
                }
            }
        })
    }

    async fn update_or_create_in(
        &self,
        tx: &Tx,
        edit: impl FnOnce(&mut M) + Send,
        create: impl FnOnce() -> M + Send,
    ) -> Result<(M, bool)> {
        let (mut row, created) = match self.one(Handle::Tx(tx)).await? {
            Some(row) => (row, false),
            None => self.create_or_find(tx, create).await?,
        };
        if !created {
            edit(&mut row);
            row.save(tx).await?;
        }
        Ok((row, created))
    }

    /// Saves the instance; if another row is in its way, looks whether that is the one.
    async fn create_or_find(&self, tx: &Tx, create: impl FnOnce() -> M + Send) -> Result<(M, bool)> {
        let mut row = create();
        let savepoint = tx.nested().await?;
        let error = match row.save(&savepoint).await {
            Ok(()) => return savepoint.commit().await.map(|()| (row, true)),
            Err(error) => savepoint.undo_after(error).await,
        };
        if !is_unique_violation(&error) {
            return Err(error);
        }
        self.one(Handle::Tx(tx)).await?.map(|row| (row, false)).ok_or(error)
    }

    /// The one row, if there is any.
    async fn one(&self, on: Handle<'_>) -> Result<Option<M>> {
        let mut rows = self.clone().limit(2).all(on).await?;
        let row = rows.pop();
        if rows.is_empty() { Ok(row) } else { Err(Error::MultipleObjects { model: M::meta().name(), at_least: 2 }) }
    }
}

/// Whether the database refused a second row of a unique value, in this save or in a receiver of it.
fn is_unique_violation(error: &Error) -> bool {
    let database = error.find::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
    database.is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
