//! A program whose command line is that of the library.

use std::process::{Command, Output};

use signals::Result;
use signals::tasks::TaskState;
use signals_test_tasks::shop::{Call, Order, nap, settle};
use signals_test_tasks::{in_state, insert_runs};

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
    use signals::Model as _;

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
