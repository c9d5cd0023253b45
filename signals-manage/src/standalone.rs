//! The command line of a program that has none of its own.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

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
            let written = write_completions::<Standalone>(shell);
            std::process::exit(written.map_or_else(
                |error| {
                    print_error(&error);
                    1
                },
                |()| 0,
            ))
        }
    }
}

/// Prints a script that completes the commands of this parser in a shell.
///
/// If the script cannot be written, it prints an error to the standard error. A reader that ends early, such as
/// `head`, is not an error.
///
/// [The module](crate) has an example.
pub fn print_completions<Cli: CommandFactory>(shell: Shell) {
    if let Err(failure) = write_completions::<Cli>(shell) {
        print_error(&failure);
    }
}

fn write_completions<Cli: CommandFactory>(shell: Shell) -> io::Result<()> {
    let mut command = Cli::command();
    // The name under which the program was called, if the parser has no other one.
    let called = env::args_os().next().map(PathBuf::from);
    let called = called.as_deref().and_then(Path::file_name).and_then(OsStr::to_str);
    let called = called.map(|name| name.strip_suffix(EXE_SUFFIX).unwrap_or(name));
    let name = called.unwrap_or(command.get_name()).to_owned();
    // `generate` panics if its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    let mut out = io::stdout();
    match out.write_all(&script).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn print_error(error: &io::Error) {
    // Nothing can be done if the standard error is closed.
    let _ = writeln!(io::stderr(), "error: the script cannot be written: {error}");
}
