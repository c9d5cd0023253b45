//! `kill -9`: nothing is lost, and no effect in the database is doubled.
//!
//! `SIGNALS_TASK_KILLS=100 cargo test -p signals-test-tasks --test processes -- --nocapture killed` is the long form.

use std::env;
use std::time::Duration;

use behavior::{Kind, kind};
use signals::tasks::{Task, TaskState};
use signals::{Db, Model as _, Result};
use signals_test_tasks::shop::{Call, Entry, Order, nap, poison, settle};
use signals_test_tasks::{in_state, run, until};

use crate::worker::{Worker, database};

pub fn kills() -> u32 {
    env::var("SIGNALS_TASK_KILLS").map_or(10, |kills| kills.parse().unwrap())
}

/// Places orders in transactions of four, some of which are rolled back, until there are enough runs.
async fn produce(db: &Db, orders: u32) -> Result<i64> {
    let mut placed = 0;
    for batch in 0..orders {
        let tx = db.begin().await?;
        for _ in 0..4 {
            let order = Order { id: 0, settled: 0 }.create(&tx).await?;
            settle::enqueue(&tx, order.id).await?;
        }
        if batch % 5 == 4 {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
            placed += 4;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(placed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_when_workers_are_killed() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let kills = kills();
    let producer = tokio::spawn({
        let db = db.clone();
        async move { produce(&db, kills * 20).await }
    });
    let start = || Worker::start(&url, &["lease=3000"]);
    let mut workers = [start(), start()];
    for kill in 0..kills {
        tokio::time::sleep(Duration::from_millis(u64::from(200 + kill * 137 % 400))).await;
        let victim = &mut workers[kill as usize % 2];
        std::mem::replace(victim, start()).kill();
    }
    let placed = producer.await.unwrap()?;
    let mut waited = until("every order is settled", Duration::from_mins(2));
    let is_open = |task: &Task| !matches!(task.state(), Some(TaskState::Done | TaskState::Dead));
    while waited(!Task::objects().all(&db).await?.iter().any(is_open)).await {}
    drop(workers);

    let orders = Order::objects().all(&db).await?;
    let runs = Task::objects().all(&db).await?;
    assert_eq!(orders.len(), usize::try_from(placed).unwrap());
    assert_eq!(runs.len(), orders.len());
    let wrong: Vec<_> = orders.iter().filter(|order| order.settled != 1).collect();
    let dead: Vec<_> = runs.iter().filter(|run| run.state() == Some(TaskState::Dead)).collect();
    assert!(wrong.is_empty() && dead.is_empty(), "lost or doubled: {wrong:?}; dead: {dead:?}");
    assert_eq!(Entry::objects().count(&db).await?, runs.len() as u64);
    // Only errors and panics were counted, of which there is one for one order in five. If a file is busy for too
    // long, that is an error too.
    for run in &runs {
        let order: i64 = run.args.trim_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap();
        let failures = i32::from(order % 10 == 3) + i32::from(order % 10 == 7);
        let most = if kind() == Kind::File { run.max_attempts } else { 1 + failures };
        assert!((1..=most).contains(&run.attempts), "{run:?}");
    }
    let crashes: i32 = runs.iter().map(|run| run.crashes).sum();
    println!("{kills} kills, {placed} orders, {crashes} runs lost with their workers: 0 lost, 0 doubled");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_kills_its_worker_is_dead_and_its_neighbours_are_not_charged() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let mut neighbours = Vec::new();
    for number in 0..3 {
        neighbours.push(nap::enqueue(&db, format!("neighbour {number}"), 1_000).await?);
    }
    let poison = poison::enqueue(&db, "poison".into()).await?;
    let mut worker = Worker::start(&url, &[]);
    let mut waited = until("all have ended", Duration::from_secs(90));
    while waited(in_state(&db, TaskState::Done).await == 3 && in_state(&db, TaskState::Dead).await == 1).await {
        // Restarts the worker, like a supervisor.
        if worker.has_ended() {
            worker = Worker::start(&url, &[]);
        }
    }
    let dead = run(&db, poison).await;
    assert_eq!((dead.state(), dead.attempts, dead.crashes), (Some(TaskState::Dead), 0, 5));
    // Once more if a busy machine let its lease end.
    assert!(Call::count(&db, "poison:start").await? >= 5);
    let mut beside = 0;
    for id in neighbours {
        let run = run(&db, id).await;
        // It ran beside the other twice, or had ended before. After two crashes it is alone.
        assert!(run.attempts == 1 && run.crashes <= 2, "{run:?}");
        beside += run.crashes;
    }
    assert!(beside > 0, "none ran beside it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_run_each_once() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let tx = db.begin().await?;
    for _ in 0..300 {
        let order = Order { id: 0, settled: 0 }.create(&tx).await?;
        settle::enqueue(&tx, order.id).await?;
    }
    tx.commit().await?;
    let mut workers = [0; 2].map(|_| Worker::start(&url, &["lease=60000", "concurrency=8"]));
    let mut waited = until("all are settled", Duration::from_secs(90));
    while waited(in_state(&db, TaskState::Done).await == 300).await {}
    for worker in &mut workers {
        worker.signal("-TERM");
        let printed = worker.ended_within(Duration::from_mins(1));
        assert!(printed.contains("lost_claims: 0"), "{printed}");
    }
    assert_eq!(Order::objects().filter(Order::SETTLED.eq(1)).count(&db).await?, 300);
    Ok(())
}
