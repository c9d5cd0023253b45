//! `tasks status`.

use serde_json::{Value, json};
use signals_core::db::Db;
use signals_tasks::{CaptureStatus, QueueStatus, RunCount, TaskStatus, WorkerStatus, prometheus, status};

use crate::console::Console;
use crate::exit::Failure;
use crate::table::{Kind, table};
use crate::text::{line, short};

pub(crate) async fn show(db: &Db, console: &mut Console<'_>, json: bool) -> Result<(), Failure> {
    let status = status(db).await?;
    if json {
        return console.print_json(&as_json(&status));
    }
    let queues = if status.queues.is_empty() { "no runs".to_owned() } else { queues(&status, console.columns) };
    let workers = match status.workers.as_slice() {
        [] => "no worker was seen within the last minute; the command `worker` starts one".to_owned(),
        workers => workers_table(workers, console.columns),
    };
    let captured = captured(status.captured).map(|line| format!("\n\n{line}")).unwrap_or_default();
    console.print(&format!("{queues}{captured}\n\n{workers}"))
}

/// Shows the writes of others, if there are any.
fn captured(CaptureStatus { waiting, refused, .. }: CaptureStatus) -> Option<String> {
    let none = RunCount::default();
    let of = |count: RunCount| format!("{count} captured write{}", if count.to_string() == "1" { "" } else { "s" });
    match (waiting > none, refused > none) {
        (false, false) => None,
        (true, false) => Some(format!("{} waiting", of(waiting))),
        (true, true) => Some(format!("{} waiting, {refused} refused; {ERRORS}", of(waiting))),
        (false, true) => Some(format!("{} refused; {ERRORS}", of(refused))),
    }
}

/// Where the reasons are.
const ERRORS: &str = "`error` in `signals_capture` has the reasons";

/// Prints the state of the queues for Prometheus. The attempts are those of this process, so there are none.
pub(crate) async fn metrics(db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
    console.print(prometheus(db).await?.trim_end())
}

/// The counts of a queue, with their names.
fn counts(queue: &QueueStatus) -> [(&'static str, RunCount); 7] {
    [
        ("ready", queue.ready),
        ("waiting", queue.waiting),
        ("running", queue.running),
        ("done", queue.done),
        ("dead", queue.dead),
        ("cancelled", queue.cancelled),
        ("unknown", queue.unknown),
    ]
}

fn queues(status: &TaskStatus, width: u16) -> String {
    // These two are rare, and have a column only if there are any.
    let is_shown = |name: &str, is_any: &dyn Fn(&QueueStatus) -> bool| {
        !matches!(name, "cancelled" | "unknown") || status.queues.iter().any(is_any)
    };
    let names: Vec<_> = (0..7)
        .filter(|i| {
            let name = counts(&QueueStatus::default())[*i].0;
            is_shown(name, &|queue| counts(queue)[*i].1 > RunCount::default())
        })
        .collect();
    let mut columns = vec![("queue", Kind::Text)];
    columns.extend(names.iter().map(|i| (counts(&QueueStatus::default())[*i].0, Kind::Number)));
    columns.extend([("lag", Kind::Whole), ("", Kind::Whole)]);
    let rows = status.queues.iter().map(|queue| {
        let mut row = vec![line(&queue.name)];
        row.extend(names.iter().map(|i| counts(queue)[*i].1.to_string()));
        row.push(queue.lag.map_or_else(|| "-".to_owned(), short));
        row.push(if queue.is_paused { "paused" } else { "" }.to_owned());
        row
    });
    table(width, &columns, rows)
}

fn workers_table(workers: &[WorkerStatus], width: u16) -> String {
    let columns = [
        ("worker", Kind::Whole),
        ("queues", Kind::Text),
        ("slots", Kind::Number),
        ("started", Kind::Whole),
        ("seen", Kind::Whole),
    ];
    let rows = workers.iter().map(|worker| {
        let queues = if worker.queues.is_empty() { "all".to_owned() } else { line(&worker.queues.join(", ")) };
        let (started, seen) = (format!("{} ago", short(worker.started)), format!("{} ago", short(worker.seen)));
        vec![line(&worker.id), queues, worker.concurrency.to_string(), started, seen]
    });
    table(width, &columns, rows)
}

fn as_json(status: &TaskStatus) -> Value {
    let queues = status.queues.iter().map(|queue| {
        let more_than = counts(queue).into_iter().filter(|(_, runs)| !runs.is_exact());
        let more_than: Vec<_> = more_than.map(|(name, _)| name).collect();
        let mut object = json!({
            "name": queue.name,
            "paused": queue.is_paused,
            "lag_ms": queue.lag.map(milliseconds),
            "more_than": more_than,
        });
        for (name, runs) in counts(queue) {
            object[name] = runs.at_least().into();
        }
        object
    });
    let workers = status.workers.iter().map(|worker| {
        json!({
            "id": worker.id,
            "queues": worker.queues,
            "concurrency": worker.concurrency,
            "started_ms": milliseconds(worker.started),
            "seen_ms": milliseconds(worker.seen),
        })
    });
    let CaptureStatus { waiting, refused, .. } = status.captured;
    let more_than = [("waiting", waiting), ("refused", refused)].into_iter().filter(|(_, writes)| !writes.is_exact());
    let captured = json!({
        "waiting": waiting.at_least(),
        "refused": refused.at_least(),
        "more_than": more_than.map(|(name, _)| name).collect::<Vec<_>>(),
    });
    json!({ "queues": queues.collect::<Vec<_>>(), "workers": workers.collect::<Vec<_>>(), "captured": captured })
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
