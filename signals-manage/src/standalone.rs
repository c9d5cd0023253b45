//! The command line of a program that has none of its own.

use std::io;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::command::Command;

#[derive(Debug, Parser)]
#[command(about = None, long_about = None)]
struct Standalone {
    #[command(subcommand)]
    command: Option<AnyCommand>,
}

#[derive(Debug, Subcommand)]
enum AnyCommand {
    #[command(flatten)]
    Signals(Command),
    /// Prints a script that completes commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Parses the arguments of the process, and returns the command, or `None` if there are no arguments.
///
/// Wrong arguments, `--help` and `completions SHELL` print their text and end the process. Call it before you
/// connect to the database: then these need no database.
///
/// [The module](crate) has an example.
pub fn from_args() -> Option<Command> {
    match Standalone::parse().command? {
        AnyCommand::Signals(command) => Some(command),
        AnyCommand::Completions { shell } => {
            print_completions::<Standalone>(shell);
            std::process::exit(0)
        }
    }
}

/// Prints a script that completes the commands of this parser in a shell.
///
/// [The module](crate) has an example.
pub fn print_completions<Cli: CommandFactory>(shell: Shell) {
    let mut command = Cli::command();
    // The name under which the program was called, if the parser has no other one.
    let called = std::env::args_os().next().map(std::path::PathBuf::from);
    let called = called.as_deref().and_then(std::path::Path::file_stem).and_then(std::ffi::OsStr::to_str);
    let name = called.unwrap_or(command.get_name()).to_owned();
    clap_complete::generate(shell, &mut command, name, &mut io::stdout());
}
