//! The pool of SQLite.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Error as SqlxError, SqlitePool};

use crate::backend::borrowed::Connection;
use crate::backend::pool::settings::{Announce, PoolSettings, not_opened};
use crate::backend::url::{decoded, parameters};
use crate::error::Result;

/// The longest busy timeout that SQLite takes, in milliseconds.
const LONGEST_BUSY: u64 = i32::MAX as u64;

/// What a URL names.
struct Named {
    /// A database in memory, of which each connection would see another one.
    in_memory: bool,
    /// Nothing, for which SQLite makes a file that it deletes when the connection closes.
    nothing: bool,
    /// Nobody may write to it.
    read_only: bool,
}

impl Named {
    fn by(url: &str) -> Self {
        let has = |wanted: &[(&str, &str)]| {
            parameters(url).any(|(name, value)| wanted.contains(&(name.as_str(), value.as_str())))
        };
        // As sqlx reads it.
        let name = url.trim_start_matches("sqlite://").trim_start_matches("sqlite:");
        let name = decoded(name.split('?').next().unwrap_or_default());
        // SQLite takes a URI too, with parameters of its own.
        let uri = name.strip_prefix("file:").map(|uri| uri.trim_start_matches("//"));
        let file = uri.map_or(name.as_str(), |uri| uri.split(['?', '#']).next().unwrap_or_default());
        let uri_in_memory = uri.is_some_and(|uri| uri.contains("mode=memory") || uri.contains("vfs=memdb"));
        let in_memory = file == ":memory:" || uri_in_memory || has(&[("mode", "memory"), ("vfs", "memdb")]);
        let read_only = has(&[("mode", "ro")]) || parameters(url).any(|(name, _)| name == "immutable");
        Self { in_memory, nothing: file.is_empty() && !in_memory, read_only }
    }
}

/// Whether the URL names a database in memory.
pub(in crate::backend) fn is_in_memory(url: &str) -> bool {
    Named::by(url).in_memory
}

/// Makes the pool. In memory there is one connection, never closed, since each connection is a database of its own.
pub(in crate::backend) fn open(settings: &PoolSettings, announce: Announce) -> Result<SqlitePool> {
    let bad_url = |source| not_opened(source, &settings.url);
    let named = Named::by(&settings.url);
    if named.nothing {
        return Err(bad_url(SqlxError::Configuration(NAMES_NOTHING.into())));
    }
    let busy = settings.busy_timeout.min(Duration::from_millis(LONGEST_BUSY));
    let options = SqliteConnectOptions::from_str(&settings.url).map_err(bad_url)?;
    // Rows come through a channel from the thread of the connection; with more room than sqlx's own 50 the two wait less for each other.
    let mut options = options.foreign_keys(true).busy_timeout(busy).row_buffer_size(200);
    let mut pool = settings.options();
    if named.in_memory {
        pool = pool.max_connections(1).idle_timeout(None).max_lifetime(None);
    } else if !named.read_only {
        options = options.journal_mode(SqliteJournalMode::Wal);
    }
    let pool = pool.after_connect(move |connection, _| announce(Connection::Sqlite(connection)));
    Ok(pool.connect_lazy_with(options))
}

const NAMES_NOTHING: &str = "it names no file, so each connection would have a database of its own; \
    write `sqlite::memory:` for a database in memory, or `sqlite://app.db?mode=rwc` for a file";
