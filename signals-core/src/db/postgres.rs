//! PostgreSQL: opening the pool, running statements, and lending the connection to plain sqlx.

use std::borrow::Cow;
use std::str::FromStr as _;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, Postgres};
use sqlx::query::Query;
use sqlx::{ConnectOptions as _, Either, Error as SqlxError, Executor as _, PgConnection, PgPool, Row as _};

use super::connection::{Connection, Done, Failed, Standing, failed};
use super::lent::{LentConnection, wrong_backend};
use super::{Builder, Conn, Db, Pool, Text, Tx, created};
use crate::error::Result;
use crate::field::Row;

/// Whether statements are kept on a connection, which PostgreSQL does by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Kept,
    /// A pooler gives each transaction another server, which would not know the names: sqlx still makes them where its cache is off, unless told for each statement.
    Never,
}

impl Naming {
    fn of_url(options: &PgConnectOptions) -> Self {
        let no_cache = |(key, value): (Cow<'_, str>, Cow<'_, str>)| key == "statement-cache-capacity" && value == "0";
        if options.to_url_lossy().query_pairs().any(no_cache) { Self::Never } else { Self::Kept }
    }

    /// The statement as it is sent.
    pub(super) fn of(self, text: Text) -> Text {
        match self {
            Self::Kept => text,
            Self::Never => text.once(),
        }
    }
}

/// Makes the pool.
pub(super) fn open(settings: &Builder) -> Result<Pool> {
    let bad_url = |source| failed("reading the URL", source);
    let options = PgConnectOptions::from_str(&settings.url).map_err(bad_url)?;
    let naming = Naming::of_url(&options);
    let using = settings.name.clone();
    let pool = PgPoolOptions::new()
        .acquire_timeout(settings.acquire_timeout)
        .max_connections(settings.max_connections)
        .after_connect(move |connection, _| {
            let using = using.clone();
            Box::pin(async move { created::announce(Connection::Postgres(connection), &using).await })
        });
    Ok(Pool::Postgres(pool.connect_lazy_with(options), naming))
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
pub(super) async fn standing(connection: &mut PgConnection) -> Result<Standing, SqlxError> {
    // Within a transaction this changes nothing, and outside of one it is refused.
    match control(connection, Text::Static("SAVEPOINT signals_probe; RELEASE SAVEPOINT signals_probe")).await {
        Ok(()) => Ok(Standing::Open),
        Err(SqlxError::Database(error)) if error.code().as_deref() == Some("25P02") => Ok(Standing::Aborted),
        Err(SqlxError::Database(error)) if error.code().as_deref() == Some("25P01") => Ok(Standing::Ended),
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
            Pool::Postgres(pool, _) => Ok(pool),
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
    pub async fn postgres(&self) -> Result<PostgresTx<'_>> {
        let db = self.try_db()?;
        let mut session = self.session().await?;
        session.open().await?;
        session.lend(|connection| match connection {
            Conn::Postgres(connection, _) => Ok(&mut **connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            _ => Err(wrong_backend(db.backend(), "PostgreSQL")),
        })
    }
}

/// The connection of a transaction, lent to plain sqlx.
pub type PostgresTx<'a> = LentConnection<'a, PgConnection>;
