//! PostgreSQL: opening the pool, running statements, and lending the connection to plain sqlx.

use std::borrow::Cow;
use std::str::FromStr as _;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::postgres::{PgArguments, PgConnectOptions, Postgres};
use sqlx::query::Query;
use sqlx::{Either, Error as SqlxError, Executor as _, PgConnection, PgPool, Row as _};

use super::connection::{Connection, Done, Failed, TransactionStatus};
use super::lent::{TxConnection, wrong_backend};
use super::pool::not_opened;
use super::url::{masked, parameters};
use super::{Conn, Db, DbBuilder, Pool, Text, Tx, created, pool};
use crate::backend::Row;
use crate::error::Result;

/// Whether statements are kept on a connection, which PostgreSQL does by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Kept,
    /// A pooler gives each transaction another server, which would not know the names: sqlx still makes them where its cache is off, unless told for each statement.
    Never,
}

impl Naming {
    fn of_url(url: &str) -> Self {
        // The last one counts, as for sqlx.
        let capacities = parameters(url).filter(|(name, _)| name == "statement-cache-capacity");
        let capacity = capacities.last().and_then(|(_, capacity)| capacity.parse::<usize>().ok());
        if capacity == Some(0) { Self::Never } else { Self::Kept }
    }

    /// The statement as it is sent.
    pub(super) fn of(self, text: Text) -> Text {
        match self {
            Self::Kept => text,
            Self::Never => text.once(),
        }
    }
}

/// The parameters that sqlx takes, beside those that begin with `options[`.
const PARAMETERS: &[&str] = &[
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// The URL without parameters that sqlx does not take: it would write their values to the log, and one may be a password.
fn with_known_parameters(url: &str) -> Cow<'_, str> {
    let is_known = |name: &str| PARAMETERS.contains(&name) || name.starts_with("options[");
    if parameters(url).all(|(name, _)| is_known(&name)) {
        return Cow::Borrowed(url);
    }
    tracing::warn!(target: "signals", url = masked(url), "the URL has parameters that are not known, and are ignored");
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let query = query.split('#').next().unwrap_or_default();
    let known = query.split('&').filter(|piece| parameters(&format!("?{piece}")).all(|(name, _)| is_known(&name)));
    Cow::Owned(format!("{place}?{}", known.collect::<Vec<_>>().join("&")))
}

/// Makes the pool.
pub(super) fn open(settings: &DbBuilder) -> Result<Pool> {
    let options = PgConnectOptions::from_str(&with_known_parameters(&settings.url))
        .map_err(|source| not_opened(source, &settings.url))?;
    let naming = Naming::of_url(&settings.url);
    let freshness = Arc::new(settings.freshness());
    let checking = Arc::clone(&freshness);
    let using = settings.name.clone();
    let pool = pool::options(settings)
        .before_acquire(move |connection, idle| checking.check(connection, idle.idle_for))
        .after_connect(move |connection, _| {
            let using = using.clone();
            Box::pin(async move { created::announce(Connection::Postgres(connection), &using).await })
        });
    Ok(Pool::Postgres(pool.connect_lazy_with(options), naming, freshness))
}

fn query<'q>(text: Text, args: PgArguments) -> Query<'q, Postgres, PgArguments> {
    let kept = text.is_kept();
    sqlx::query_with(text, args).persistent(kept)
}

/// Runs a statement. An INSERT answers with the key of its row.
pub(super) async fn run(connection: &mut PgConnection, text: Text, args: PgArguments) -> Result<Done, Failed> {
    let mut done = Done::default();
    let mut answers = connection.fetch_many(query(text, args));
    loop {
        match answers.try_next().await {
            Ok(Some(Either::Left(answer))) => done.rows = answer.rows_affected(),
            Ok(Some(Either::Right(row))) => done.last_insert_id = row.try_get(0).unwrap_or_default(),
            Ok(None) => return Ok(done),
            Err(source) => return Err(Failed { completed: 0, source }),
        }
    }
}

/// Runs a query and reads its first row.
pub(super) async fn first<T>(
    connection: &mut PgConnection,
    text: Text,
    args: PgArguments,
    read: impl FnOnce(&Row<'_>) -> Result<T, SqlxError> + Send,
) -> Result<Option<T>, SqlxError> {
    let row = connection.fetch_optional(query(text, args)).await?;
    row.map(|row| read(&Row::Postgres(&row))).transpose()
}

/// Runs a query and reads its rows as they come.
pub(super) fn rows<'c, T: Send + 'c>(
    connection: &'c mut PgConnection,
    text: Text,
    args: PgArguments,
    mut read: impl FnMut(&Row<'_>) -> Result<T, SqlxError> + Send + 'c,
) -> BoxStream<'c, Result<T, SqlxError>> {
    let rows = connection.fetch(query(text, args));
    rows.map(move |row| read(&Row::Postgres(&row?))).boxed()
}

/// Runs a statement that binds nothing, without preparing it.
pub(super) async fn control(connection: &mut PgConnection, text: Text) -> Result<(), SqlxError> {
    connection.execute(sqlx::raw_sql(text)).await.map(drop)
}

/// How the transaction stands. A failed statement aborts it, and only a rollback helps.
pub(super) async fn standing(connection: &mut PgConnection) -> Result<TransactionStatus, SqlxError> {
    // Within a transaction this changes nothing, and outside of one it is refused.
    match control(connection, Text::Static("SAVEPOINT signals_probe; RELEASE SAVEPOINT signals_probe")).await {
        Ok(()) => Ok(TransactionStatus::Open),
        Err(SqlxError::Database(error)) if error.code().as_deref() == Some("25P02") => Ok(TransactionStatus::Aborted),
        Err(SqlxError::Database(error)) if error.code().as_deref() == Some("25P01") => Ok(TransactionStatus::Ended),
        Err(error) => Err(error),
    }
}

/// Whether references may be wrong until the end of the transaction. PostgreSQL does not tell; saying so twice does no harm.
#[expect(clippy::unused_async, reason = "another backend asks its connection")]
pub(super) async fn defers_references(_: &mut PgConnection) -> Result<bool, SqlxError> {
    Ok(false)
}

impl Db {
    /// The pool, for plain sqlx.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`](crate::error::Error::Schema) if this is another backend, or a `Db` within a transaction: use [`Tx::postgres`] there.
    pub fn postgres(&self) -> Result<&PgPool> {
        self.refuse_within("`tx.postgres()`")?;
        match &self.shared.pool {
            Pool::Postgres(pool, ..) => Ok(pool),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            _ => Err(wrong_backend(self.backend(), "PostgreSQL")),
        }
    }
}

impl Tx {
    /// The transaction's connection, for plain sqlx: `query.execute(&mut *tx.postgres().await?)`.
    ///
    /// Calls of other tasks on the transaction wait until the guard is dropped, for at most the builder's `acquire_timeout`; those of the same task fail with
    /// [`Error::ConnectionLent`](crate::error::Error::ConnectionLent). Bind a result with `let` before a loop over it, since the head of a `for` or a `match`
    /// holds the connection for the whole body. Leave `BEGIN`, `COMMIT` and savepoints to `Tx`.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded),
    /// [`Error::SavepointOpen`](crate::error::Error::SavepointOpen) while a savepoint below this level is open, or
    /// [`Error::Schema`](crate::error::Error::Schema) if this is another backend.
    ///
    /// # Cancel safety
    ///
    /// A statement of plain sqlx whose future is dropped may or may not be executed, as always with sqlx.
    pub async fn postgres(&self) -> Result<PostgresTxConnection<'_>> {
        let db = self.try_db()?;
        let mut session = self.session().await?;
        session.open().await?;
        session.borrow(|connection| match connection {
            Conn::Postgres(connection, _) => Ok(&mut **connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            _ => Err(wrong_backend(db.backend(), "PostgreSQL")),
        })
    }
}

/// The connection of a transaction, lent to plain sqlx.
pub type PostgresTxConnection<'a> = TxConnection<'a, PgConnection>;
