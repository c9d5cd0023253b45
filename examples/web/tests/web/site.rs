//! The example as a running program.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command};
use std::thread;
use std::time::{Duration, Instant};

use program::{Ended, start};

use super::visitor::Visitor;
use crate::WEB;

/// A separate site for a test, on a free port.
pub struct Site {
    program: Child,
    stdout: BufReader<ChildStdout>,
    pub address: SocketAddr,
}

impl Site {
    /// Starts a site in memory.
    pub fn start() -> Self {
        Self::with(&["0"])
    }

    /// Starts a site with these arguments.
    pub fn with(arguments: &[&str]) -> Self {
        let mut program = start(WEB, arguments);
        let mut stdout = BufReader::new(program.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("Listening on http://").and_then(|rest| rest.split(',').next()?.parse().ok());
        let Some(address) = address else { panic!("no address: {line:?} {:#?}", program.wait_with_output()) };
        Self { program, stdout, address }
    }

    /// Returns a new visitor.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.address)
    }

    /// Presses ctrl-c: the shell has a command that sends the same signal as a terminal.
    pub fn interrupt(&self) {
        let command = format!("kill -INT {}", self.program.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    /// Presses ctrl-c, and asserts that everything ends in time.
    pub fn stop(self) -> Ended {
        self.interrupt();
        let ended = self.ended();
        ended.printed(&["Goodbye"]);
        ended
    }

    /// Waits for the end.
    pub fn ended(mut self) -> Ended {
        let code = wait(&mut self.program);
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.program.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ended { code, stdout, stderr }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // This is for a test that failed; otherwise it has ended.
        self.program.kill().ok();
        self.program.wait().ok();
    }
}

fn wait(program: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(status) = program.try_wait().unwrap() {
            return status.code();
        }
        assert!(Instant::now() < deadline, "the program should have ended");
        thread::sleep(Duration::from_millis(5));
    }
}
