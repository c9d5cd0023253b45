//! Where a call goes: straight to a [`Db`], or through a [`Tx`].

mod connect;
mod db;
mod key_facts;
pub(super) mod native;
mod reading;
mod receivers;
mod transaction_builder;
mod tx;

pub use db::Db;
pub use transaction_builder::TransactionBuilder;
pub use tx::Tx;
pub(crate) use tx::{Change, Waiting};

use super::transaction::{Doing, Statement};
use crate::backend::{Args, Done, Row};
use crate::error::Result;

/// A database or a transaction, as calls take them.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub enum Handle<'a> {
    /// A connection of the pool, for as long as one statement takes.
    Db(&'a Db),
    /// A transaction.
    Tx(&'a Tx),
}

/// What a call takes to reach the database: `&Db` or `&Tx`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a way to reach a database", label = "pass `&Db` or `&Tx`")]
pub trait IntoHandle<'a>: sealed::Sealed {
    #[doc(hidden)]
    fn into_handle(self) -> Handle<'a>;
}

/// What is shown the rows of a query.
type Show<'a> = &'a mut (dyn FnMut(&Row<'_>) -> Result<(), sqlx::Error> + Send);

mod sealed {
    /// Only this crate's two handles.
    pub trait Sealed {}
    impl Sealed for &super::Db {}
    impl Sealed for &super::Tx {}
    impl Sealed for super::Handle<'_> {}
}

impl<'a> IntoHandle<'a> for &'a Db {
    fn into_handle(self) -> Handle<'a> {
        self.inside_tx().map_or(Handle::Db(self), Handle::Tx)
    }
}

impl<'a> IntoHandle<'a> for &'a Tx {
    fn into_handle(self) -> Handle<'a> {
        Handle::Tx(self)
    }
}

impl<'a> IntoHandle<'a> for Handle<'a> {
    fn into_handle(self) -> Self {
        self
    }
}

impl<'a> Handle<'a> {
    /// The database behind it.
    pub(crate) fn db(&self) -> Result<&'a Db> {
        match *self {
            Self::Db(db) => Ok(db),
            Self::Tx(tx) => tx.try_db(),
        }
    }

    /// Runs a statement.
    pub(crate) async fn run(&self, statement: &Statement, args: Args, doing: Doing) -> Result<Done> {
        match self {
            Self::Db(db) if db.is_pooled() => {
                db.atomic(|tx| async move { Box::pin(Handle::Tx(&tx).run(statement, args, doing)).await }).await
            }
            Self::Db(db) => {
                let mut connection = db.acquire().await?;
                connection.run(statement.text(), args).await.map_err(|failed| doing.failed(failed.source))
            }
            Self::Tx(tx) => tx.session().await?.run(statement, args, doing).await,
        }
    }

    /// Runs a query and reads its first row.
    pub(crate) async fn first<T: Send>(
        &self,
        statement: &Statement,
        args: Args,
        doing: Doing,
        mut read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Option<T>> {
        let mut found = None;
        let mut keep = |row: &Row<'_>| read(row).map(|row| found = Some(row));
        self.show_first(statement, args, doing, &mut keep).await?;
        Ok(found)
    }

    /// Runs a query and shows its first row to `show`. It knows no type of rows, so that it is compiled once.
    async fn show_first(&self, statement: &Statement, args: Args, doing: Doing, show: Show<'_>) -> Result<()> {
        match self {
            Self::Db(db) if db.is_pooled() => {
                db.atomic(|tx| async move { Box::pin(Handle::Tx(&tx).show_first(statement, args, doing, show)).await })
                    .await
            }
            Self::Db(db) => {
                let mut connection = db.acquire().await?;
                connection.first(statement.text(), args, show).await.map(drop).map_err(|source| doing.failed(source))
            }
            Self::Tx(tx) => tx.session().await?.first(statement, args, doing, show).await,
        }
    }
}
