//! `worker`.

use std::time::Duration;

use behavior::execute;
use signals::manage::Exit;
use signals::tasks::{TaskBeat, TaskState, Worker, scheduled_tasks, workers};
use signals::{Model as _, Result};
use signals_test_tasks::{db, in_state, run, until};
use tokio::sync::oneshot;

use super::{charge, command};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_runs_what_is_due_and_ends() -> Result<()> {
    let db = db().await;
    let served = charge::enqueue(&db, 2).await?;
    let other = charge::enqueue(&db, 2).queue("other").await?;
    command(&db, "worker --loglevel=critical -Q payments -c 1 --burst").await.out();
    assert_eq!(run(&db, served).await.state(), Some(TaskState::Done));
    assert_eq!(run(&db, other).await.state(), Some(TaskState::Ready));
    assert_eq!(command(&db, "worker -l critical -c 1000 --burst").await.exit, Exit::Failed, "too few connections");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beat_and_a_worker_with_one_start_the_schedules() -> Result<()> {
    let schedules = scheduled_tasks().len() as u64;
    assert!(schedules > 0);
    for words in ["beat --loglevel=critical", "worker -B -Q payments --loglevel=critical"] {
        let db = db().await;
        let started = async {
            let mut waited = until("the beat has seen each schedule", Duration::from_secs(30));
            while waited(TaskBeat::objects().count(&db).await.unwrap() == schedules).await {}
        };
        tokio::select! {
            printed = command(&db, words) => panic!("{words}: {printed:?}"),
            () = started => {}
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_fails_unless_a_worker_looks_for_runs() -> Result<()> {
    let db = db().await;
    let error = command(&db, "worker --check").await.error(Exit::Missing);
    assert_eq!(error, "no worker on this host has looked for runs within the last minute");

    let (stop, stopped) = oneshot::channel::<()>();
    // It writes a heartbeat ten times a second.
    let worker = Worker::new(&db).queues(["payments", "mail"]).lease(Duration::from_millis(300));
    let worker = worker.poll(Duration::from_millis(50)).run_until(async move { drop(stopped.await) });
    let worker = tokio::spawn(worker);
    let mut waited = until("it is healthy", Duration::from_secs(20));
    while waited(command(&db, "worker --check").await.exit == Exit::Success).await {}
    assert!(command(&db, "worker --check -Q mail,payments").await.out().contains("looked for runs"));
    assert_eq!(command(&db, "worker --check -Q mail").await.exit, Exit::Missing, "another one serves this queue");
    let shown = command(&db, "tasks status").await.out();
    assert!(shown.contains("payments, mail"), "{shown}");

    // Heartbeats do not prove that it claims: without this table each round fails, and heartbeats succeed.
    execute(&db, "DROP TABLE signals_queue").await;
    let mut waited = until("its last look is long ago", Duration::from_secs(20));
    while waited(workers(&db).await?[0].seen > Duration::from_secs(5)).await {}
    db.create_tables_of(|model| model.table() == "signals_queue").await?;
    let mut waited = until("it looks again", Duration::from_secs(20));
    while waited(workers(&db).await?[0].seen < Duration::from_secs(3)).await {}

    execute(&db, "UPDATE signals_worker SET id = 'elsewhere:1:00'").await;
    drop(stop);
    worker.await.unwrap()?;
    let mut waited = until("the one on another host does not count", Duration::from_secs(10));
    // The last heartbeat may be written after the end of the worker.
    while waited(command(&db, "worker --check").await.exit == Exit::Missing).await {
        execute(&db, "DELETE FROM signals_worker WHERE id <> 'elsewhere:1:00'").await;
    }
    assert!(workers(&db).await?.iter().any(|worker| worker.id == "elsewhere:1:00"));
    assert_eq!(in_state(&db, TaskState::Dead).await, 0);
    Ok(())
}
