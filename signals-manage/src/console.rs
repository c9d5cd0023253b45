//! What a command prints to.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::text::{json, lines};

/// The number of columns without a terminal.
const COLUMNS: u16 = 100;

/// The writers of a command. Control characters of its texts, which may come from the database, are not printed.
pub(crate) struct Console<'a> {
    pub(crate) out: &'a mut (dyn Write + Send),
    pub(crate) err: &'a mut (dyn Write + Send),
    /// The number of columns of the output.
    pub(crate) columns: u16,
    /// Whether a line of the standard error can be overwritten.
    pub(crate) rewrites: bool,
    /// Whether the input and the standard error are a terminal.
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

    /// Prints a text to the standard output.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{}", lines(text))?)
    }

    /// Prints JSON to the standard output.
    pub(crate) fn print_json(&mut self, value: &Value) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{}", json(value))?)
    }

    /// Prints a text about the output to the standard error.
    pub(crate) fn note(&mut self, text: &str) {
        // Nothing can be done if the standard error is closed.
        let _ = writeln!(self.err, "{}", lines(text));
    }

    /// Prints the reason of a failure.
    pub(crate) fn print_error(&mut self, message: &str) {
        self.note(&format!("error: {message}"));
    }

    /// Asks for confirmation. Without a terminal it fails.
    pub(crate) fn confirm(&mut self, what: &str) -> Result<bool, Failure> {
        if !self.asks {
            return Err(Failure::usage(format!("{what} Nobody can confirm it here: add `--yes`")));
        }
        self.ask(&format!("{what} Continue?"))
    }

    /// Returns whether somebody can answer a question.
    pub(crate) fn asks(&self) -> bool {
        self.asks
    }

    /// Asks a question, and returns whether the answer is yes.
    pub(crate) fn ask(&mut self, question: &str) -> Result<bool, Failure> {
        let failed = |error: io::Error| Failure::Ended(Exit::Failed, format!("the question has no answer: {error}"));
        write!(self.err, "{} [y/N] ", lines(question)).and_then(|()| self.err.flush()).map_err(failed)?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(failed)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }
}
