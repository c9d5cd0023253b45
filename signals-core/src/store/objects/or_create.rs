//! Finding a row or making it.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::Objects;
use crate::db::{Handle, IntoHandle, Tx};
use crate::error::Result;
use crate::query::Select;
use crate::store::Model;
use crate::store::calls::{GetOrCreate, Save, SaveOptions, UpdateOrCreate};

impl<M: Model> Objects<M> {
    /// Loads the one row, or saves the instance that `create` makes; true if it was created.
    ///
    /// A row that is found sends no signals. The instance is saved as by [`Model::save`], signals included; options
    /// such as [`quiet`](GetOrCreate::quiet) chain before `.await`. What keeps two callers from creating the same row is a
    /// unique column: whoever comes second is refused by it, and looks again. `create` has to make what the conditions look for; that is not checked.
    ///
    /// # Errors
    ///
    /// [`Error::MultipleObjects`](crate::error::Error::MultipleObjects) if there are several rows,
    /// [`Error::QueryOptions`](crate::error::Error::QueryOptions) for a query set with a limit or an offset, and
    /// nothing is saved then; else as [`all`](Self::all) and [`Model::save`].
    ///
    /// # Cancel safety
    ///
    /// As [`Model::save`].
    ///
    /// # Transactions
    ///
    /// A row that is there is found without a transaction. Otherwise it is looked for again in one, where SQLite lets nobody else write, and then saved: on a `Tx` in a
    /// savepoint. There MySQL may find a deadlock between two that create the same row, which ends the transaction of one of them.
    pub fn get_or_create<'a>(
        &self,
        on: impl IntoHandle<'a>,
        create: impl FnOnce() -> M + Send + 'a,
    ) -> GetOrCreate<'a, M> {
        let (select, options) = (self.select.clone(), SaveOptions::default());
        GetOrCreate { select, create: Box::new(create), on: on.into_handle(), options }
    }

    /// Loads the one row, changes it with `edit` and saves it; or saves the instance that `create` makes. True if it was created.
    ///
    /// Both save as [`Model::save`] does, every column and signals included; options such as
    /// [`quiet`](UpdateOrCreate::quiet) chain before `.await`. `edit` is not called for an instance that was created.
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
    /// On a `Db` all of it is one transaction, in which SQLite lets nobody else write between the look and the save; where somebody else created the row in between, it is
    /// updated in a second one. On a `Tx` the save is in a savepoint, and MySQL may find a deadlock as in [`get_or_create`](Self::get_or_create).
    pub fn update_or_create<'a>(
        &self,
        on: impl IntoHandle<'a>,
        edit: impl FnOnce(&mut M) + Send + 'a,
        create: impl FnOnce() -> M + Send + 'a,
    ) -> UpdateOrCreate<'a, M> {
        let (select, options) = (self.select.clone(), SaveOptions::default());
        UpdateOrCreate { select, edit: Box::new(edit), create: Box::new(create), on: on.into_handle(), options }
    }

    /// Edits and saves the one row, which others leave alone from the look on; `edit` is taken if there is one.
    async fn edit_one(
        &self,
        tx: &Tx,
        edit: &mut Option<impl FnOnce(&mut M) + Send>,
        options: SaveOptions,
    ) -> Result<Option<M>> {
        let Some(mut row) = self.one(Handle::Tx(tx), Select::rows_to_write).await? else { return Ok(None) };
        if let Some(edit) = edit.take() {
            edit(&mut row);
            Save { instance: &mut row, on: Handle::Tx(tx), options }.await?;
        }
        Ok(Some(row))
    }

    /// The same, and where looking for a row to write keeps others from creating it, only if it is there.
    async fn edit_one_if_there(
        &self,
        tx: &Tx,
        edit: &mut Option<impl FnOnce(&mut M) + Send>,
        options: SaveOptions,
    ) -> Result<Option<M>> {
        if Handle::Tx(tx).db().backend().capabilities().locks.gaps && !self.exists(tx).await? {
            return Ok(None);
        }
        self.edit_one(tx, edit, options).await
    }

    /// A slice hides rows that match, and what is hidden would be created once more.
    fn refuse_slice(&self) -> Result<()> {
        self.select.refuse_slice("found or created", "leave it out, and make the conditions narrower")
    }
}

impl<M: Model> GetOrCreate<'_, M> {
    async fn run(self) -> Result<(M, bool)> {
        let Self { select, create, on, options } = self;
        let objects = &Objects::<M>::of(select);
        objects.refuse_slice()?;
        if let Some(row) = objects.one(on, Select::rows).await? {
            return Ok((row, false));
        }
        let outcome = match on {
            Handle::Tx(tx) => create_in(tx, create, options).await,
            Handle::Db(db) => {
                db.atomic(|tx| async move {
                    match objects.one(Handle::Tx(&tx), Select::rows).await? {
                        Some(row) => Ok((row, false)),
                        None => created(&tx, create, options).await,
                    }
                })
                .await
            }
        };
        match outcome {
            Err(error) if error.is_unique_violation() => {
                // In a transaction of MySQL a plain look would see the rows as they were when it began.
                let sees_less = matches!(on, Handle::Tx(_)) && on.db().backend().capabilities().locks.gaps;
                let look = if sees_less { Select::rows_to_keep } else { Select::rows };
                objects.one(on, look).await?.map(|row| (row, false)).ok_or(error)
            }
            outcome => outcome,
        }
    }
}

impl<'a, M: Model> IntoFuture for GetOrCreate<'a, M> {
    type Output = Result<(M, bool)>;
    type IntoFuture = BoxFuture<'a, Result<(M, bool)>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<M: Model> UpdateOrCreate<'_, M> {
    async fn run(self) -> Result<(M, bool)> {
        let Self { select, edit, create, on, options } = self;
        let (objects, mut edit) = (&Objects::<M>::of(select), Some(edit));
        objects.refuse_slice()?;
        let outcome = match on {
            Handle::Tx(tx) => match objects.edit_one_if_there(tx, &mut edit, options).await? {
                Some(row) => Ok((row, false)),
                None => create_in(tx, create, options).await,
            },
            Handle::Db(db) => {
                let edit = &mut edit;
                db.atomic(|tx| async move {
                    match objects.edit_one_if_there(&tx, edit, options).await? {
                        Some(row) => Ok((row, false)),
                        None => created(&tx, create, options).await,
                    }
                })
                .await
            }
        };
        match (outcome, edit) {
            (Err(error), Some(edit)) if error.is_unique_violation() => {
                let edit = &mut Some(edit);
                let updated = match on {
                    Handle::Tx(tx) => objects.edit_one(tx, edit, options).await?,
                    Handle::Db(db) => db.atomic(|tx| async move { objects.edit_one(&tx, edit, options).await }).await?,
                };
                updated.map(|row| (row, false)).ok_or(error)
            }
            (outcome, _) => outcome,
        }
    }
}

impl<'a, M: Model> IntoFuture for UpdateOrCreate<'a, M> {
    type Output = Result<(M, bool)>;
    type IntoFuture = BoxFuture<'a, Result<(M, bool)>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Saves a new row.
async fn created<M: Model>(tx: &Tx, create: impl FnOnce() -> M + Send, options: SaveOptions) -> Result<(M, bool)> {
    let mut row = create();
    Save { instance: &mut row, on: Handle::Tx(tx), options }.await.map(|()| (row, true))
}

/// The same in a savepoint, so that the transaction stays usable if another row is in its way.
async fn create_in<M: Model>(tx: &Tx, create: impl FnOnce() -> M + Send, options: SaveOptions) -> Result<(M, bool)> {
    let savepoint = tx.nested().await?;
    match created(&savepoint, create, options).await {
        Ok(row) => savepoint.commit().await.map(|()| row),
        Err(error) => Err(savepoint.undo_after(error).await),
    }
}
