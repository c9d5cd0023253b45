//! What the test binaries share: a database for each test, of the kind that `SIGNALS_TEST_DATABASE` names, and what its
//! receivers note.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that has no database should panic")]

mod deadlocks;
mod everywhere;
mod log;
mod own;
mod refused;
mod server;
mod sql;

use std::env;

use tokio::sync::RwLock;

pub use deadlocks::retried;
pub use everywhere::{is_to_run_on, run_on};
pub use log::{Log, capture};
pub use own::{address, database, db, named_db, url};
pub use refused::{Refused, refused};
pub use server::Server;
pub use sql::{
    count, count_in, defer_references, execute, execute_in, mind_references, numbers, quoted, read, read_in, rows,
    sequence, texts, texts_in, try_execute_in,
};

/// The variable that says on which kind of database the tests of a process run.
pub const VARIABLE: &str = "SIGNALS_TEST_DATABASE";

/// Held, to write, by tests that connect a receiver of every delete, since that changes how all others delete; and to
/// read, by those that would notice.
pub static DELETES_OF_ALL: RwLock<()> = RwLock::const_new(());

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SQLite in memory.
    Memory,
    /// SQLite in a file, with a WAL.
    File,
    /// PostgreSQL, where `SIGNALS_TEST_POSTGRES_URL` says.
    Postgres,
    /// MySQL or MariaDB, where `SIGNALS_TEST_MYSQL_URL` says.
    Mysql,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Memory, Self::File, Self::Postgres, Self::Mysql];

    /// What [`VARIABLE`] says for it.
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

/// The kind of database that the tests of this process run on: in memory, if nothing is said.
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
