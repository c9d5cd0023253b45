//! Handles that calls go through: a [`Db`] or a [`Tx`]. A handle runs statements, and provides the receivers
//! of its signals and the known facts about tables.

mod attached;
mod connect;
mod db;
mod from_pool;
pub(super) mod native;
mod on;
mod plain;
mod reading;
mod transaction_builder;
mod tx;

pub use db::Db;
pub use from_pool::FromPool;
pub use on::{Carried, SendOn, carried};
pub use plain::PlainStatement;
pub use transaction_builder::TransactionBuilder;
pub use tx::Tx;
pub(crate) use tx::{Change, Waiting};

use super::hooks::{InForce, RecordedSignal};
use super::transaction::{Doing, Statement};
use crate::backend::{Args, Done, KeyFacts, Row};
use crate::error::Result;
use crate::model::ModelMeta;
use crate::registry::{Sender, Snapshot};
use crate::signal::Signal;

/// A database or a transaction, as calls take it.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub enum Handle<'a> {
    /// A connection of the pool, held for one statement.
    Db(&'a Db),
    /// A transaction.
    Tx(&'a Tx),
}

/// A handle to the database that calls take: `&Db` or `&Tx`.
///
/// # Examples
///
/// ```no_run
/// # use signals::{Db, Model, Result};
/// # #[derive(Debug, Clone, Model)]
/// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
/// # async fn example(db: &Db) -> Result<()> {
/// use signals::db::IntoHandle;
///
/// /// A function of the application that takes both, as the calls of this library do.
/// async fn count_adults<'a>(on: impl IntoHandle<'a>) -> Result<u64> {
///     User::objects().filter(User::AGE.ge(18)).count(on).await
/// }
///
/// let now = count_adults(db).await?;
/// let tx = db.begin().await?;
/// let in_transaction = count_adults(&tx).await?;
/// # let _ = (now, in_transaction);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` is neither `&Db` nor `&Tx`", label = "pass `&Db` or `&Tx`")]
pub trait IntoHandle<'a>: sealed::Sealed {
    #[doc(hidden)]
    fn into_handle(self) -> Handle<'a>;
}

/// The callback for the rows of a query.
type Show<'a> = &'a mut (dyn FnMut(&Row<'_>) -> Result<(), sqlx::Error> + Send);

mod sealed {
    /// Implemented only by the handles of this crate.
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
    /// Returns the database of the handle.
    pub fn db(&self) -> &'a Db {
        match *self {
            Self::Db(db) => db,
            Self::Tx(tx) => tx.db(),
        }
    }

    /// Runs `call` with this statement on this handle. Behind a pooler, a call on a [`Db`] runs in its own transaction. So
    /// does one whose statement marks itself for triggers by a row.
    async fn call<T>(self, statement: &Statement, call: impl AsyncFnOnce(Handle<'_>) -> Result<T>) -> Result<T> {
        match self {
            Self::Db(db) if statement.is_marked() || db.is_pooled() => {
                // Boxed, since most calls need not carry it.
                Box::pin(db.atomic(|tx| async move { call(Handle::Tx(&tx)).await })).await
            }
            handle => call(handle).await,
        }
    }

    /// Runs a statement.
    pub(crate) async fn run(self, statement: &Statement, args: Args, doing: Doing) -> Result<Done> {
        self.call(statement, async |on| match on {
            Handle::Db(db) => {
                let mut connection = db.acquire().await?;
                connection.run(statement.text(), args, 0).await.map_err(|failed| doing.failed(failed.source))
            }
            Handle::Tx(tx) => tx.session().await?.run(statement, args, doing).await,
        })
        .await
    }

    /// Runs a query and reads its first row.
    pub(crate) async fn first<T: Send>(
        self,
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

    /// Runs a query and calls `show` with its first row. It does not depend on the type of rows, so it is
    /// compiled once.
    async fn show_first(self, statement: &Statement, args: Args, doing: Doing, show: Show<'_>) -> Result<()> {
        self.call(statement, async |on| match on {
            Handle::Db(db) => {
                let mut connection = db.acquire().await?;
                connection.first(statement.text(), args, show).await.map(drop).map_err(|source| doing.failed(source))
            }
            Handle::Tx(tx) => tx.session().await?.first(statement, args, doing, show).await,
        })
        .await
    }
}

/// The receivers of a send through a handle, and whether it is recorded.
impl Handle<'_> {
    /// Returns the current receivers of a send by this call. Receivers that are connected later are not
    /// included.
    #[inline]
    pub(crate) fn receivers<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        self.in_force().without_muted(S::KIND, M::slot().snapshot())
    }

    /// Returns whether guards of tests apply to this call.
    #[inline]
    pub(crate) fn is_guarded(&self) -> bool {
        self.in_force().is_any()
    }

    /// Returns whether signals of this call are recorded, including those without receivers.
    #[inline]
    pub(crate) fn is_recorded(&self) -> bool {
        self.in_force().is_recorded()
    }

    /// Records a signal of this call, if a test records signals.
    #[inline]
    pub(crate) fn record_sent(&self, signal: impl FnOnce() -> RecordedSignal) {
        self.in_force().record_sent(signal);
    }

    #[inline]
    fn in_force(&self) -> InForce<'_> {
        match self {
            Self::Db(db) => db.in_force(),
            Self::Tx(tx) => tx.in_force(),
        }
    }
}

/// The known facts about the keys of tables.
impl Handle<'_> {
    /// Reads the known facts about the key of a model's table, or returns `None` if the database was not
    /// queried yet.
    pub(crate) fn key_facts<T>(&self, meta: &'static ModelMeta, read: impl Fn(&KeyFacts) -> T) -> Result<Option<T>> {
        if let Some(known) = self.db().key_facts(meta, &read) {
            return Ok(Some(known));
        }
        Ok(match self {
            Self::Db(_) => None,
            Self::Tx(tx) => tx.own_key_facts(meta, read)?,
        })
    }

    /// Stores the facts that the database returned about the key of a model's table.
    pub(crate) fn keep_key_facts(&self, meta: &'static ModelMeta, facts: KeyFacts) -> Result<()> {
        let left = match self {
            Self::Db(_) => Some(facts),
            Self::Tx(tx) => tx.keep_own_key_facts(meta, facts)?,
        };
        if let Some(facts) = left {
            self.db().database().tables().keep(meta, facts);
        }
        Ok(())
    }

    /// Forgets the facts about a table, after a statement found them wrong.
    pub(crate) fn forget_key_facts(&self, meta: &'static ModelMeta) -> Result<()> {
        self.db().database().tables().forget(meta);
        match self {
            Self::Db(_) => Ok(()),
            Self::Tx(tx) => tx.forget_own_key_facts(meta),
        }
    }
}
