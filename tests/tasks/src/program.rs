//! The programs of the tests of processes: each is a worker or a beat by its arguments.

use std::time::Duration;
use std::{env, io, process};

use signals::Db;
use signals::tasks::{Beat, Worker};

/// The arguments of a program: the address of the database, and `name` or `name=value`.
#[derive(Debug)]
pub struct Arguments {
    /// The address.
    pub url: String,
    settings: Vec<(String, String)>,
}

impl Arguments {
    /// Reads those of this process.
    ///
    /// # Panics
    ///
    /// If there is no address.
    pub fn of_process() -> Self {
        let mut arguments = env::args().skip(1);
        let url = arguments.next().unwrap();
        let setting = |argument: String| {
            let (name, value) = argument.split_once('=').unwrap_or((&argument, ""));
            (name.to_owned(), value.to_owned())
        };
        Self { url, settings: arguments.map(setting).collect() }
    }

    /// Returns the value of an argument, which is empty if it has none.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|setting| setting.0 == name).map(|setting| setting.1.as_str())
    }

    /// Connects to the database, with the number of `connections`, or 12.
    ///
    /// # Errors
    ///
    /// If it cannot be reached.
    ///
    /// # Panics
    ///
    /// If the value is not a number.
    pub async fn connect(&self) -> signals::Result<Db> {
        let connections = self.value("connections").map_or(12, |value| value.parse().unwrap());
        // The lock of SQLite has no queue, so on a busy machine one of many writers may wait for long.
        Db::builder(&self.url).max_connections(connections).busy_timeout(Duration::from_mins(2)).connect().await
    }
}

/// Runs a worker with `[concurrency=4] [lease=1000] [grace=2000] [queues=a,b] [burst] [with-beat]`, or only a beat
/// with `beat`. Prints `ready` when it starts, and the worker's `Stopped` at the end.
///
/// # Errors
///
/// If the database cannot be reached, or if the worker fails.
///
/// # Panics
///
/// If a value is not a number.
#[allow(clippy::print_stdout, reason = "the tests read what it prints")]
pub async fn work(arguments: &Arguments) -> signals::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    let db = arguments.connect().await?;
    let milliseconds =
        |name, default| Duration::from_millis(arguments.value(name).map_or(default, |value| value.parse().unwrap()));
    let concurrency = arguments.value("concurrency").map_or(4, |value| value.parse().unwrap());
    let mut worker = Worker::new(&db).concurrency(concurrency).poll(milliseconds("poll", 100));
    worker = worker.lease(milliseconds("lease", 1_000)).grace(milliseconds("grace", 2_000));
    if let Some(queues) = arguments.value("queues") {
        worker = worker.queues(queues.split(','));
    }
    if arguments.value("burst").is_some() {
        worker = worker.burst();
    }
    if arguments.value("with-beat").is_some() {
        worker = worker.with_beat();
    }
    println!("ready");
    if arguments.value("beat").is_some() {
        Beat::new(&db).run().await?;
        process::exit(0)
    }
    let stopped = worker.run().await?;
    println!("{stopped:?}");
    // A task that blocks its thread would prevent the end of the runtime.
    process::exit(0)
}
