//! Running an example as a program.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Asserts success, and that each of these is in the output.
    #[track_caller]
    pub fn printed(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(0), "{self:#?}");
        for part in parts {
            assert!(self.stdout.contains(part), "the output lacks `{part}`:\n{}", self.stdout);
        }
    }

    /// Asserts this exit code, and an error of one line that has each of these in it.
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

/// Runs the example that Cargo built beside this test.
pub fn run<A: AsRef<OsStr>>(example: &str, arguments: impl IntoIterator<Item = A>) -> Ended {
    let output = start(example, arguments).wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Starts it, with its output to be read.
pub fn start<A: AsRef<OsStr>>(example: &str, arguments: impl IntoIterator<Item = A>) -> Child {
    let program = path(example);
    let mut command = Command::new(&program);
    // A backtrace may be more than a pipe holds, which nobody reads before the end.
    command.env("RUST_BACKTRACE", "0");
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
        .spawn()
        .unwrap_or_else(|error| panic!("{} cannot run ({error}); `cargo build --examples` makes it", program.display()))
}

/// `target/<profile>/deps/<this test>` has its examples in `target/<profile>/examples`.
fn path(example: &str) -> PathBuf {
    let this = env::current_exe().unwrap();
    let profile = this.parent().and_then(|deps| deps.parent()).unwrap();
    profile.join("examples").join(format!("{example}{EXE_SUFFIX}"))
}
