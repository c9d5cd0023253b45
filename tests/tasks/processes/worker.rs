//! A worker process, which is killed when this is dropped.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use behavior::{Kind, kind, url};
use signals::Db;
use signals_test_tasks::with_tables;

/// The version before a deploy.
pub const OLD: &str = env!("CARGO_BIN_EXE_task-old");
/// The version after it.
pub const NEW: &str = env!("CARGO_BIN_EXE_task-new");

pub struct Worker(Child, Arc<Mutex<Vec<String>>>);

impl Worker {
    /// Starts a worker of the shop, and waits until it is ready.
    pub fn start(url: &str, arguments: &[&str]) -> Self {
        Self::of(env!("CARGO_BIN_EXE_task-worker"), url, arguments)
    }

    /// Starts a worker of a program, and waits until it is ready.
    pub fn of(program: &str, url: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.arg(url).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, logged) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Shown if the test fails.
                println!("{line}");
                logged.lock().unwrap().push(line);
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "{log:#?}");
        Self(child, log)
    }

    /// Returns the lines of its log that have this text.
    pub fn logged(&self, text: &str) -> Vec<String> {
        self.1.lock().unwrap().iter().filter(|line| line.contains(text)).cloned().collect()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, id.as_str()]).status().unwrap().success());
    }

    /// Kills it as a power cut would.
    pub fn kill(mut self) {
        self.kill_now();
    }

    /// Kills it, and keeps its place.
    pub fn kill_now(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Waits for its end, and returns what it printed.
    pub fn ended_within(&mut self, limit: Duration) -> String {
        let until = Instant::now() + limit;
        while !self.has_ended() {
            assert!(Instant::now() < until, "the worker did not end within {limit:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut printed = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        printed
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// How long this test's own calls wait for each other. SQLite's lock has no queue.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Returns a new database with its address, or `None` in memory.
pub async fn database() -> Option<(Db, String)> {
    if kind() == Kind::Memory {
        return None;
    }
    let url = url().await;
    let db = Db::builder(&url).busy_timeout(PATIENCE).acquire_timeout(PATIENCE).connect().await.unwrap();
    Some((with_tables(db).await, url))
}

/// Runs a program to its end.
pub fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
