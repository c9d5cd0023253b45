//! Running: effects exactly once in the database, and the parameters of a task.

use std::sync::Mutex;

use behavior::execute_in;
use signals::tasks::{Context, DbTasks as _, Task, TaskState, pause_queue, resume_queue, task, tasks};
use signals::{BoxError, Db, Model, Result, Tx};
use signals_test_tasks::{db, hurry, run};

#[tokio::test]
async fn the_writes_of_a_task_and_its_end_are_one_commit() -> Result<()> {
    #[derive(Model)]
    #[model(table = "running_note")]
    struct Note {
        id: i64,
    }

    #[task(backoff = "1h")]
    async fn write(tx: &Tx, ctx: &Context) -> Result<(), BoxError> {
        Note { id: 0 }.save(tx).await?;
        if ctx.attempt() == 1 { Err("not yet".into()) } else { Ok(()) }
    }

    let db = db().await;
    let id = write::enqueue(&db).await?;
    assert_eq!(db.drain_tasks().await?.failed, 1);
    assert_eq!(Note::objects().count(&db).await?, 0, "a failed attempt leaves nothing");
    hurry(&db).await;
    assert_eq!(db.drain_tasks().await?.done, 1);
    assert_eq!(Note::objects().count(&db).await?, 1);
    let run = run(&db, id).await;
    assert_eq!((run.state(), run.attempts, run.claims), (Some(TaskState::Done), 2, 2));
    assert!(run.done_at.is_some() && run.claimed_by.is_none());
    Ok(())
}

#[tokio::test]
async fn whoever_lost_the_claim_writes_nothing() -> Result<()> {
    #[derive(Model)]
    #[model(table = "running_fenced")]
    struct Fenced {
        id: i64,
    }

    /// Another worker takes the run while this one is at work.
    #[task]
    async fn write_fenced(tx: &Tx, ctx: &Context) -> Result<(), BoxError> {
        Fenced { id: 0 }.save(tx).await?;
        let id = ctx.id();
        Task::objects().filter(Task::ID.eq(id)).update(tx, [Task::CLAIMS.set(9)]).await?;
        Ok(())
    }

    #[task]
    async fn look(db: &Db, ctx: &Context) -> Result<(), BoxError> {
        Task::objects().filter(Task::ID.eq(ctx.id())).update(db, [Task::CLAIMS.set(9)]).await?;
        Ok(())
    }

    let db = db().await;
    let (written, looked) = (write_fenced::enqueue(&db).await?, look::enqueue(&db).await?);
    db.drain_tasks().await?;
    assert_eq!(Fenced::objects().count(&db).await?, 0, "its writes are rolled back");
    assert_eq!(run(&db, written).await.state(), Some(TaskState::Running));
    let looked = run(&db, looked).await;
    assert_eq!((looked.state(), looked.claims), (Some(TaskState::Running), 9), "its end is not written");
    Ok(())
}

#[tokio::test]
async fn the_idempotency_key_is_the_same_at_every_attempt() -> Result<()> {
    static KEYS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[task(queue = "keys", max_attempts = 3)]
    async fn call(ctx: &Context) -> Result<(), String> {
        assert_eq!((ctx.queue(), ctx.max_attempts()), ("keys", 3));
        assert!(ctx.task().ends_with("::call"), "{}", ctx.task());
        assert_eq!(ctx.is_last_attempt(), ctx.attempt() == 3);
        KEYS.lock().unwrap().push(ctx.idempotency_key().to_owned());
        Err("again".into())
    }

    let db = db().await;
    let id = call::enqueue(&db).await?;
    for _ in 0..5 {
        db.drain_tasks().await?;
        hurry(&db).await;
    }
    assert_eq!(*KEYS.lock().unwrap(), vec![id.to_string(); 3]);
    Ok(())
}

#[tokio::test]
async fn a_task_is_still_a_function() {
    #[task]
    async fn halve(number: u32, ctx: &Context) -> Result<(), String> {
        if number.is_multiple_of(2) { Ok(()) } else { Err(format!("{number} at attempt {}", ctx.attempt())) }
    }

    assert_eq!(halve(2, &Context::for_test()).await, Ok(()));
    assert_eq!(halve(3, &Context::for_test()).await, Err("3 at attempt 1".into()));
    assert_eq!(format!("{:?}", halve {}), "halve");
}

#[tokio::test]
async fn runs_start_by_priority_and_then_by_age() -> Result<()> {
    static ORDER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

    #[task]
    async fn note(number: u8) {
        ORDER.lock().unwrap().push(number);
    }

    let db = db().await;
    note::enqueue(&db, 3).await?;
    note::enqueue(&db, 4).await?;
    note::enqueue(&db, 5).priority(10).await?;
    note::enqueue(&db, 2).priority(-1).await?;
    note::enqueue(&db, 1).priority(-10).await?;
    db.drain_tasks().await?;
    assert_eq!(*ORDER.lock().unwrap(), [1, 2, 3, 4, 5]);
    Ok(())
}

#[tokio::test]
async fn what_a_test_enqueues_runs_within_its_transaction() -> Result<()> {
    #[derive(Model)]
    #[model(table = "running_within")]
    struct Within {
        id: i64,
    }

    #[task]
    async fn store(tx: &Tx) -> Result<()> {
        Within { id: 0 }.save(tx).await?;
        execute_in(tx, "UPDATE running_within SET id = id").await;
        Ok(())
    }

    #[task]
    async fn write_on(db: &Db) -> Result<()> {
        Within { id: 0 }.save(db).await
    }

    let db = db().await;
    let tx = db.begin().await?;
    store::enqueue(&tx).await?;
    write_on::enqueue(&tx).await?;
    assert_eq!(tx.as_db()?.drain_tasks().await?.done, 2);
    assert_eq!(Within::objects().count(&tx).await?, 2);
    tx.rollback().await?;
    assert_eq!(Task::objects().count(&db).await?, 0);
    assert_eq!(Within::objects().count(&db).await?, 0);
    Ok(())
}

#[tokio::test]
async fn nothing_of_a_paused_queue_starts() -> Result<()> {
    #[task(queue = "paused")]
    async fn work() {}

    let db = db().await;
    work::enqueue(&db).await?;
    work::enqueue(&db).queue("open").await?;
    pause_queue(&db, "paused").await?;
    pause_queue(&db, "paused").await?;
    assert_eq!(db.drain_tasks().await?.done, 1);
    resume_queue(&db, "paused").await?;
    assert_eq!(db.drain_tasks().await?.done, 1);
    Ok(())
}

#[test]
fn tasks_are_listed_with_their_place() {
    #[task(name = "listed.by.name", queue = "listing", aliases("listed.before"))]
    async fn listed() {}

    let all = tasks();
    let found = all.iter().find(|task| task.name == "listed.by.name").unwrap();
    assert_eq!((found.queue, found.aliases), ("listing", ["listed.before"].as_slice()));
    assert!(found.file.ends_with("running.rs") && found.line > 100, "{found:?}");
    assert!(all.is_sorted_by_key(|task| task.name));
}
