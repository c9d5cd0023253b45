//! Runs an example as a program, and lists the skipped tests of a run.
#![allow(clippy::unwrap_used, reason = "a test that cannot run its program should panic")]

mod skipped;

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};

pub use skipped::{is_installed, left_out, skipped, take_skipped};

/// The exit code of a program, and its output.
#[derive(Debug)]
pub struct Ended {
    /// The exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// The output about its failure.
    pub stderr: String,
}

impl Ended {
    /// Asserts success, and that each of these is in the output.
    ///
    /// # Panics
    ///
    /// If it is not so.
    #[track_caller]
    pub fn printed(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(0), "{self:#?}");
        for part in parts {
            assert!(self.stdout.contains(part), "the output lacks `{part}`:\n{}", self.stdout);
        }
    }

    /// Asserts this exit code, and an error of one line that has each of these in it.
    ///
    /// # Panics
    ///
    /// If it is not so.
    #[track_caller]
    pub fn failed(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.stdout, "", "a failure prints nothing to the standard output");
        let error = self.stderr.lines().next().unwrap_or_default();
        assert!(error.starts_with("error: "), "{self:#?}");
        for part in parts {
            assert!(error.contains(part), "the error lacks `{part}`: {error}");
        }
    }
}

/// Runs a program to its end.
///
/// # Panics
///
/// If it cannot run, or prints what is not UTF-8.
pub fn run<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>) -> Ended {
    output_of(command(program, arguments))
}

/// Runs a command to its end.
///
/// # Panics
///
/// If it cannot run, or prints what is not UTF-8.
pub fn output_of(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Starts a program, with its output to be read.
///
/// # Panics
///
/// If it cannot run.
pub fn start<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>) -> Child {
    command(program, arguments).spawn().unwrap()
}

/// Returns the command that starts a program, with its output to be read, for tests that set more.
pub fn command<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program);
    // A backtrace may be larger than a pipe's buffer, which is only read at the end.
    command.env("RUST_BACKTRACE", "0");
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
