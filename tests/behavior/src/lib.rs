//! Shared code of the test binaries: a database for each test, of the kind that `SIGNALS_TEST_DATABASE`
//! names, and the records of its receivers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that has no database should panic")]

mod created;
mod deadlocks;
mod everywhere;
mod log;
mod own;
mod proxy;
mod refused;
mod server;
mod sql;
mod waiting;
mod watch;

use std::env;

use tokio::sync::RwLock;

pub use created::created_tables_agree;
pub use deadlocks::retried;
pub use everywhere::{is_to_run_on, run_on, run_on_alone, run_waiting_on};
pub use log::{Log, capture, capture_of};
pub use own::{address, database, database_at, db, named_db, url};
pub use proxy::Proxy;
pub use refused::{Refused, refused};
pub use server::Server;
pub use sql::{
    count, count_in, defer_references, execute, execute_in, numbers, quoted, read, read_in, recheck_references, rows,
    sequence, texts, texts_in, try_execute_in,
};
pub use waiting::{until_gone, until_waiting};
pub use watch::{Executed, plan, statements, watch};

/// The variable with the kind of database for the tests of a process.
pub const VARIABLE: &str = "SIGNALS_TEST_DATABASE";

/// A lock. Tests that connect a receiver of every delete hold it for writing, because that changes all other
/// deletes. Tests that depend on this hold it for reading.
pub static DELETES_OF_ALL: RwLock<()> = RwLock::const_new(());

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SQLite in memory.
    Memory,
    /// SQLite in a file, with a WAL.
    File,
    /// PostgreSQL, at the URL `SIGNALS_TEST_POSTGRES_URL`.
    Postgres,
    /// MySQL or MariaDB, at the URL `SIGNALS_TEST_MYSQL_URL`.
    Mysql,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Memory, Self::File, Self::Postgres, Self::Mysql];

    /// Returns its name in [`VARIABLE`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::File => "file",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// The variable that has the address of its server, if it needs one.
    pub fn server(self) -> Option<&'static str> {
        match self {
            Self::Memory | Self::File => None,
            Self::Postgres => Some("SIGNALS_TEST_POSTGRES_URL"),
            Self::Mysql => Some("SIGNALS_TEST_MYSQL_URL"),
        }
    }

    /// Whether it is SQLite.
    pub fn is_sqlite(self) -> bool {
        matches!(self, Self::Memory | Self::File)
    }
}

/// Returns the kind of database for the tests of this process. The default is in memory.
///
/// # Panics
///
/// If [`VARIABLE`] names no kind.
pub fn kind() -> Kind {
    let Ok(name) = env::var(VARIABLE) else { return Kind::Memory };
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    kind.unwrap_or_else(|| panic!("{VARIABLE}={name}: it is one of memory, file, postgres, mysql"))
}

/// Whether this process runs on another kind than those that a test is about.
pub fn elsewhere(kinds: &[Kind]) -> bool {
    !kinds.contains(&kind())
}
