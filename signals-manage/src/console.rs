//! What a command prints to.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use crate::exit::Failure;

/// The number of columns without a terminal.
const COLUMNS: u16 = 100;

/// The output of a command and of its failure.
pub(crate) struct Console<'a> {
    pub(crate) out: &'a mut (dyn Write + Send),
    pub(crate) err: &'a mut (dyn Write + Send),
    /// The number of columns of the output.
    pub(crate) columns: u16,
    /// Whether a line of the standard error can be overwritten.
    pub(crate) rewrites: bool,
    /// Whether somebody can answer a question.
    asks: bool,
}

impl<'a> Console<'a> {
    /// The standard output and error of the process.
    pub(crate) fn of_process(out: &'a mut io::Stdout, err: &'a mut io::Stderr) -> Self {
        let width = terminal_size::terminal_size_of(&*out).map(|(terminal_size::Width(columns), _)| columns);
        let rewrites = err.is_terminal();
        let asks = rewrites && io::stdin().is_terminal();
        Self { out, err, columns: width.unwrap_or(COLUMNS), rewrites, asks }
    }

    /// Other writers, as for a file.
    pub(crate) fn of_writers(out: &'a mut (dyn Write + Send), err: &'a mut (dyn Write + Send)) -> Self {
        Self { out, err, columns: COLUMNS, rewrites: false, asks: false }
    }

    /// Prints a line to the standard output.
    pub(crate) fn print(&mut self, line: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{line}")?)
    }

    /// Prints a line about the output, which a program that reads the output does not get.
    pub(crate) fn note(&mut self, line: &str) {
        // Nothing can be done if the standard error is closed.
        let _ = writeln!(self.err, "{line}");
    }

    /// Prints the reason of a failure.
    pub(crate) fn complain(&mut self, message: &str) {
        self.note(&format!("error: {message}"));
    }

    /// Asks whether to do this. Without a terminal it is refused, because nobody can answer.
    pub(crate) fn confirm(&mut self, what: &str) -> Result<bool, Failure> {
        if !self.asks {
            return Err(Failure::usage(format!("{what} Nobody can confirm it here: add `--yes`")));
        }
        write!(self.err, "{what} Continue? [y/N] ")?;
        self.err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }
}
