//! The pool of MySQL and MariaDB.

use std::str::FromStr as _;
use std::sync::Arc;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, Error as SqlxError, Executor as _, MySqlConnection, MySqlPool};

use crate::backend::borrowed::Connection;
use crate::backend::pool::freshness::Freshness;
use crate::backend::pool::settings::{Announce, PoolSettings, SessionLimits, not_opened};
use crate::backend::target::Kind;
use crate::backend::url::parameters;
use crate::error::Result;

/// The default number of statements that a connection keeps.
const KEPT_STATEMENTS: usize = 500;

/// Makes the pool.
pub(in crate::backend) fn open(settings: &PoolSettings, announce: Announce) -> Result<(MySqlPool, Arc<Freshness>)> {
    let options = match &settings.target.0 {
        Kind::Mysql(options) => MySqlConnectOptions::clone(options),
        target => of_url(target.url()).map_err(|source| not_opened(source, &settings.target))?,
    };
    let limits = settings.limits.map(set_limits);
    let freshness = Arc::new(settings.freshness());
    let (checking, connecting) = (Arc::clone(&freshness), Arc::clone(&freshness));
    let pool = settings
        .options()
        .before_acquire(move |connection, idle| checking.check(connection, idle.idle_for))
        .after_connect(move |connection: &mut MySqlConnection, _| {
            connecting.note_connected();
            let (announce, limits) = (Arc::clone(&announce), limits.clone());
            Box::pin(async move {
                if let Some(text) = limits {
                    connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
                }
                announce(Connection::Mysql(connection)).await
            })
        });
    Ok((pool.connect_lazy_with(options), freshness))
}

fn of_url(url: &str) -> Result<MySqlConnectOptions, SqlxError> {
    let options = MySqlConnectOptions::from_str(url)?;
    if parameters(url).any(|(name, _)| name == "statement-cache-capacity") {
        return Ok(options);
    }
    Ok(options.statement_cache_capacity(KEPT_STATEMENTS))
}

/// Returns the statements that set the limits of a session. MariaDB and MySQL have different names for the
/// maximum duration of a statement, and MySQL limits only queries and no idle transactions. Each ignores the comment
/// for the other.
fn set_limits(SessionLimits { statement, lock }: SessionLimits) -> String {
    format!(
        "SET SESSION innodb_lock_wait_timeout = {lock}, lock_wait_timeout = {lock} \
         /*M!100300 , max_statement_time = {statement}, idle_transaction_timeout = {statement} */ \
         /*!80000 , max_execution_time = {} */; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        statement.saturating_mul(1_000)
    )
}
