//! A worker process, which is killed when this is dropped.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use behavior::{Kind, kind, url};
use signals::Db;
use signals_test_tasks::with_tables;

pub struct Worker(Child);

impl Worker {
    /// Starts a worker, and waits until it is ready.
    pub fn start(url: &str, arguments: &[&str]) -> Self {
        Self::start_with(url, arguments, Stdio::null())
    }

    /// Starts a worker that writes its log into this file, and waits until it is ready.
    pub fn start_logging(url: &str, arguments: &[&str], log: &Path) -> Self {
        Self::start_with(url, arguments, File::create(log).unwrap().into())
    }

    fn start_with(url: &str, arguments: &[&str], log: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_task-worker"));
        command.arg(url).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self(child)
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

/// Returns a new database with its address, or `None` in memory.
pub async fn database() -> Option<(Db, String)> {
    if kind() == Kind::Memory {
        return None;
    }
    let url = url().await;
    let db = Db::builder(&url).acquire_timeout(Duration::from_secs(20)).connect().await.unwrap();
    Some((with_tables(db).await, url))
}
