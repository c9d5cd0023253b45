//! A program whose command line is that of the library.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use behavior::kind;
use signals::tasks::{Task, TaskState};
use signals::{Model as _, Result};
use signals_test_tasks::shop::{Call, Order, nap, offload, settle};
use signals_test_tasks::{in_state, insert_runs, until};

use crate::worker::database;

fn app(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_task-app"));
    command.env("DATABASE_URL", url).env_remove("RUST_LOG").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_is_a_worker_by_its_arguments() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let output = app(&url, &[]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), "0 orders\n"), "{output:?}");
    assert_eq!(Order::objects().count(&db).await?, 0);

    let id = nap::enqueue(&db, "app".into(), 1).await?;
    let output = app(&url, &["worker", "--loglevel=INFO", "-Q", "calls,typo", "--burst"]);
    let (printed, logged) = (text(&output.stdout), text(&output.stderr));
    assert_eq!((output.status.code(), printed.as_str()), (Some(0), ""), "{logged}");
    assert_eq!(Call::count(&db, "app:end").await?, 1);
    // The run with its task, its id and its attempt.
    let done = logged.lines().find(|line| line.contains("a run of a task is done")).expect(&logged);
    assert!(done.contains("nap") && done.contains(&id.to_string()) && done.contains("attempt=1"), "{logged}");
    assert!(logged.contains("no task and no run uses this queue") && logged.contains("typo"), "{logged}");
    assert!(!logged.contains('\u{1b}') && !logged.contains("sqlx"), "{logged}");

    // The span of a run is shown at each level.
    settle::enqueue(&db, 999).await?;
    let logged = text(&app(&url, &["worker", "-l", "warning", "--burst", "-Q", "orders"]).stderr);
    let failed = logged.lines().find(|line| line.contains("an attempt of a task failed")).expect(&logged);
    assert!(failed.contains("WARN task{") && !logged.contains("INFO"), "{logged}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_exits_with_the_codes_of_its_commands() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    insert_runs(&db, 3, TaskState::Dead, "calls", 0).await;
    for (arguments, code) in [
        (&["tasks", "status"][..], 0),
        (&["worker", "--check"], 3),
        (&["tasks", "pause", "mial"], 3),
        (&["tasks", "purge", "--state", "dead"], 2),
        (&["worker", "--loglevel=loud"], 2),
        (&["tasks", "retry", "--all"], 0),
    ] {
        let output = app(&url, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert_eq!(code == 0, output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
    assert_eq!(in_state(&db, TaskState::Waiting).await, 3);

    // Without a database.
    let output = app("postgres://nobody@127.0.0.1:1/none", &["completions", "bash"]);
    assert_eq!(output.status.code(), Some(0));
    let script = text(&output.stdout);
    assert!(script.contains("task-app") && script.contains("registered"), "{script}");
    Ok(())
}

/// Starts the program without waiting for its end.
fn start(url: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_task-app"));
    command.env("DATABASE_URL", url).env_remove("RUST_LOG").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, id.as_str()]).status().unwrap().success());
}

/// Waits for the end of the program.
fn ended_within(mut child: Child, limit: Duration) -> Output {
    let until = Instant::now() + limit;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() >= until {
            child.kill().unwrap();
            panic!("it did not end within {limit:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_ends_although_a_closure_blocks_a_thread() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    offload::enqueue(&db, "offload".into(), 600_000).await?;
    let worker = start(&url, &["worker", "-Q", "calls", "--grace", "1"]);
    let mut waited = until("it runs", Duration::from_secs(30));
    while waited(Call::count(&db, "offload:start").await? == 1).await {}
    signal(&worker, "-TERM");
    let output = ended_within(worker, Duration::from_secs(30));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(in_state(&db, TaskState::Ready).await, 1, "the task was dropped, and its run given back");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_ends_a_change_between_its_transactions() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    if kind().is_sqlite() {
        return Ok(()); // the lock would delay the first transaction too
    }
    // With fewer rows, MySQL would read and lock all of them.
    insert_runs(&db, 6_000, TaskState::Dead, "calls", 0).await;
    let tx = db.begin().await?;
    // The second transaction waits for this row.
    let row = Task::objects().filter(Task::DUE_AT.eq(600)).get(&db).await?;
    Task::objects().filter(Task::ID.eq(row.id)).update(&tx, [Task::PRIORITY.set(1)]).await?;
    let retry = start(&url, &["tasks", "retry", "--all"]);
    let mut waited = until("the first transaction is committed", Duration::from_secs(30));
    while waited(in_state(&db, TaskState::Waiting).await == 500).await {}
    signal(&retry, "-INT");
    let output = ended_within(retry, Duration::from_secs(30));
    tx.rollback().await?;
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(130), ""));
    // The answer of the first transaction may not have arrived.
    let error = text(&output.stderr);
    let counts = [0, 500].map(|runs| format!("error: interrupted after {runs} runs were retried\n"));
    assert!(counts.contains(&error), "{error}");
    let mut waited = until("the second transaction is rolled back", Duration::from_secs(30));
    while waited(in_state(&db, TaskState::Dead).await == 5_500).await {}
    Ok(())
}

#[test]
fn completions_may_be_read_in_part() {
    let mut printing = start("", &["completions", "zsh"]);
    drop(printing.stdout.take());
    let output = ended_within(printing, Duration::from_secs(30));
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}
