//! Every run ends: errors, panics and timeouts are attempts, and a poison task is dead.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use behavior::{Kind, kind, try_execute_in};
use signals::tasks::{Context, DbTasks as _, Enqueued, Retry, TaskState, cancel_run, retry_run, task};
use signals::{BoxError, Error, Model as _, Result, Tx};
use signals_test_tasks::{db, hurry, run};

#[tokio::test]
async fn a_run_that_always_fails_is_dead_with_its_error() -> Result<()> {
    #[task(max_attempts = 3, backoff = "10s")]
    async fn fail(ctx: &Context) -> Result<(), String> {
        Err(format!("failure {}", ctx.attempt()))
    }

    let db = db().await;
    let Enqueued::New(id) = fail::enqueue(&db).unique_key(1).await? else { panic!("it is new") };
    for attempt in 1..=3 {
        let drained = db.drain_tasks().await?;
        assert_eq!((drained.failed, drained.dead), if attempt < 3 { (1, 0) } else { (0, 1) });
        let run = run(&db, id).await;
        assert_eq!(run.last_error, Some(format!("failure {attempt}")));
        assert_eq!(run.attempts, attempt);
        if attempt < 3 {
            let pause = run.due_at - run.started_at.unwrap();
            let doubled = 10_000 << (attempt - 1);
            assert!((doubled / 2 - 1_000..doubled * 3 / 2 + 5_000).contains(&pause), "{attempt}: {pause}");
            assert_eq!(db.drain_tasks().await?, signals::tasks::Drained::default(), "it is not due");
        }
        hurry(&db).await;
    }
    assert_eq!(run(&db, id).await.state(), Some(TaskState::Dead));
    let Enqueued::New(_) = fail::enqueue(&db).unique_key(1).await? else { panic!("a dead run frees its key") };
    Ok(())
}

#[tokio::test]
async fn a_failure_is_one_line_of_the_log() -> Result<()> {
    #[task(max_attempts = 2)]
    async fn fails_in_two_lines() -> Result<(), String> {
        Err("out of cheese\nERROR forged".to_owned())
    }

    let db = db().await;
    let (log, _guard) = behavior::capture();
    fails_in_two_lines::enqueue(&db).await?;
    db.drain_tasks().await?;
    hurry(&db).await;
    db.drain_tasks().await?;
    let lines = log.take();
    for (level, message) in [("WARN", "an attempt of a task failed"), ("ERROR", "a run of a task is dead")] {
        let line = lines.iter().find(|line| line.starts_with(level) && line.contains(message));
        let line = line.unwrap_or_else(|| panic!("no {level} in {lines:#?}"));
        assert!(line.ends_with(" error=out of cheese\\nERROR forged"), "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn panics_and_timeouts_are_attempts() -> Result<()> {
    #[task(max_attempts = 2, backoff = "1h")]
    async fn panics(tx: &Tx) {
        let _ = tx;
        panic!("out of {}", "cheese");
    }

    #[task(max_attempts = 2, backoff = "1h", timeout = "50ms")]
    async fn hangs() {
        std::future::pending::<()>().await;
    }

    let db = db().await;
    let (panics, hangs) = (panics::enqueue(&db).await?, hangs::enqueue(&db).await?);
    assert_eq!(db.drain_tasks().await?.failed, 2);
    hurry(&db).await;
    assert_eq!(db.drain_tasks().await?.dead, 2);
    assert_eq!(run(&db, panics).await.last_error.as_deref(), Some("the task panicked: out of cheese"));
    assert_eq!(run(&db, hangs).await.last_error.as_deref(), Some("the attempt took longer than 50ms"));
    Ok(())
}

#[tokio::test]
async fn any_text_of_an_error_can_be_stored() -> Result<()> {
    #[task]
    async fn long(kind: u8) -> Result<(), BoxError> {
        let text = format!("\0{}", "ä\u{1F980}".repeat(1_000_000));
        match kind {
            0 => Err(text.into()),
            1 => Err(Retry::never().because(text).into()),
            _ => panic!("{text}"),
        }
    }

    let db = db().await;
    for kind in 0..3 {
        let id = long::enqueue(&db, kind).await?;
        db.drain_tasks().await?;
        let run = run(&db, id).await;
        let error = run.last_error.unwrap();
        assert!(error.contains("ä\u{1F980}ä") && !error.contains('\0'), "{error}");
        assert!(error.len() <= 8 * 1024 && run.attempts == 1);
    }
    Ok(())
}

#[tokio::test]
async fn later_spends_no_attempt() -> Result<()> {
    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[task(max_attempts = 5)]
    async fn wait(ctx: &Context) -> Result<(), Retry> {
        assert_eq!(ctx.attempt(), 1);
        match CALLS.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Retry::after(Duration::MAX)),
            1..30 => Err(Retry::after(Duration::from_hours(1)).because("not ready")),
            _ => Ok(()),
        }
    }

    let db = db().await;
    let id = wait::enqueue(&db).await?;
    for number in 0..30 {
        assert_eq!(db.drain_tasks().await?.put_off, 1);
        let run = run(&db, id).await;
        assert_eq!((run.state(), run.attempts), (Some(TaskState::Waiting), 0));
        assert!(run.due_at > run.created_at + 3_000_000, "{run:?}");
        assert_eq!(run.last_error.as_deref(), (number > 0).then_some("retry after 3600s: not ready"));
        hurry(&db).await;
    }
    assert_eq!(db.drain_tasks().await?.done, 1);
    assert_eq!(run(&db, id).await.claims, 31);
    Ok(())
}

#[tokio::test]
async fn never_is_dead_at_once_however_it_is_wrapped() -> Result<()> {
    #[derive(Debug)]
    struct Refused(Retry);

    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("refused")
        }
    }

    impl std::error::Error for Refused {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[task]
    async fn give_up(wrapped: bool) -> Result<()> {
        let never = Retry::never().because("no such card");
        Err(if wrapped { Error::other(Refused(never)) } else { Error::other(never) })
    }

    let db = db().await;
    for wrapped in [false, true] {
        let id = give_up::enqueue(&db, wrapped).await?;
        assert_eq!(db.drain_tasks().await?.dead, 1);
        let error = run(&db, id).await.last_error.unwrap();
        assert_eq!(error, if wrapped { "refused: no retry: no such card" } else { "no retry: no such card" });
    }
    Ok(())
}

#[tokio::test]
async fn exactly_the_attempts_that_count_are_counted() -> Result<()> {
    #[task(max_attempts = 5, timeout = "8s")]
    async fn mixed(ctx: &Context, tx: &Tx) -> Result<(), BoxError> {
        let claims = signals::tasks::Task::get(tx, ctx.id()).await?.claims;
        match claims {
            1 => Err("an error".into()),
            2 | 5 => Err(Retry::after(Duration::from_millis(1)).into()),
            3 => panic!("a panic"),
            4 => {
                std::future::pending::<()>().await;
                Ok(())
            }
            _ => Err("the last ones".into()),
        }
    }

    let db = db().await;
    let id = mixed::enqueue(&db).await?;
    for _ in 0..10 {
        db.drain_tasks().await?;
        hurry(&db).await;
    }
    let run = run(&db, id).await;
    assert_eq!((run.state(), run.attempts, run.claims), (Some(TaskState::Dead), 5, 7));
    Ok(())
}

#[tokio::test]
async fn a_run_that_has_ended_is_tried_again_unless_another_has_its_key() -> Result<()> {
    #[task(max_attempts = 1)]
    async fn refused() -> Result<(), &'static str> {
        Err("refused")
    }

    let db = db().await;
    let dead = refused::enqueue(&db).unique_key("k").await?.id();
    db.drain_tasks().await?;
    retry_run(&db, dead).await?;
    let again = run(&db, dead).await;
    assert_eq!((again.state(), again.attempts), (Some(TaskState::Ready), 0));
    assert_eq!(refused::enqueue(&db).unique_key("k").await?, Enqueued::Existing(dead), "it has its key again");
    let said = retry_run(&db, dead).await.unwrap_err().to_string();
    assert_eq!(said, format!("the run {dead} is neither dead nor cancelled"));

    assert!(cancel_run(&db, dead).await?);
    let Enqueued::New(open) = refused::enqueue(&db).unique_key("k").await? else { panic!("the key is free") };
    let expected = format!("the run {open} has the unique key `k` of the run {dead}, and has not ended");
    assert_eq!(retry_run(&db, dead).await.unwrap_err().to_string(), expected);
    let tx = db.begin().await?;
    assert_eq!(retry_run(&tx, dead).await.unwrap_err().to_string(), expected);
    // The transaction goes on.
    assert!(cancel_run(&tx, open).await?);
    retry_run(&tx, dead).await?;
    tx.commit().await?;
    assert_eq!(db.drain_tasks().await?.dead, 1);
    Ok(())
}

#[tokio::test]
async fn a_panic_outside_of_the_function_is_an_attempt() -> Result<()> {
    struct Panics;

    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in its drop");
        }
    }

    #[derive(Debug)]
    struct Mute;

    impl std::error::Error for Mute {}

    impl std::fmt::Display for Mute {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("in its text")
        }
    }

    #[task(timeout = "50ms")]
    async fn dropped() {
        let _panics = Panics;
        std::future::pending::<()>().await;
    }

    #[task(max_attempts = 1)]
    async fn mute(tx: &Tx) -> Result<(), Mute> {
        let _ = tx;
        Err(Mute)
    }

    let db = db().await;
    let (dropped, mute) = (dropped::enqueue(&db).await?, mute::enqueue(&db).await?);
    let drained = db.drain_tasks().await?;
    assert_eq!((drained.failed, drained.dead), (1, 1));
    assert_eq!(run(&db, dropped).await.last_error.as_deref(), Some("the task panicked: in its drop"));
    assert_eq!(run(&db, mute).await.last_error.as_deref(), Some("the task panicked: in its text"));
    Ok(())
}

#[tokio::test]
async fn an_error_is_stored_with_its_causes() -> Result<()> {
    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no number")
        }
    }

    #[task]
    async fn parse() -> Result<(), Outer> {
        "seven".parse::<i32>().map(drop).map_err(Outer)
    }

    let db = db().await;
    let id = parse::enqueue(&db).await?;
    assert_eq!(db.drain_tasks().await?.failed, 1);
    assert_eq!(run(&db, id).await.last_error.as_deref(), Some("no number: invalid digit found in string"));
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_the_database_refused_runs_again_at_once() -> Result<()> {
    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[task(max_attempts = 2, backoff = "1h")]
    async fn refused_by_code(code: String, until: u32, tx: &Tx) -> Result<(), BoxError> {
        if CALLS.fetch_add(1, Ordering::Relaxed) + 1 == until {
            return Ok(());
        }
        let sql = if kind() == Kind::Postgres {
            format!("DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END $$")
        } else {
            format!("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = {code}")
        };
        Ok(try_execute_in(tx, sql).await?)
    }

    let (codes, lock_timeout) = match kind() {
        Kind::Memory | Kind::File => return Ok(()), // it has no statement that fails in this way
        Kind::Postgres => (["40001", "40P01"], "55P03"),
        Kind::Mysql => (["1213", "1020"], "1205"),
    };
    let db = db().await;
    for code in codes {
        for (until, calls) in [(3, 3), (6, 6), (7, 6)] {
            CALLS.store(0, Ordering::Relaxed);
            let id = refused_by_code::enqueue(&db, code.to_owned(), until).await?;
            let drained = db.drain_tasks().await?;
            assert_eq!((drained.done, drained.failed), if until == calls { (1, 0) } else { (0, 1) }, "{code}");
            assert_eq!(CALLS.load(Ordering::Relaxed), calls, "{code}");
            assert_eq!(run(&db, id).await.attempts, 1);
        }
    }
    CALLS.store(0, Ordering::Relaxed);
    refused_by_code::enqueue(&db, lock_timeout.to_owned(), 2).await?;
    assert_eq!(db.drain_tasks().await?.failed, 1, "each of five retries might wait as long again");
    Ok(())
}

#[tokio::test]
async fn a_timeout_includes_the_retries_at_once() -> Result<()> {
    #[task(timeout = "300ms")]
    async fn slow(tx: &Tx) -> Result<(), BoxError> {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let sql = if kind() == Kind::Postgres {
            "DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '40001'; END $$"
        } else {
            "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213"
        };
        Ok(try_execute_in(tx, sql).await?)
    }

    if kind().is_sqlite() {
        return Ok(()); // it has no statement that fails in this way
    }
    let db = db().await;
    let id = slow::enqueue(&db).await?;
    assert_eq!(db.drain_tasks().await?.failed, 1);
    assert_eq!(run(&db, id).await.last_error.as_deref(), Some("the attempt took longer than 300ms"));
    Ok(())
}
