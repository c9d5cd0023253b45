//! The exit codes, and the failures of commands.

use std::io;
use std::process::ExitCode;

use signals_core::error::Error;
use signals_tasks::with_causes;

/// The end of a command. Each has its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exit {
    /// The command succeeded: 0.
    Success,
    /// It failed: 1.
    Failed,
    /// `check`, `makemigrations --check` or `migrate --check` found something: 1.
    Problems,
    /// The arguments are wrong: 2.
    Usage,
    /// `check` could not read the schema of the database: 2.
    Unchecked,
    /// A migration would lose data, may be a rename, or has to be written by hand: 2.
    Undecided,
    /// The run, queue or task does not exist, or no worker is healthy: 3.
    Missing,
    /// Ctrl-C interrupted it: 130.
    Interrupted,
}

impl Exit {
    /// Returns the exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed | Self::Problems => 1,
            Self::Usage | Self::Unchecked | Self::Undecided => 2,
            Self::Missing => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// The reason why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It has an exit code and a message.
    Ended(Exit, String),
    /// The reader of the output has ended, such as `head`.
    Closed,
}

impl Failure {
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::Ended(Exit::Missing, message.into())
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Ended(Exit::Usage, message.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ended(Exit::Failed, with_causes(&error))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Ended(Exit::Failed, format!("the output cannot be written: {error}")),
        }
    }
}
