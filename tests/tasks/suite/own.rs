//! The worker's own statements: their limits, and ends that the database refuses.

use std::time::{Duration, Instant};

use behavior::{Kind, Proxy, execute, kind, texts, url};
use signals::tasks::{DbTasks as _, Task, TaskState, Worker, task};
use signals::{Db, Model as _, Result};
use signals_core::db::discarding;
use signals_test_tasks::{allow, db, in_state, refuse_ends, run, started, until, with_tables};

#[tokio::test]
async fn the_sessions_of_a_worker_have_limits() -> Result<()> {
    let query = match kind() {
        Kind::Memory | Kind::File => return Ok(()), // it has no sessions
        Kind::Postgres => {
            "SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'), \
             current_setting('idle_in_transaction_session_timeout'), current_setting('transaction_isolation'))"
        }
        Kind::Mysql => {
            "SELECT CONCAT_WS(' ', @@max_statement_time, @@innodb_lock_wait_timeout, @@idle_transaction_timeout, @@tx_isolation)"
        }
    };
    let own = db().await.detached(1)?.unwrap();
    let expected = if kind() == Kind::Postgres { "8s 3s 8s read committed" } else { "8.000000 3 8 READ-COMMITTED" };
    assert_eq!(texts(&own, query).await, [expected]);
    own.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_is_given_up_does_not_hold_its_connection() -> Result<()> {
    #[task(name = "own.locked")]
    async fn locked() {}

    if kind().is_sqlite() {
        return Ok(()); // it locks the whole database
    }
    let db = db().await;
    let id = locked::enqueue(&db).await?;
    let own = db.detached(1)?.unwrap();
    let update = |value| Task::objects().filter(Task::ID.eq(id)).update(&own, [Task::PRIORITY.set(value)]);
    let tx = db.begin().await?;
    Task::objects().filter(Task::ID.eq(id)).update(&tx, [Task::PRIORITY.set(1)]).await?;

    // The server ends a statement that waits for a lock.
    let begin = Instant::now();
    let error = update(2).await.unwrap_err();
    let elapsed = begin.elapsed();
    assert!(error.is_lock_timeout(), "{error}");
    assert!((Duration::from_secs(2)..Duration::from_secs(20)).contains(&elapsed), "{elapsed:?}");

    // A busy machine may take longer to connect, but not each time.
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let mut statement = Box::pin(update(3).into_future());
        assert!(tokio::time::timeout(Duration::from_millis(300), statement.as_mut()).await.is_err());
        discarding(|| drop(statement));
        let begin = Instant::now();
        assert_eq!(Task::objects().count(&own).await?, 1);
        fastest = fastest.min(begin.elapsed());
    }
    assert!(fastest < Duration::from_millis(1_500), "{fastest:?}");
    tx.rollback().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_locks_of_a_lost_connection_are_released() -> Result<()> {
    #[task(name = "own.lost")]
    async fn lost() {}

    if kind().is_sqlite() {
        return Ok(()); // it has no server
    }
    let url = url().await;
    let proxy = Proxy::start(&url);
    let direct = with_tables(Db::connect(&url).await?).await;
    let id = lost::enqueue(&direct).await?;
    let own = Db::connect(&proxy.url(&url)).await?.detached(1)?.unwrap();
    let tx = own.begin().await?;
    Task::objects().filter(Task::ID.eq(id)).update(&tx, [Task::PRIORITY.set(1)]).await?;
    proxy.swallow_present();
    // The server does not notice the loss. It ends the transaction because it is idle.
    let update = Task::objects().filter(Task::ID.eq(id)).update(&direct, [Task::PRIORITY.set(2)]);
    let updated = tokio::time::timeout(Duration::from_secs(40), update.into_future()).await;
    discarding(|| drop(tx));
    assert!(matches!(updated, Ok(Ok(_))), "{updated:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_cannot_be_written_holds_up_no_others() -> Result<()> {
    #[task(name = "own.refused")]
    async fn refused() {}

    #[task(name = "own.accepted")]
    async fn accepted(fails: bool) -> Result<(), &'static str> {
        if fails { Err("failed") } else { Ok(()) }
    }

    let db = db().await;
    refuse_ends(&db, "own.refused").await;
    let id = refused::enqueue(&db).await?;
    for number in 0..20 {
        accepted::enqueue(&db, number % 2 == 0).await?;
    }
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_millis(50)));
    let mut waited = until("the others have ended", Duration::from_secs(20));
    while waited(in_state(&db, TaskState::Done).await == 10 && in_state(&db, TaskState::Waiting).await == 10).await {}
    // Others that come later, too.
    accepted::enqueue(&db, false).await?;
    let mut waited = until("another one has ended", Duration::from_secs(20));
    while waited(in_state(&db, TaskState::Done).await == 11).await {}
    assert_eq!(run(&db, id).await.state(), Some(TaskState::Running));
    allow(&db).await;
    let mut waited = until("the refused one has ended", Duration::from_secs(20));
    while waited(in_state(&db, TaskState::Done).await == 12).await {}
    drop(stop);
    assert_eq!(worker.await.unwrap()?, signals::tasks::Stopped::default());
    Ok(())
}

#[tokio::test]
async fn a_drain_that_fails_gives_back_the_other_runs() -> Result<()> {
    #[task(name = "own.drain_refused")]
    async fn drain_refused() {}

    #[task(name = "own.drained")]
    async fn drained() {}

    let db = db().await;
    refuse_ends(&db, "own.drain_refused").await;
    let id = drain_refused::enqueue(&db).await?;
    drained::enqueue(&db).await?;
    drained::enqueue(&db).await?;
    assert!(db.drain_tasks().await.unwrap_err().to_string().contains("refused"));
    assert_eq!(run(&db, id).await.state(), Some(TaskState::Running));
    assert_eq!(in_state(&db, TaskState::Ready).await, 2);
    assert_eq!(db.drain_tasks().await?.done, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_text_of_an_error_outlives_a_server_that_refuses_all_writes() -> Result<()> {
    #[task(name = "own.texts", max_attempts = 1)]
    async fn texts_of() -> Result<(), &'static str> {
        Err("the cause")
    }

    if kind() != Kind::Mysql {
        return Ok(()); // its general code is that of many errors
    }
    let db = db().await;
    let id = texts_of::enqueue(&db).await?;
    // The error of a server that is read-only.
    let refusing = "CREATE TRIGGER refuse_runs BEFORE UPDATE ON signals_task FOR EACH ROW \
                    IF NEW.state = 4 THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'refused'; END IF";
    execute(&db, refusing).await;
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_millis(50)));
    // More than five tries.
    tokio::time::sleep(Duration::from_secs(13)).await;
    assert_eq!(run(&db, id).await.state(), Some(TaskState::Running));
    allow(&db).await;
    let mut waited = until("it is dead", Duration::from_secs(30));
    while waited(run(&db, id).await.state() == Some(TaskState::Dead)).await {}
    assert_eq!(run(&db, id).await.last_error.as_deref(), Some("the cause"));
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}
