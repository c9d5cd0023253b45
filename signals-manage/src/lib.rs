//! The command line: runs workers and beats, shows and changes the runs of tasks, compares models with a database,
//! prints models for its tables, and makes and applies migrations.
//!
//! Applications use this crate as `signals::manage`, with the feature `manage` of
//! [`signals-orm`](https://docs.rs/signals-orm).
//!
//! A program without a command line of its own calls [`from_args`]. A program that uses clap flattens
//! [`Command`] into its own commands.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | the command succeeded |
//! | 1 | it failed, for example because the database did, or a check found problems |
//! | 2 | the arguments are wrong, `check --database` could not read the schema, or a migration needs a decision |
//! | 3 | the run, queue, task or table does not exist, or `worker --check` found no healthy worker |
//! | 130 | Ctrl-C interrupted a change of many runs |
//!
//! # Examples
//!
//! A web server without a command line of its own. `app` serves, `app worker` runs tasks, and `app tasks status`
//! shows the queues.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use signals::{Db, Result, manage};
//!
//! #[tokio::main]
//! async fn main() -> Result<ExitCode> {
//!     let command = manage::from_args();
//!     let db = Db::connect("postgres://localhost/shop").await?;
//!     match command {
//!         Some(command) => Ok(command.run(&db).await),
//!         None => serve(&db).await,
//!     }
//! }
//! # async fn serve(_: &Db) -> Result<ExitCode> { Ok(ExitCode::SUCCESS) }
//! ```
//!
//! A program with commands of its own:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use clap::{Parser, Subcommand};
//! use signals::{Db, Result, manage};
//!
//! #[derive(Parser)]
//! struct Cli {
//!     #[command(subcommand)]
//!     command: Option<Command>,
//! }
//!
//! #[derive(Subcommand)]
//! enum Command {
//!     /// Imports products
//!     Import { file: String },
//!     /// Prints a script that completes commands in a shell
//!     Completions { shell: manage::Shell },
//!     #[command(flatten)]
//!     Signals(manage::Command),
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<ExitCode> {
//!     let cli = Cli::parse();
//!     let db = Db::connect("postgres://localhost/shop").await?;
//!     match cli.command {
//!         Some(Command::Signals(command)) => return Ok(command.run(&db).await),
//!         Some(Command::Completions { shell }) => manage::print_completions::<Cli>(shell),
//!         Some(Command::Import { file }) => println!("imports {file}"),
//!         None => println!("serves"),
//!     }
//!     Ok(ExitCode::SUCCESS)
//! }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod beat;
mod changing;
mod check;
mod command;
mod console;
mod exit;
mod inspectdb;
mod listing;
mod logging;
mod makemigrations;
mod migrate;
mod migrations;
mod progress;
mod sqlmigrate;
mod standalone;
mod status;
mod table;
mod tasks;
mod text;
mod worker;

pub use beat::BeatArgs;
pub use check::CheckArgs;
pub use clap_complete::Shell;
pub use command::Command;
pub use exit::Exit;
pub use inspectdb::InspectdbArgs;
pub use makemigrations::MakemigrationsArgs;
pub use migrate::MigrateArgs;
pub use sqlmigrate::SqlmigrateArgs;
pub use standalone::{from_args, print_completions};
pub use tasks::TasksArgs;
pub use worker::WorkerArgs;
