//! The commands of a program.

use std::io::Write;
use std::process::{self, ExitCode};

use clap::Subcommand;
use signals_core::db::Db;

use crate::beat::BeatArgs;
use crate::check::CheckArgs;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::inspectdb::InspectdbArgs;
use crate::makemigrations::MakemigrationsArgs;
use crate::migrate::MigrateArgs;
use crate::sqlmigrate::SqlmigrateArgs;
use crate::tasks::TasksArgs;
use crate::worker::WorkerArgs;

/// The commands of tasks and schemas, for `#[command(flatten)]` or `#[command(subcommand)]` of clap.
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
    /// Checks the models and receivers of this program, and compares the models with the database
    Check(CheckArgs),
    /// Prints models for the tables of the database
    Inspectdb(InspectdbArgs),
    /// Writes the migration that makes the tables of the database into those of the models
    Makemigrations(MakemigrationsArgs),
    /// Prints the SQL of a migration
    Sqlmigrate(SqlmigrateArgs),
    /// Applies the pending migrations
    Migrate(MigrateArgs),
}

impl Command {
    /// Runs the command to its end. It prints to the standard output, and logs and errors to the standard error.
    ///
    /// **`worker` ends the process and does not return**, unless it only checks. Otherwise the end of the runtime
    /// would wait without limit for tasks that block their threads, and for closures of `spawn_blocking`. A program
    /// that has something to do after the worker calls [`WorkerArgs::worker`] and
    /// [`Worker::run`](signals_tasks::Worker::run), or [`run_with`](Self::run_with).
    pub async fn run(&self, db: &Db) -> ExitCode {
        let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
        let exit = self.run_in(db, &mut Console::of_process(&mut out, &mut err)).await;
        if let Self::Worker(args) = self
            && !args.only_checks()
        {
            process::exit(exit.code().into());
        }
        exit.into()
    }

    /// Runs the command to its end, and prints to these writers, as to a file: with 100 columns and without
    /// questions. It does not end the process.
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
        self.run_in(db, &mut Console::of_writers(out, err)).await
    }

    async fn run_in(&self, db: &Db, console: &mut Console<'_>) -> Exit {
        let outcome = match self {
            Self::Worker(args) => args.run(db, console).await,
            Self::Beat(args) => args.run(db).await,
            Self::Tasks(command) => command.run(db, console).await,
            Self::Check(args) => args.run(db, console).await,
            Self::Inspectdb(args) => args.run(db, console).await,
            Self::Makemigrations(args) => args.run(db, console).await,
            Self::Sqlmigrate(args) => args.run(db, console),
            Self::Migrate(args) => args.run(db, console).await,
        };
        match outcome {
            // A change has been made before its line is printed.
            Ok(()) | Err(Failure::Closed) => Exit::Success,
            Err(Failure::Ended(exit, message)) => {
                console.print_error(&message);
                exit
            }
        }
    }
}
