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
    pub(crate) fn db(&self) -> &'a Db {
        match *self {
            Self::Db(db) => db,
            Self::Tx(tx) => tx.db(),
        }
    }

    /// Runs `call` on this handle. Behind a pooler, a call on a [`Db`] runs in a transaction of its own.
    async fn call<T>(self, call: impl AsyncFnOnce(Handle<'_>) -> Result<T>) -> Result<T> {
        match self {
            Self::Db(db) if db.is_pooled() => {
                db.atomic(|tx| async move { Box::pin(call(Handle::Tx(&tx))).await }).await
            }
            handle => call(handle).await,
        }
    }

    /// Runs a statement.
    pub(crate) async fn run(self, statement: &Statement, args: Args, doing: Doing) -> Result<Done> {
        self.call(async |on| match on {
            Handle::Db(db) => {
                let mut connection = db.acquire().await?;
                connection.run(statement.text(), args).await.map_err(|failed| doing.failed(failed.source))
            }
            Handle::Tx(tx) => tx.session().await?.run(statement, args, doing).await,
        })
        .await
    }

    /// Runs a query and reads its first row.
    pub(crate) async fn first<T>(
        self,
        statement: &Statement,
        args: Args,
        doing: Doing,
        read: impl FnOnce(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Option<T>> {
        self.call(async |on| match on {
            Handle::Db(db) => {
                let mut connection = db.acquire().await?;
                connection.first(statement.text(), args, read).await.map_err(|source| doing.failed(source))
            }
            Handle::Tx(tx) => tx.session().await?.first(statement, args, doing, read).await,
        })
        .await
    }
}
