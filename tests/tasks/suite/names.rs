//! Deploys: names and arguments of another version.

use std::time::Duration;

use behavior::{execute, execute_in};
use signals::tasks::{DbTasks as _, Task, TaskState, Worker, task};
use signals::{Model as _, Result};
use signals_test_tasks::{db, hurry, run, started, until};

#[task]
async fn known(number: u8, note: Option<String>) -> Result<(), String> {
    if number == 0 { Err(format!("{note:?}")) } else { Ok(()) }
}

#[tokio::test]
async fn an_unknown_name_is_given_back_without_an_attempt() -> Result<()> {
    let db = db().await;
    let id = known::enqueue(&db, 1, None).await?;
    execute(&db, "UPDATE signals_task SET name = 'gone::task'").await;
    for times in 1..=3 {
        assert_eq!(db.drain_tasks().await?.put_off, 1);
        let run = run(&db, id).await;
        assert_eq!((run.state(), run.attempts, run.claims), (Some(TaskState::Unknown), 0, times));
        assert_eq!(run.last_error.as_deref(), Some("no worker has a task of the name `gone::task`"));
        assert!(run.due_at > run.created_at);
        // A drain does not wait for them; a worker tries them again.
        execute(&db, "UPDATE signals_task SET state = 0").await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_starting_worker_takes_what_others_did_not_know() -> Result<()> {
    let db = db().await;
    let id = known::enqueue(&db, 1, None).await?;
    let other = known::enqueue(&db, 1, None).await?;
    // They wait for minutes, in which no old worker tries them.
    execute(&db, "UPDATE signals_task SET state = 8, claims = 9, due_at = due_at + 300000").await;
    Task::objects().filter(Task::ID.eq(other)).update(&db, [Task::NAME.set("of nobody".to_owned())]).await?;
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_millis(50)));
    let mut waited = until("the known one is done", Duration::from_secs(20));
    while waited(run(&db, id).await.state() == Some(TaskState::Done)).await {}
    assert_eq!(run(&db, id).await.attempts, 1);
    assert_eq!(run(&db, other).await.state(), Some(TaskState::Unknown));
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test]
async fn an_alias_takes_over_the_runs_of_an_old_name() -> Result<()> {
    #[task(aliases("shop::old_name", "shop::older_name"))]
    async fn renamed() {}

    let db = db().await;
    renamed::enqueue(&db).await?;
    renamed::enqueue(&db).await?;
    execute(&db, "UPDATE signals_task SET name = 'shop::older_name'").await;
    assert_eq!(db.drain_tasks().await?.done, 2);
    Ok(())
}

#[tokio::test]
async fn an_optional_argument_may_be_added() -> Result<()> {
    let db = db().await;
    let id = known::enqueue(&db, 0, Some("x".into())).await?;
    execute(&db, r#"UPDATE signals_task SET args = '{"number": 0, "removed": [1]}'"#).await;
    assert_eq!(db.drain_tasks().await?.failed, 1);
    assert_eq!(run(&db, id).await.last_error.as_deref(), Some("None"));
    Ok(())
}

#[tokio::test]
async fn arguments_that_cannot_be_read_are_dead_and_hold_up_nothing() -> Result<()> {
    let db = db().await;
    let mut ids = Vec::new();
    for args in ["{}", "[]", r#"{"number": "seven"}"#, "not JSON", r#"{"number": 1000}"#] {
        let id = known::enqueue(&db, 1, None).await?;
        execute(&db, format!("UPDATE signals_task SET args = '{args}' WHERE state = 0")).await;
        execute(&db, "UPDATE signals_task SET state = 1 WHERE state = 0").await;
        ids.push(id);
    }
    known::enqueue(&db, 1, None).await?;
    hurry(&db).await;
    let drained = db.drain_tasks().await?;
    assert_eq!((drained.done, drained.dead), (1, 5));
    let errors = [
        "the argument `number` is missing; make it an `Option` to run what was enqueued without it",
        "the arguments are not a JSON object",
        "the argument `number` cannot be read as `u8`",
        "the arguments are not a JSON object",
        "the argument `number` cannot be read as `u8`",
    ];
    for (id, error) in ids.into_iter().zip(errors) {
        let run = run(&db, id).await;
        // Values of arguments may be personal, so neither the error nor `Debug` shows them.
        assert_eq!(run.last_error.as_deref(), Some(error));
        assert!(!format!("{run:?}").contains("seven"), "{run:?}");
        assert_eq!(run.state(), Some(TaskState::Dead));
    }
    Ok(())
}

#[tokio::test]
async fn sensitive_arguments_are_not_shown() -> Result<()> {
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Login {
        user: String,
        password: String,
    }

    #[task(sensitive(login))]
    async fn log_in(id: i64, login: Login) -> Result<(), String> {
        let _ = (id, login.user, login.password);
        Err("refused".into())
    }

    let db = db().await;
    let login = Login { user: "ann".into(), password: "s3cret".into() };
    let id = log_in::enqueue(&db, 7, login).await?;
    db.drain_tasks().await?;
    let mut run = run(&db, id).await;
    assert_eq!(run.shown_args(), r#"{"id":7,"login":"***"}"#);
    run.name = "a task of another program".into();
    assert_eq!(run.shown_args(), r#"{"id":"***","login":"***"}"#);
    Ok(())
}

#[tokio::test]
async fn long_arguments_are_refused_and_nothing_is_enqueued() -> Result<()> {
    #[task]
    async fn store(text: String) {
        let _ = text;
    }

    let db = db().await;
    let error = store::enqueue(&db, "x".repeat(10 << 20)).await.unwrap_err().to_string();
    assert!(error.contains("have 10485771 bytes; the maximum is 1048576, which `set_max_arguments` sets"), "{error}");
    store::enqueue(&db, "x".repeat(1 << 19)).await?;
    assert_eq!(db.drain_tasks().await?.done, 1);
    Ok(())
}

#[tokio::test]
async fn an_unknown_name_is_dead_after_seven_days() -> Result<()> {
    let db = db().await;
    let (young, old) = (known::enqueue(&db, 1, None).await?, known::enqueue(&db, 1, None).await?);
    let day = 24 * 60 * 60 * 1_000;
    // The number of claims says nothing: a task that polls has many.
    execute(
        &db,
        format!("UPDATE signals_task SET name = 'gone', claims = 5000, unknown_since = created_at - {day} * 6"),
    )
    .await;
    let since = run(&db, old).await.unknown_since.map(|since| since - day);
    Task::objects().filter(Task::ID.eq(old)).update(&db, [Task::UNKNOWN_SINCE.set(since)]).await?;
    let drained = db.drain_tasks().await?;
    assert_eq!((drained.put_off, drained.dead), (1, 1));
    let old = run(&db, old).await;
    assert_eq!((old.state(), old.attempts), (Some(TaskState::Dead), 1));
    assert_eq!(old.last_error.as_deref(), Some("no worker has a task of the name `gone`"));
    let waiting = run(&db, young).await;
    assert_eq!(waiting.state(), Some(TaskState::Unknown));
    let pause = waiting.due_at - waiting.started_at.unwrap();
    assert!((149_000..460_000).contains(&pause), "{pause}");

    signals::tasks::retry_run(&db, old.id).await?;
    assert_eq!(run(&db, old.id).await.unknown_since, None);
    execute(&db, "UPDATE signals_task SET name = 'names.failing', state = 0").await;
    assert_eq!(db.drain_tasks().await?.failed, 2);
    assert_eq!(run(&db, young).await.unknown_since, None, "a worker knew the name");
    Ok(())
}

#[task(name = "names.failing")]
async fn failing() -> Result<(), &'static str> {
    Err("failed")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_name_is_taken_from_old_workers_that_give_it_back() -> Result<()> {
    let db = db().await;
    let (stop, worker) = started(Worker::new(&db));
    tokio::time::sleep(Duration::from_millis(500)).await;
    // As an old worker leaves it during a rolling deploy: due in minutes.
    let tx = db.begin().await?;
    let id = known::enqueue(&tx, 1, None).await?;
    execute_in(&tx, "UPDATE signals_task SET state = 8, claims = 1, due_at = due_at + 300000").await;
    tx.commit().await?;
    let mut waited = until("it is done", Duration::from_secs(20));
    while waited(run(&db, id).await.state() == Some(TaskState::Done)).await {}
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}
