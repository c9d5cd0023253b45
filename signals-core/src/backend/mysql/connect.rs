//! The pool of MySQL and MariaDB.

use std::str::FromStr as _;
use std::sync::Arc;

use sqlx::MySqlPool;
use sqlx::mysql::MySqlConnectOptions;

use crate::backend::borrowed::Connection;
use crate::backend::pool::freshness::Freshness;
use crate::backend::pool::settings::{Announce, PoolSettings, not_opened};
use crate::backend::url::parameters;
use crate::error::Result;

/// The default number of statements that a connection keeps.
const KEPT_STATEMENTS: usize = 500;

/// Makes the pool.
pub(in crate::backend) fn open(settings: &PoolSettings, announce: Announce) -> Result<(MySqlPool, Arc<Freshness>)> {
    let mut options =
        MySqlConnectOptions::from_str(&settings.url).map_err(|source| not_opened(source, &settings.url))?;
    if parameters(&settings.url).all(|(name, _)| name != "statement-cache-capacity") {
        options = options.statement_cache_capacity(KEPT_STATEMENTS);
    }
    let freshness = Arc::new(settings.freshness());
    let (checking, connecting) = (Arc::clone(&freshness), Arc::clone(&freshness));
    let pool = settings
        .options()
        .before_acquire(move |connection, idle| checking.check(connection, idle.idle_for))
        .after_connect(move |connection, _| {
            connecting.note_connected();
            announce(Connection::Mysql(connection))
        });
    Ok((pool.connect_lazy_with(options), freshness))
}
