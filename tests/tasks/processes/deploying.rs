//! Two versions of one program at once, as in a rolling deploy.

use std::time::{Duration, Instant};

use behavior::{Kind, kind};
use signals::tasks::{Task, TaskState};
use signals::{Db, Model as _, Result};
use signals_test_tasks::shop::{Call, nap};
use signals_test_tasks::{in_state, is_long, until};

use crate::worker::{NEW, OLD, Worker, database, run};

/// The runs of a name.
async fn runs(db: &Db, name: &str) -> Result<Vec<Task>> {
    Task::objects().filter(Task::NAME.eq(name)).all(db).await
}

/// Returns the number of runs of a name in a state.
async fn number(db: &Db, name: &str, state: TaskState) -> Result<usize> {
    Ok(runs(db, name).await?.iter().filter(|run| run.state() == Some(state)).count())
}

async fn calls(db: &Db, what: &str) -> Result<u64> {
    Call::count(db, what).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_versions_of_a_program_share_the_table() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let old = Worker::of(OLD, &url, &["lease=60000"]);
    // The new version saves before the first worker of it runs.
    run(NEW, &[&url, "place=20"]);
    let mut waited = until("the old version has seen all", Duration::from_mins(1));
    let is_new = TaskState::Unknown;
    while waited(number(&db, "parcels.print_label", is_new).await? == 20).await {}
    while waited(number(&db, "parcels.stamp", TaskState::Dead).await? == 20).await {}
    while waited(calls(&db, "old price of new").await? == 20).await {}
    let lines = || old.logged("no task of this name is linked into the worker").len();
    while waited(lines() > 0).await {}
    assert_eq!(lines(), 1, "one line for each name");

    let new = Worker::of(NEW, &url, &["lease=60000"]);
    let saving = [OLD, NEW].map(|program| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || run(program, &[&url, "place=20"]))
    });
    for saved in saving {
        saved.await.unwrap();
    }
    let mut waited = until("nothing is open", Duration::from_mins(1));
    while waited(in_state(&db, TaskState::Done).await + in_state(&db, TaskState::Dead).await == 200).await {}
    drop(old);

    // By its alias the new version runs what the old one stored, and it alone runs what it stored itself.
    let of_old = calls(&db, "old label of old").await? + calls(&db, "new label of old").await?;
    assert_eq!((of_old, calls(&db, "new label of new").await?), (20, 40));
    assert_eq!(calls(&db, "old weigh of old").await?, 20, "the receiver that was removed");
    let prices = ["old price of old", "old price of new", "new price of old, None", "new price of new, Some(true)"];
    let mut total = 0;
    for price in prices {
        total += calls(&db, price).await?;
    }
    assert_eq!(total, 60);
    for run in Task::objects().all(&db).await? {
        // If a file is busy for too long, the task fails once.
        let is_once = run.attempts == 1 || kind() == Kind::File && run.attempts == 2;
        assert!(is_once, "a name that a worker does not know costs no attempt: {run:?}");
        let is_dead = run.state() == Some(TaskState::Dead);
        let error = run.last_error.as_deref().unwrap_or_default();
        assert!(!is_dead || error.starts_with("the argument `code` cannot be read as `"), "{run:?}");
    }

    // A web process of the old version still saves.
    run(OLD, &[&url, "place=5"]);
    let mut waited = until("the new version has seen all", Duration::from_mins(1));
    while waited(number(&db, "parcels.weigh", TaskState::Unknown).await? == 5).await {}
    while waited(number(&db, "parcels.label", TaskState::Done).await? == 25).await {}
    while waited(number(&db, "parcels.price", TaskState::Done).await? == 65).await {}
    // A worker that looks at one counts an attempt until it has written that it does not know the name.
    let mut waited = until("they wait for a worker that has the receiver, with all attempts", Duration::from_secs(20));
    let kept = async || runs(&db, "parcels.weigh").await.map(|all| all.iter().filter(|run| run.attempts == 0).count());
    while waited(kept().await? == 5).await {}
    drop(new);
    Ok(())
}

/// Runs this many known runs, and returns the time that they took.
async fn naps(db: &Db, number: u64) -> Result<Duration> {
    let before = in_state(db, TaskState::Done).await;
    let begin = Instant::now();
    let tx = db.begin().await?;
    for i in 0..number {
        nap::enqueue(&tx, format!("nap {i}"), 20).await?;
    }
    tx.commit().await?;
    let mut waited = until("the known ones are done", Duration::from_mins(2));
    while waited(in_state(db, TaskState::Done).await == before + number).await {}
    Ok(begin.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_a_new_version_do_not_slow_down_an_old_worker() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let number = if is_long() { 1_000 } else { 300 };
    let _old = Worker::of(OLD, &url, &["lease=60000", "concurrency=8"]);
    let alone = naps(&db, number).await?;
    let begin = Instant::now();
    run(NEW, &[&url, "urgent=50"]);
    let beside = naps(&db, number).await?;
    println!("{number} known runs: {alone:?}, and beside 50 of unknown names {beside:?}");
    if is_long() {
        assert!(alone.as_secs_f64() / beside.as_secs_f64() >= 0.9, "{alone:?} {beside:?}");
    }
    let claims: i32 = runs(&db, "parcels.track").await?.iter().map(|run| run.claims).sum();
    let elapsed = begin.elapsed();
    // The pauses double, from a second.
    assert!(claims <= 50 * (2 + (elapsed.as_secs() + 1).ilog2().cast_signed() * 2), "{claims} claims in {elapsed:?}");

    let _new = Worker::of(NEW, &url, &["lease=60000"]);
    let begin = Instant::now();
    let mut waited = until("a new worker runs them", Duration::from_secs(30));
    while waited(calls(&db, "track").await? == 50).await {}
    println!("a new worker ran the 50 after {:?}", begin.elapsed());
    assert!(!is_long() || begin.elapsed() < Duration::from_secs(10));
    while waited(runs(&db, "parcels.track").await?.iter().all(|run| run.attempts == 1)).await {}
    Ok(())
}
