//! Calls that find a row or create it.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::Objects;
use crate::db::{Handle, IntoHandle, Tx};
use crate::error::Result;
use crate::query::Select;
use crate::store::Model;
use crate::store::calls::{GetOrCreate, Save, SaveOptions, UpdateOrCreate};

impl<M: Model> Objects<M> {
    /// Loads the only matching row, or saves the instance that `create` returns. The `bool` is true if the
    /// row was created.
    ///
    /// No signals are sent for a row that is found. The instance is saved as by [`Model::save`], with its
    /// signals. Options such as [`quiet`](GetOrCreate::quiet) chain before `.await`.
    ///
    /// Only a unique column keeps two callers from creating the same row: the INSERT of the second fails, and
    /// the call then looks for the row again. `create` has to return a row that matches the conditions. This
    /// is not checked.
    ///
    /// # Errors
    ///
    /// [`Error::MultipleObjects`](crate::error::Error::MultipleObjects) if there are several rows,
    /// [`Error::QueryOptions`](crate::error::Error::QueryOptions) for a query set with a limit or an offset.
    /// In both cases nothing is saved. For other errors, see [`all`](Self::all) and [`Model::save`].
    ///
    /// # Cancel safety
    ///
    /// See [`Model::save`].
    ///
    /// # Transactions
    ///
    /// An existing row is found without a transaction. Otherwise, on a `Db`, a transaction looks for the row
    /// again and then saves it. On SQLite no one else can write meanwhile. On a `Tx` the save is in a
    /// savepoint. On MySQL, two transactions that create the same row may deadlock there, which ends one of
    /// them.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct Tag { id: i64, #[model(unique)] name: String, uses: i32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let rust = Tag::objects().filter(Tag::NAME.eq("rust"));
    /// let new = || Tag { id: 0, name: "rust".into(), uses: 0 };
    /// let (tag, created) = rust.get_or_create(&db, new).await?;
    /// assert!(created);
    /// let (same, created) = rust.get_or_create(&db, new).await?;
    /// assert!(!created && same.id == tag.id);
    /// # Ok(()) }
    /// ```
    pub fn get_or_create<'a>(
        &self,
        on: impl IntoHandle<'a>,
        create: impl FnOnce() -> M + Send + 'a,
    ) -> GetOrCreate<'a, M> {
        let (select, options) = (self.select.clone(), SaveOptions::default());
        GetOrCreate { select, create: Box::new(create), on: on.into_handle(), options }
    }

    /// Loads the only matching row, changes it with `edit` and saves it, or saves the instance that `create`
    /// returns. The `bool` is true if the row was created.
    ///
    /// Both save as [`Model::save`] does, with every column and the signals. Options such as
    /// [`quiet`](UpdateOrCreate::quiet) chain before `.await`. `edit` is not called for an instance that was
    /// created.
    ///
    /// # Errors
    ///
    /// See [`get_or_create`](Self::get_or_create).
    ///
    /// # Cancel safety
    ///
    /// See [`Model::save`].
    ///
    /// # Transactions
    ///
    /// On a `Db` the whole call is one transaction. On SQLite no one else can write between the read and the
    /// save. If someone else created the row in between, it is updated in a second transaction. On a `Tx` the
    /// save is in a savepoint, and MySQL may report a deadlock as in [`get_or_create`](Self::get_or_create).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct Tag { id: i64, #[model(unique)] name: String, uses: i32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let rust = Tag::objects().filter(Tag::NAME.eq("rust"));
    /// for uses in 1..=2 {
    ///     let (tag, created) = rust
    ///         .update_or_create(&db, |tag| tag.uses += 1, || Tag { id: 0, name: "rust".into(), uses: 1 })
    ///         .await?;
    ///     assert_eq!((tag.uses, created), (uses, uses == 1));
    /// }
    /// # Ok(()) }
    /// ```
    pub fn update_or_create<'a>(
        &self,
        on: impl IntoHandle<'a>,
        edit: impl FnOnce(&mut M) + Send + 'a,
        create: impl FnOnce() -> M + Send + 'a,
    ) -> UpdateOrCreate<'a, M> {
        let (select, options) = (self.select.clone(), SaveOptions::default());
        UpdateOrCreate { select, edit: Box::new(edit), create: Box::new(create), on: on.into_handle(), options }
    }

    /// Locks, edits and saves the only matching row. Takes `edit` if there is a row.
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

    /// Runs [`edit_one`](Self::edit_one). If the database locks gaps, it does so only if the row exists,
    /// since the lock would keep others from creating it.
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

    /// Refuses a limit or an offset. It hides matching rows, and a hidden row would be created again.
    fn refuse_slice(&self) -> Result<()> {
        self.select.refuse_slice("found or created", "leave it out, and make the conditions narrower")
    }
}

impl<M: Model> GetOrCreate<'_, M> {
    async fn run(self) -> Result<(M, bool)> {
        let Self { select, create, on, options } = self;
        let objects = &Objects::<M>::of(select);
        objects.refuse_slice()?;
        let may_be_there = match on {
            // The lock of a missing row would keep others from creating it.
            Handle::Tx(tx) if objects.select.is_locked() && on.db().backend().capabilities().locks.gaps => {
                Objects::<M>::of(objects.select.clone().unlocked()).exists(tx).await?
            }
            _ => true,
        };
        if may_be_there && let Some(row) = objects.one(on, Select::rows).await? {
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
                // In a transaction of MySQL, a plain SELECT would read the snapshot from its beginning.
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
        // The row is locked in any case.
        let (objects, mut edit) = (&Objects::<M>::of(select.unlocked()), Some(edit));
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

/// Saves a new row in a savepoint, so that the transaction stays usable if another row conflicts with it.
async fn create_in<M: Model>(tx: &Tx, create: impl FnOnce() -> M + Send, options: SaveOptions) -> Result<(M, bool)> {
    let savepoint = tx.nested().await?;
    match created(&savepoint, create, options).await {
        Ok(row) => savepoint.commit().await.map(|()| row),
        Err(error) => Err(savepoint.undo_after(error).await),
    }
}
