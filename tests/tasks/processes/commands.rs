//! A program whose command line is that of the library.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use behavior::{execute, kind};
use program::{is_installed, skipped};
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
    assert!(!logged.contains('\u{1b}') && !logged.contains("INFO sqlx") && !logged.contains("DEBUG sqlx"), "{logged}");

    // The span of a run is shown at each level.
    settle::enqueue(&db, 999).await?;
    let logged = text(&app(&url, &["worker", "-l", "warning", "--burst", "-Q", "orders"]).stderr);
    let failed = logged.lines().find(|line| line.contains("an attempt of a task failed")).expect(&logged);
    assert!(failed.contains("WARN task{") && !logged.contains("INFO"), "{logged}");
    Ok(())
}

/// Runs the program in a terminal, and answers its question. `script` is a part of util-linux.
fn in_terminal(url: &str, answer: &str, arguments: &str) -> Output {
    let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_task-app"));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).env("DATABASE_URL", url).env_remove("RUST_LOG");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{answer}").unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_possible_rename_is_asked_for_in_a_terminal() -> Result<()> {
    if !is_installed(Path::new("script")) {
        skipped("a question in a terminal", "install util-linux");
        return Ok(());
    }
    let Some((db, url)) = database().await else { return Ok(()) };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("migrations");
    execute(&db, "ALTER TABLE shop_entry RENAME COLUMN run TO ran").await;
    let arguments = format!("makemigrations --dir {}", folder.display());
    let question = "Was the column `ran` of `shop_entry` renamed to `run`? [y/N]";

    let output = in_terminal(&url, "n", &arguments);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{printed}");
    assert!(printed.contains(question) && printed.contains("`ran` of `shop_entry` is dropped"), "{printed}");
    assert!(!folder.exists());

    let output = in_terminal(&url, "y", &arguments);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains(question), "{printed}");
    let migrated = app(&url, &["migrate", "--dir", &folder.display().to_string()]);
    assert_eq!(migrated.status.code(), Some(0), "{migrated:?}");
    assert_eq!(app(&url, &["check", "--database"]).status.code(), Some(0));
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

/// The program while it runs. It is killed when this is dropped.
struct Running(Child);

impl Running {
    fn start(url: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_task-app"));
        command.env("DATABASE_URL", url).env_remove("RUST_LOG").args(arguments);
        Self(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, id.as_str()]).status().unwrap().success());
    }

    /// Waits for its end, and returns its exit code, its output and its errors.
    fn ended_within(mut self, limit: Duration) -> (Option<i32>, String, String) {
        let until = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it did not end within {limit:?}");
            std::thread::sleep(Duration::from_millis(10));
        };
        let (mut out, mut err) = (String::new(), String::new());
        if let Some(mut stdout) = self.0.stdout.take() {
            stdout.read_to_string(&mut out).unwrap();
        }
        self.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (status.code(), out, err)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_ends_although_a_closure_blocks_a_thread() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    offload::enqueue(&db, "offload".into(), 600_000).await?;
    let worker = Running::start(&url, &["worker", "-Q", "calls", "--grace", "1"]);
    let mut waited = until("it runs", Duration::from_secs(30));
    while waited(Call::count(&db, "offload:start").await? == 1).await {}
    worker.signal("-TERM");
    let (code, _, err) = worker.ended_within(Duration::from_secs(30));
    assert_eq!(code, Some(0), "{err}");
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
    let retry = Running::start(&url, &["tasks", "retry", "--all"]);
    let mut waited = until("the first transaction is committed", Duration::from_secs(30));
    while waited(in_state(&db, TaskState::Waiting).await == 500).await {}
    retry.signal("-INT");
    let (code, out, err) = retry.ended_within(Duration::from_secs(30));
    // A server that has got the second statement may still execute it after this.
    assert_eq!(in_state(&db, TaskState::Dead).await, 5_500);
    tx.rollback().await?;
    assert_eq!((code, out.as_str()), (Some(130), ""));
    // The answer of the first transaction may not have arrived.
    let counts = [0, 500].map(|runs| format!("error: interrupted after {runs} runs were retried\n"));
    assert!(counts.contains(&err), "{err}");
    Ok(())
}

#[test]
fn completions_may_be_read_in_part() {
    let mut printing = Running::start("", &["completions", "zsh"]);
    drop(printing.0.stdout.take());
    let (code, _, err) = printing.ended_within(Duration::from_secs(30));
    assert_eq!((code, err.as_str()), (Some(0), ""));
}
