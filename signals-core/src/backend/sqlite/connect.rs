//! The pool of SQLite.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Error as SqlxError, SqlitePool};

use crate::backend::borrowed::Connection;
use crate::backend::pool::settings::{Announce, PoolSettings, not_opened};
use crate::backend::target::{Kind, Target, has_field};
use crate::backend::url::{decoded, parameters};
use crate::error::Result;

/// The maximum busy timeout of SQLite, in milliseconds.
const LONGEST_BUSY: u64 = i32::MAX as u64;

/// The database that a URL names.
struct Named {
    /// A database in memory. Each connection would have its own.
    in_memory: bool,
    /// No name. SQLite then makes a file that it deletes when the connection closes.
    nothing: bool,
    /// The database is read-only.
    read_only: bool,
}

impl Named {
    fn by(target: &Target) -> Self {
        match &target.0 {
            Kind::Sqlite(options) => Self::by_options(options),
            target => Self::by_url(target.url()),
        }
    }

    fn by_options(options: &SqliteConnectOptions) -> Self {
        let file = Self::by_url(&format!("sqlite:{}", options.get_filename().display()));
        let has = |field| has_field(options, field, "true");
        Self {
            in_memory: file.in_memory || has("in_memory"),
            nothing: file.nothing && !has("in_memory"),
            read_only: file.read_only || has("read_only") || has("immutable"),
        }
    }

    fn by_url(url: &str) -> Self {
        let has = |wanted: &[(&str, &str)]| {
            parameters(url).any(|(name, value)| wanted.contains(&(name.as_str(), value.as_str())))
        };
        // sqlx parses it in the same way.
        let name = url.trim_start_matches("sqlite://").trim_start_matches("sqlite:");
        let name = decoded(name.split('?').next().unwrap_or_default());
        // SQLite also accepts a URI with its own parameters.
        let uri = name.strip_prefix("file:").map(|uri| uri.trim_start_matches("//"));
        let file = uri.map_or(name.as_str(), |uri| uri.split(['?', '#']).next().unwrap_or_default());
        let uri_in_memory = uri.is_some_and(|uri| uri.contains("mode=memory") || uri.contains("vfs=memdb"));
        let in_memory = file == ":memory:" || uri_in_memory || has(&[("mode", "memory"), ("vfs", "memdb")]);
        let read_only = has(&[("mode", "ro")]) || parameters(url).any(|(name, _)| name == "immutable");
        Self { in_memory, nothing: file.is_empty() && !in_memory, read_only }
    }
}

/// Returns whether the target is a database in memory.
pub(in crate::backend) fn is_in_memory(target: &Target) -> bool {
    Named::by(target).in_memory
}

/// Opens the pool. In memory there is one connection, which is never closed, because each connection is its
/// own database.
pub(in crate::backend) fn open(settings: &PoolSettings, announce: Announce) -> Result<SqlitePool> {
    let bad_target = |source| not_opened(source, &settings.target);
    let named = Named::by(&settings.target);
    if named.nothing {
        return Err(bad_target(SqlxError::Configuration(NAMES_NOTHING.into())));
    }
    let busy = settings.busy_timeout.min(Duration::from_millis(LONGEST_BUSY));
    let options = match &settings.target.0 {
        Kind::Sqlite(options) if settings.limits.is_none() => SqliteConnectOptions::clone(options),
        Kind::Sqlite(options) => SqliteConnectOptions::clone(options).busy_timeout(busy),
        target => of_url(target.url(), &named).map_err(bad_target)?.busy_timeout(busy),
    };
    let mut pool = settings.options();
    if named.in_memory {
        pool = pool.max_connections(1).idle_timeout(None).max_lifetime(None);
    }
    let pool = pool.after_connect(move |connection, _| announce(Connection::Sqlite(connection)));
    Ok(pool.connect_lazy_with(options))
}

/// Returns the options of a URL.
fn of_url(url: &str, named: &Named) -> Result<SqliteConnectOptions, SqlxError> {
    // The thread of the connection sends the rows through a channel. With more capacity than sqlx's 50 rows,
    // both sides wait less.
    let options = SqliteConnectOptions::from_str(url)?.foreign_keys(true).row_buffer_size(200);
    Ok(if named.in_memory || named.read_only { options } else { options.journal_mode(SqliteJournalMode::Wal) })
}

const NAMES_NOTHING: &str = "it names no file, so each connection would have a database of its own; \
    write `sqlite::memory:` for a database in memory, or `sqlite://app.db?mode=rwc` for a file";
