//! The commands of a program.

use std::io::Write;
use std::process::{self, ExitCode};

use clap::Subcommand;
use signals_core::db::Db;

use crate::beat::BeatArgs;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::tasks::TasksArgs;
use crate::worker::WorkerArgs;

/// The commands of tasks, for `#[command(flatten)]` or `#[command(subcommand)]` of clap.
///
/// [The module](crate) has an example.
#[derive(Debug, Clone, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Runs tasks until it receives SIGTERM or SIGINT
    Worker(WorkerArgs),
    /// Enqueues scheduled tasks until it receives SIGTERM or SIGINT
    Beat(BeatArgs),
    /// Shows and changes the runs of tasks
    Tasks(TasksArgs),
}

/// What remains after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remains {
    Nothing,
    /// Tasks that block their threads, which the end of the runtime would wait for.
    BlockedThreads,
}

impl Command {
    /// Runs the command to its end. It prints to the standard output, and logs and errors to the standard error.
    ///
    /// A worker that stops while tasks block their threads ends the process, because the runtime would wait for
    /// these tasks.
    pub async fn run(&self, db: &Db) -> ExitCode {
        let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
        let mut console = Console::of_process(&mut out, &mut err);
        let (exit, remains) = self.run_in(db, &mut console).await;
        if remains == Remains::BlockedThreads {
            process::exit(exit.code().into());
        }
        exit.into()
    }

    /// Runs the command to its end, and prints to these writers, as to a file: with 100 columns and without
    /// questions.
    ///
    /// # Examples
    ///
    /// ```
    /// use clap::Parser;
    /// use signals::{Db, Result, manage};
    ///
    /// #[derive(Parser)]
    /// struct Cli {
    ///     #[command(subcommand)]
    ///     command: manage::Command,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let cli = Cli::parse_from(["app", "tasks", "pause", "mial"]);
    /// let (mut out, mut err) = (Vec::new(), Vec::new());
    /// assert_eq!(cli.command.run_with(&db, &mut out, &mut err).await, manage::Exit::Missing);
    /// assert!(String::from_utf8_lossy(&err).starts_with("error: there is no queue `mial`"));
    /// # Ok(()) }
    /// ```
    pub async fn run_with(&self, db: &Db, out: &mut (dyn Write + Send), err: &mut (dyn Write + Send)) -> Exit {
        self.run_in(db, &mut Console::of_writers(out, err)).await.0
    }

    async fn run_in(&self, db: &Db, console: &mut Console<'_>) -> (Exit, Remains) {
        let outcome = match self {
            Self::Worker(args) => args.run(db, console).await,
            Self::Beat(args) => args.run(db).await.map(|()| Remains::Nothing),
            Self::Tasks(command) => command.run(db, console).await.map(|()| Remains::Nothing),
        };
        match outcome {
            Ok(remains) => (Exit::Success, remains),
            Err(Failure::Closed) => (Exit::Success, Remains::Nothing),
            Err(Failure::Ended(exit, message)) => {
                console.complain(&message);
                (exit, Remains::Nothing)
            }
        }
    }
}
