//! A server that is killed during work and restarted.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signals::{Db, Error, Model, Result, Tx, post_save, receiver};
use signals_test_behavior::{Kind, Server, elsewhere, kind};
use tokio::time::{sleep, timeout};

const TASKS: i64 = 8;

#[derive(Debug, Clone, Model)]
#[model(table = "outage_entry")]
struct Entry {
    id: i64,
    task: i64,
    number: i64,
}

/// How many entries a task has.
#[derive(Debug, Clone, Model)]
#[model(table = "outage_tally")]
struct Tally {
    id: i64,
    entries: i64,
}

#[receiver(post_save, sender = Entry)]
async fn count(instance: &Entry, tx: &Tx) -> Result<()> {
    let mut tally = Tally::get(tx, instance.task).await?;
    tally.entries += 1;
    tally.save(tx).await
}

/// The commits that receivers were called for.
static TOLD: Mutex<Vec<(i64, i64)>> = Mutex::new(Vec::new());

#[receiver(post_save, sender = Entry, on_commit)]
fn tell(instance: &Entry) {
    TOLD.lock().unwrap().push((instance.task, instance.number));
}

/// The results of one task's saves.
#[derive(Debug, Default)]
struct Outcome {
    committed: Vec<i64>,
    unknown: Vec<i64>,
    failed: Vec<i64>,
}

/// Waits until each task has committed a save of the time after this call: of two commits of a task, the second began
/// after the first was sent.
async fn each_task_commits_again() {
    TOLD.lock().unwrap().push((0, 0));
    let have_all = || {
        let told = TOLD.lock().unwrap();
        let since = told.iter().rposition(|(task, _)| *task == 0).unwrap();
        (1..=TASKS).all(|task| told[since..].iter().filter(|(by, _)| *by == task).count() >= 2)
    };
    let recovered = async {
        while !have_all() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_mins(3), recovered).await.expect("each task recovers");
}

/// Saves each number once, until it is stopped.
async fn save_on(db: Db, task: i64, stop: &'static AtomicBool) -> Outcome {
    let mut outcome = Outcome::default();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match (Entry { id: 0, task, number }).save(&db).await {
            Ok(()) => outcome.committed.push(number),
            Err(Error::CommitUnknown { .. }) => outcome.unknown.push(number),
            Err(_) => {
                outcome.failed.push(number);
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
    outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_when_the_server_died_is_there_once() -> Result<()> {
    static STOP: AtomicBool = AtomicBool::new(false);
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let Some(mut server) = Server::start(kind()) else { return Ok(()) };
    let db = Db::builder(server.url()).acquire_timeout(Duration::from_secs(10)).connect().await?;
    db.create_tables_of(|model| model.table().starts_with("outage_")).await?;
    for id in 0..TASKS {
        Tally { id: id + 1, entries: 0 }.save(&db).force_insert().await?;
    }
    let tasks: Vec<_> = (1..=TASKS).map(|task| tokio::spawn(save_on(db.clone(), task, &STOP))).collect();
    for _ in 0..2 {
        each_task_commits_again().await;
        sleep(Duration::from_millis(500)).await;
        server.kill();
        sleep(Duration::from_millis(300)).await;
        server.restart();
    }
    each_task_commits_again().await;
    STOP.store(true, Ordering::Relaxed);

    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    let told = std::mem::take(&mut *TOLD.lock().unwrap());
    let mut failures = 0;
    for (task, Outcome { committed, unknown, failed }) in (1..).zip(outcomes) {
        failures += failed.len();
        let rows = Entry::objects().filter(Entry::TASK.eq(task)).all(&db).await?;
        let stored: BTreeSet<_> = rows.iter().map(|entry| entry.number).collect();
        assert_eq!(stored.len(), rows.len(), "nothing is doubled");
        assert!(committed.iter().all(|number| stored.contains(number)), "nothing is lost");
        let known: BTreeSet<_> = committed.iter().chain(&unknown).copied().collect();
        assert!(stored.is_subset(&known), "nothing that failed is there: {:?}", stored.difference(&known));
        assert_eq!(Tally::get(&db, task).await?.entries, i64::try_from(stored.len()).unwrap());
        let heard: Vec<_> = told.iter().filter(|(by, _)| *by == task).map(|(_, number)| *number).collect();
        assert!(heard == committed, "exactly what is committed is told, once, in order");
    }
    assert!(failures > 0, "the server was away");
    Ok(())
}
