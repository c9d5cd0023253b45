//! What is changed.

use std::future::IntoFuture as _;
use std::io::{self, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use behavior::{Kind, execute, kind, numbers, rows};
use clap::Parser as _;
use signals::manage::Exit;
use signals::tasks::{DbTasks as _, Task, TaskState, Worker, cancel_runs, purge_runs, retry_dead, retry_run};
use signals::{Model as _, Result};
use signals_test_tasks::{db, deadlock_updates, hurry, in_state, insert_runs, run, started};

use super::{Cli, charge, command};

#[tokio::test]
async fn a_dead_run_is_retried_unless_an_open_run_has_its_key() -> Result<()> {
    let db = db().await;
    let dead = charge::enqueue(&db, 1).unique_key("order 1").await?.id();
    let other = charge::enqueue(&db, 1).await?;
    assert_eq!(db.drain_tasks().await?.dead, 2);
    let open = charge::enqueue(&db, 1).unique_key("order 1").await?.id();

    let error = command(&db, &format!("tasks retry {dead}")).await.error(Exit::Failed);
    assert_eq!(error, format!("the run {open} has the unique key `order 1` of the run {dead}, and has not ended"));
    let printed = command(&db, &format!("tasks retry {dead} {other}")).await;
    assert_eq!((printed.exit, printed.out), (Exit::Failed, format!("{other} is ready\n")));
    assert!(printed.err.contains(&open.to_string()), "{}", printed.err);
    assert_eq!(command(&db, &format!("tasks cancel {other}")).await.out(), format!("{other} is cancelled\n"));
    let error = command(&db, &format!("tasks cancel {other}")).await.error(Exit::Failed);
    assert_eq!(error, format!("the run {other} has ended"));

    execute(&db, "UPDATE signals_task SET state = 4 WHERE state = 5").await;
    let shown = command(&db, "tasks retry --all").await.out();
    assert_eq!(
        shown,
        "1 run was retried\n1 run stays dead: an open run has the same unique key, and `tasks retry ID` names it\n"
    );
    assert_eq!(run(&db, dead).await.state(), Some(TaskState::Dead));
    assert_eq!(run(&db, other).await.state(), Some(TaskState::Waiting));

    // After the open run has ended, the dead one gets its key back.
    assert!(signals::tasks::cancel_run(&db, open).await?);
    assert_eq!(command(&db, "tasks retry --all -Q payments -t shop.charge").await.out(), "1 run was retried\n");
    let again = charge::enqueue(&db, 1).unique_key("order 1").await?;
    assert_eq!(again, signals::tasks::Enqueued::Existing(dead));
    Ok(())
}

#[tokio::test]
async fn retrying_continues_within_a_transaction_after_a_taken_key() -> Result<()> {
    let db = db().await;
    for _ in 0..2 {
        let _ = charge::enqueue(&db, 1).unique_key("order 1").await?;
        db.drain_tasks().await?;
    }
    let tx = db.begin().await?;
    let retried = retry_dead(&tx.as_db()?).await?;
    assert_eq!((retried.retried, retried.key_taken), (1, 1), "the second has the key of the first");
    tx.commit().await?;
    assert_eq!((in_state(&db, TaskState::Waiting).await, in_state(&db, TaskState::Dead).await), (1, 1));
    Ok(())
}

#[tokio::test]
async fn many_runs_are_retried_in_batches_and_their_starts_are_spread() -> Result<()> {
    let db = db().await;
    insert_runs(&db, 3_000, TaskState::Dead, "mail", 0).await;
    insert_runs(&db, 10, TaskState::Dead, "other", 0).await;
    let mut batches = Vec::new();
    let retried = retry_dead(&db).queue("mail").per_second(1_000).on_batch(|runs| batches.push(runs)).await?;
    assert_eq!((retried.retried, retried.key_taken), (3_000, 0));
    assert_eq!(batches, [500, 1_000, 1_500, 2_000, 2_500, 3_000]);
    assert_eq!(in_state(&db, TaskState::Dead).await, 10, "the other queue is not touched");

    let due = numbers(&db, "SELECT due_at FROM signals_task WHERE state = 1 ORDER BY due_at").await;
    let (first, last) = (due[0], due[due.len() - 1]);
    assert!((2_500..=3_000).contains(&(last - first)), "{first} to {last}");
    for from in (first..last).step_by(100) {
        let starts = due.iter().filter(|due| (from..from + 100).contains(*due)).count();
        assert!(starts <= 200, "{starts} runs start within 100 ms");
    }
    Ok(())
}

#[tokio::test]
async fn an_interrupted_change_keeps_whole_batches() -> Result<()> {
    let db = db().await;
    insert_runs(&db, 3_000, TaskState::Dead, "mail", 0).await;
    let runs = AtomicU64::new(0);
    {
        let mut call = pin!(retry_dead(&db).on_batch(|batch| runs.store(batch, Ordering::Relaxed)).into_future());
        // Dropped after the second batch, at whatever point it is then.
        while runs.load(Ordering::Relaxed) < 1_000 {
            tokio::select! {
                biased;
                _ = &mut call => break,
                () = tokio::task::yield_now() => {}
            }
        }
    }
    // A server may still run the statement or the COMMIT that was dropped.
    let (mut before, mut retried) = (0, in_state(&db, TaskState::Waiting).await);
    while before != retried {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let tx = db.begin().await?;
        Task::objects().lock().all(&tx).await?;
        tx.rollback().await?;
        before = std::mem::replace(&mut retried, in_state(&db, TaskState::Waiting).await);
    }
    assert!((1_000..3_000).contains(&retried) && retried.is_multiple_of(500), "{retried}");
    assert_eq!(retried + in_state(&db, TaskState::Dead).await, 3_000);
    assert_eq!(retry_dead(&db).await?.retried, 3_000 - retried);
    Ok(())
}

#[tokio::test]
async fn runs_are_purged_by_their_states_and_not_while_they_run() -> Result<()> {
    let db = db().await;
    let states = [
        (TaskState::Ready, 1_200),
        (TaskState::Waiting, 700),
        (TaskState::Isolated, 1),
        (TaskState::Unknown, 1),
        (TaskState::Running, 3),
        (TaskState::Done, 600),
        (TaskState::Dead, 5),
    ];
    for (state, number) in states {
        insert_runs(&db, number, state, "mail", 0).await;
    }
    let error = command(&db, "tasks purge").await.error(Exit::Usage);
    assert_eq!(
        error,
        "This deletes 1201 ready, 700 waiting, 1 unknown runs of all queues. Nobody can confirm it here: add `--yes`"
    );
    assert_eq!(rows(&db, "signals_task").await, 2_510);

    let mut batches = Vec::new();
    let purged = purge_runs(&db).states([TaskState::Done, TaskState::Running]);
    assert_eq!(purged.on_batch(|runs| batches.push(runs)).await?, 600);
    assert_eq!(batches, [500, 600]);
    assert_eq!(command(&db, "tasks purge --yes -Q mail").await.out(), "1902 runs were deleted\n");
    assert_eq!(command(&db, "tasks purge -y --state dead -t gone::task").await.out(), "5 runs were deleted\n");
    assert_eq!(in_state(&db, TaskState::Running).await, 3);
    assert_eq!(rows(&db, "signals_task").await, 3);
    Ok(())
}

#[tokio::test]
async fn many_runs_are_cancelled_and_free_their_keys() -> Result<()> {
    let db = db().await;
    let kept = charge::enqueue(&db, 2).queue("other").await?;
    let keyed = charge::enqueue(&db, 2).unique_key(2).await?.id();
    insert_runs(&db, 700, TaskState::Waiting, "payments", 0).await;
    assert_eq!(command(&db, "tasks cancel --all -Q payments").await.exit, Exit::Usage);
    assert_eq!(command(&db, "tasks cancel --all --yes -Q payments").await.out(), "701 runs were cancelled\n");
    assert_eq!(run(&db, keyed).await.state(), Some(TaskState::Cancelled));
    assert_eq!(run(&db, kept).await.state(), Some(TaskState::Ready));
    assert_ne!(charge::enqueue(&db, 2).unique_key(2).await?.id(), keyed);
    assert_eq!(cancel_runs(&db).task("shop.charge").await?, 2);
    assert_eq!(cancel_runs(&db).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_become_due_meanwhile_are_changed_too() -> Result<()> {
    let db = db().await;
    // It makes due runs of all queues ready, and runs none of these.
    let (stop, worker) = started(Worker::new(&db).queues(["other"]).poll(Duration::from_millis(50)));
    insert_runs(&db, 4_000, TaskState::Waiting, "mail", 0).await;
    assert_eq!(cancel_runs(&db).queue("mail").await?, 4_000);
    assert_eq!(in_state(&db, TaskState::Cancelled).await, 4_000);
    insert_runs(&db, 4_000, TaskState::Waiting, "mail", 0).await;
    assert_eq!(purge_runs(&db).queue("mail").await?, 4_000);
    assert_eq!(rows(&db, "signals_task").await, 4_000);
    drop(stop);
    worker.await.unwrap().map(drop)
}

#[tokio::test]
async fn a_dead_run_of_an_unknown_name_gets_all_its_time_again() -> Result<()> {
    let db = db().await;
    insert_runs(&db, 1, TaskState::Dead, "mail", 0).await;
    execute(&db, "UPDATE signals_task SET unknown_since = 1").await;
    assert_eq!(retry_dead(&db).await?.retried, 1);
    hurry(&db).await;
    let drained = db.drain_tasks().await?;
    assert_eq!((drained.put_off, drained.dead), (1, 0), "it was unknown for years before it was retried");
    Ok(())
}

/// An output whose reader ends after the first line.
struct Ended(u32);

impl Write for Ended {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 > 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.0 += u32::from(bytes.contains(&b'\n'));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_change_is_completed_although_the_reader_of_its_output_has_ended() -> Result<()> {
    let db = db().await;
    let mut words = vec!["app".to_owned(), "tasks".to_owned(), "cancel".to_owned()];
    for _ in 0..3 {
        words.push(charge::enqueue(&db, 2).await?.to_string());
    }
    let cli = Cli::try_parse_from(words).unwrap();
    let mut err = Vec::new();
    let exit = cli.command.run_with(&db, &mut Ended(0), &mut err).await;
    assert_eq!((exit, err.is_empty()), (Exit::Success, true));
    assert_eq!(in_state(&db, TaskState::Cancelled).await, 3);
    Ok(())
}

#[tokio::test]
async fn a_queue_is_paused_and_resumed() -> Result<()> {
    let db = db().await;
    charge::enqueue(&db, 2).await?;
    assert_eq!(command(&db, "tasks pause payments").await.out(), "the queue `payments` is paused\n");
    assert_eq!(db.drain_tasks().await?.done, 0);
    assert_eq!(command(&db, "tasks resume payments").await.out(), "the queue `payments` is not paused\n");
    assert_eq!(db.drain_tasks().await?.done, 1);
    Ok(())
}

#[tokio::test]
async fn changes_may_be_spawned() -> Result<()> {
    let db = db().await;
    let id = charge::enqueue(&db, 1).await?;
    db.drain_tasks().await?;
    let of_task = db.clone();
    tokio::spawn(async move { retry_run(&of_task, id).await }).await.unwrap()?;
    let of_task = db.clone();
    let changed = async move { Ok::<_, signals::Error>((retry_dead(&of_task).await?, purge_runs(&of_task).await?)) };
    assert_eq!(tokio::spawn(changed).await.unwrap()?.1, 1);
    Ok(())
}

#[tokio::test]
async fn retrying_all_continues_after_a_deadlock_of_a_run_with_a_key() -> Result<()> {
    if kind().is_sqlite() {
        return Ok(()); // it has no deadlocks
    }
    let db = db().await;
    let id = charge::enqueue(&db, 1).unique_key("order 1").await?.id();
    assert_eq!(db.drain_tasks().await?.dead, 1);
    // It counts the tries, also of a transaction that is rolled back.
    execute(&db, "CREATE SEQUENCE tries").await;
    let count = if kind() == Kind::Postgres { "nextval('tries')" } else { "NEXT VALUE FOR tries" };
    deadlock_updates(&db, &format!("OLD.state = 4 AND {count} <= 2")).await;
    assert_eq!(retry_dead(&db).await?.retried, 1);
    assert_eq!(run(&db, id).await.state(), Some(TaskState::Waiting));
    Ok(())
}
