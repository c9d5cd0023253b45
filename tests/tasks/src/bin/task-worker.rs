//! A worker of the shop: `task-worker URL [concurrency=4] [lease=1000] [grace=2000] [queues=a,b] [burst]
//! [with-beat]`, or only the beat of the shop: `task-worker URL beat`.
//!
//! It prints `ready` when it starts, and its `Stopped` at the end.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the tests read what it prints")]

use std::time::Duration;
use std::{env, io, process};

use signals::Db;
use signals::tasks::{Beat, Worker};
// The library with the tasks is linked only if it is named.
use signals_test_tasks as _;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> signals::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    let mut arguments = env::args().skip(1);
    let url = arguments.next().unwrap();
    let mut connections = 12;
    let mut settings = Vec::new();
    let mut is_beat = false;
    for argument in arguments {
        let (name, value) = argument.split_once('=').unwrap_or((&argument, ""));
        is_beat |= name == "beat";
        settings.push((name.to_owned(), value.to_owned()));
        if name == "connections" {
            connections = value.parse().unwrap();
        }
    }
    let db = Db::builder(&url).max_connections(connections).connect().await?;
    let mut worker = Worker::new(&db).concurrency(4).lease(Duration::from_secs(1)).grace(Duration::from_secs(2));
    worker = worker.poll(Duration::from_millis(100));
    for (name, value) in settings {
        let milliseconds = || Duration::from_millis(value.parse().unwrap());
        worker = match name.as_str() {
            "concurrency" => worker.concurrency(value.parse().unwrap()),
            "lease" => worker.lease(milliseconds()),
            "grace" => worker.grace(milliseconds()),
            "queues" => worker.queues(value.split(',')),
            "burst" => worker.burst(),
            "with-beat" => worker.with_beat(),
            _ => worker,
        };
    }
    println!("ready");
    if is_beat {
        Beat::new(&db).run().await?;
        process::exit(0)
    }
    let stopped = worker.run().await?;
    println!("{stopped:?}");
    // A task that blocks its thread would prevent the end of the runtime.
    process::exit(0)
}
