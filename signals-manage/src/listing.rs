//! `tasks active`, `scheduled`, `dead`, `registered`, `show` and `sql`.

use serde_json::{Value, json};
use signals_core::db::Db;
use signals_core::error::Result as SignalsResult;
use signals_core::store::Model as _;
use signals_tasks::{Task, TaskState, database_now, queues, table_definitions, tasks};
use uuid::Uuid;

use crate::console::Console;
use crate::exit::Failure;
use crate::table::{Kind, table};
use crate::tasks::Listing;
use crate::text::{line, relative};

pub(crate) async fn active(db: &Db, console: &mut Console<'_>, listing: &Listing) -> Result<(), Failure> {
    let runs = read(db, listing, TaskState::Running).await?;
    let columns = [("attempt", Kind::Number), ("started", Kind::Whole), ("worker", Kind::Text)];
    print(db, console, listing, &runs, "running", &columns, |run, now| {
        let started = run.started_at.map_or_else(String::new, |time| relative(time, now));
        vec![run.attempts.to_string(), started, line(run.claimed_by.as_deref().unwrap_or_default())]
    })
    .await
}

pub(crate) async fn scheduled(db: &Db, console: &mut Console<'_>, listing: &Listing) -> Result<(), Failure> {
    let runs = read(db, listing, TaskState::Waiting).await?;
    let columns = [("due", Kind::Whole), ("attempts", Kind::Number), ("last error", Kind::Text)];
    print(db, console, listing, &runs, "waiting", &columns, |run, now| {
        vec![relative(run.due_at, now), run.attempts.to_string(), error(run)]
    })
    .await
}

pub(crate) async fn dead(db: &Db, console: &mut Console<'_>, listing: &Listing) -> Result<(), Failure> {
    let runs = read(db, listing, TaskState::Dead).await?;
    let columns = [("died", Kind::Whole), ("attempts", Kind::Number), ("error", Kind::Text)];
    print(db, console, listing, &runs, "dead", &columns, |run, now| {
        let died = run.done_at.map_or_else(String::new, |time| relative(time, now));
        vec![died, run.attempts.to_string(), error(run)]
    })
    .await
}

fn error(run: &Task) -> String {
    line(run.last_error.as_deref().unwrap_or_default())
}

/// Reads the runs in this state by the index on states and times: the next ones, or the latest dead ones.
async fn read(db: &Db, listing: &Listing, state: TaskState) -> SignalsResult<Vec<Task>> {
    let mut runs = Task::objects().filter(Task::STATE.eq(state.number()));
    let (queue, task) = listing.scope.parts();
    if let Some(queue) = queue {
        runs = runs.filter(Task::QUEUE.eq(queue));
    }
    if let Some(task) = task {
        runs = runs.filter(Task::NAME.eq(task));
    }
    let runs = if state == TaskState::Dead {
        runs.order_by([Task::DUE_AT.desc(), Task::ID.desc()])
    } else {
        runs.order_by([Task::DUE_AT.asc(), Task::ID.asc()])
    };
    runs.limit(listing.limit).all(db).await
}

async fn print(
    db: &Db,
    console: &mut Console<'_>,
    listing: &Listing,
    runs: &[Task],
    state: &str,
    columns: &[(&str, Kind)],
    cells: impl Fn(&Task, i64) -> Vec<String>,
) -> Result<(), Failure> {
    if runs.is_empty() {
        let (queue, task) = listing.scope.parts();
        check_queue(db, queue).await?;
        check_task(task)?;
    }
    if listing.json {
        return console.print_json(&runs.iter().map(as_json).collect());
    }
    if runs.is_empty() {
        return console.print(&format!("no {state} runs"));
    }
    let now = database_now(db).await?;
    let all: Vec<_> = [("id", Kind::Whole), ("task", Kind::Text), ("queue", Kind::Text)]
        .into_iter()
        .chain(columns.iter().copied())
        .collect();
    let rows = runs.iter().map(|run| {
        let mut row = vec![run.id.to_string(), line(&run.name), line(&run.queue)];
        row.extend(cells(run, now));
        row
    });
    console.print(&table(console.columns, &all, rows))?;
    if runs.len() as u64 == listing.limit {
        console.note(&format!("there may be more than {} runs: `--limit` sets the number", listing.limit));
    }
    Ok(())
}

/// Fails if there is no such queue, and names those that exist.
pub(crate) async fn check_queue(db: &Db, queue: Option<&str>) -> Result<(), Failure> {
    let Some(queue) = queue else { return Ok(()) };
    let used = queues(db).await?;
    if used.iter().any(|used| used == queue) {
        return Ok(());
    }
    Err(Failure::missing(format!("there is no queue `{queue}`; queues with runs or tasks: {}", list(&used))))
}

/// Fails if the program has no such task, and names those that it has.
pub(crate) fn check_task(name: Option<&str>) -> Result<(), Failure> {
    let Some(name) = name else { return Ok(()) };
    let tasks = tasks();
    if tasks.iter().any(|task| task.name == name || task.aliases.contains(&name)) {
        return Ok(());
    }
    let names: Vec<_> = tasks.iter().map(|task| task.name.to_owned()).collect();
    Err(Failure::missing(format!("there is no task `{name}`, and no such run; tasks: {}", list(&names))))
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

pub(crate) fn sql(db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
    table_definitions(db)?.iter().try_for_each(|statement| console.print(&format!("{statement};")))
}

pub(crate) fn registered(console: &mut Console<'_>, json: bool) -> Result<(), Failure> {
    let tasks = tasks();
    if json {
        let tasks = tasks.iter().map(|task| {
            let (name, queue, aliases) = (task.name, task.queue, task.aliases);
            json!({ "name": name, "queue": queue, "aliases": aliases, "file": task.file, "line": task.line })
        });
        return console.print_json(&tasks.collect());
    }
    if tasks.is_empty() {
        return console.print("no tasks: a crate that nothing names is not linked (`use shop as _;`)");
    }
    let columns = [("task", Kind::Text), ("queue", Kind::Text), ("aliases", Kind::Text), ("place", Kind::Text)];
    let rows = tasks.iter().map(|task| {
        let place = format!("{}:{}", task.file, task.line);
        vec![task.name.to_owned(), task.queue.to_owned(), task.aliases.join(", "), place]
    });
    console.print(&table(console.columns, &columns, rows))
}

/// Returns the run with this id, or the failure that there is none.
pub(crate) async fn find(db: &Db, id: Uuid) -> Result<Task, Failure> {
    let found = Task::objects().filter(Task::ID.eq(id)).first(db).await?;
    found.ok_or_else(|| Failure::missing(format!("no run has the id {id}; ended runs are deleted after some time")))
}

pub(crate) async fn show(db: &Db, console: &mut Console<'_>, id: Uuid, json: bool) -> Result<(), Failure> {
    let run = find(db, id).await?;
    if json {
        return console.print_json(&as_json(&run));
    }
    let now = database_now(db).await?;
    let time = |time: i64| relative(time, now);
    let is_ended = matches!(run.state(), Some(TaskState::Done | TaskState::Dead | TaskState::Cancelled));
    let next = match run.state() {
        _ if is_ended => "deleted",
        Some(TaskState::Running) => "lease ends",
        _ => "due",
    };
    let context = run.context();
    let facts = [
        ("id", Some(run.id.to_string())),
        ("task", Some(run.name.clone())),
        ("queue", Some(run.queue.clone())),
        ("state", Some(state(&run))),
        ("arguments", Some(run.shown_args())),
        ("priority", Some(run.priority.to_string())),
        ("attempts", Some(format!("{} of {}", run.attempts, run.max_attempts))),
        ("crashes", Some(run.crashes.to_string()).filter(|_| run.crashes > 0)),
        ("unique key", run.unique_key.clone()),
        ("worker", run.claimed_by.clone()),
        ("request", context.request_id().map(str::to_owned)),
        ("actor", context.actor().map(str::to_owned)),
        ("trace", context.traceparent().map(str::to_owned)),
        ("enqueued", Some(time(run.created_at))),
        ("started", run.started_at.map(time)),
        ("ended", run.done_at.map(time)),
        (next, Some(time(run.due_at))),
        ("last error", run.last_error.clone()),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            console.print(&format!("{name:<11} {}", value.replace('\n', &format!("\n{:12}", ""))))?;
        }
    }
    Ok(())
}

fn state(run: &Task) -> String {
    run.state().map_or_else(|| run.state.to_string(), |state| format!("{state:?}").to_lowercase())
}

/// Returns the row, without its sensitive arguments. Times are milliseconds since 1970.
fn as_json(run: &Task) -> Value {
    let (arguments, context) = (run.shown_args(), run.context());
    json!({
        "id": run.id.to_string(),
        "task": run.name,
        "queue": run.queue,
        "state": state(run),
        "arguments": serde_json::from_str::<Value>(&arguments).unwrap_or_else(|_| arguments.into()),
        "priority": run.priority,
        "attempts": run.attempts,
        "max_attempts": run.max_attempts,
        "claims": run.claims,
        "crashes": run.crashes,
        "unique_key": run.unique_key,
        "worker": run.claimed_by,
        "request_id": context.request_id(),
        "actor": context.actor(),
        "traceparent": context.traceparent(),
        "last_error": run.last_error,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "done_at": run.done_at,
        "due_at": run.due_at,
    })
}
