//! Helpers of the tests of tasks: a database with the tables of tasks, and waiting for a condition.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that has no database should panic")]

pub mod deploy;
pub mod program;
pub mod shop;

use std::time::{Duration, Instant};

use behavior::{Kind, database, execute, kind, sequence};
use signals::tasks::{Stopped, Task, TaskBeat, TaskState, Worker};
use signals::{Db, Model as _, Result};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Returns a new database with the tables of the test's module and those of tasks.
///
/// # Panics
///
/// If there is none.
pub async fn db() -> Db {
    let db = database(|builder| builder.acquire_timeout(Duration::from_secs(20))).await;
    with_tables(db).await
}

/// Creates the tables of tasks and of the shop.
///
/// # Panics
///
/// If the database refuses.
pub async fn with_tables(db: Db) -> Db {
    let is_shared = |path: &str| path.starts_with("signals_tasks::") || path.starts_with("signals_test_tasks::");
    db.create_tables_of(|model| is_shared(model.path())).await.unwrap();
    db
}

/// Starts a worker, which runs until `stop` is dropped.
pub fn started(worker: Worker) -> (oneshot::Sender<()>, JoinHandle<Result<Stopped>>) {
    let (stop, stopped) = oneshot::channel();
    let work = worker.run_until(async move { drop(stopped.await) });
    (stop, tokio::spawn(work))
}

/// Makes the database refuse the end of done runs of this task.
///
/// # Panics
///
/// If the database refuses the trigger.
pub async fn refuse_ends(db: &Db, task: &str) {
    let when = format!("NEW.state = 3 AND OLD.name = '{task}'");
    let before = "CREATE TRIGGER refuse_ends BEFORE UPDATE ON signals_task FOR EACH ROW";
    let sql = match kind() {
        Kind::Memory | Kind::File => format!("{before} WHEN {when} BEGIN SELECT RAISE(ABORT, 'refused'); END"),
        Kind::Postgres => format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$; \
             {before} WHEN ({when}) EXECUTE FUNCTION refuse()"
        ),
        Kind::Mysql => {
            format!("{before} IF {when} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'; END IF")
        }
    };
    execute(db, sql).await;
}

/// Makes the database accept all ends again.
///
/// # Panics
///
/// If the database fails.
pub async fn allow_ends(db: &Db) {
    let table = if kind() == Kind::Postgres { " ON signals_task" } else { "" };
    execute(db, format!("DROP TRIGGER refuse_ends{table}")).await;
}

/// Waits until the condition holds.
///
/// # Panics
///
/// If it does not hold within this time.
#[track_caller]
pub fn until(what: &str, limit: Duration) -> impl AsyncFnMut(bool) -> bool {
    let (place, until, what) = (std::panic::Location::caller(), Instant::now() + limit, what.to_owned());
    async move |is_so| {
        assert!(is_so || Instant::now() < until, "{place}: not within {limit:?}: {what}");
        if !is_so {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        !is_so
    }
}

/// Returns the run with this id.
///
/// # Panics
///
/// If it does not exist.
pub async fn run(db: &Db, id: Uuid) -> Task {
    Task::get(db, id).await.unwrap()
}

/// Returns the number of runs in this state.
///
/// # Panics
///
/// If the database fails.
pub async fn in_state(db: &Db, state: TaskState) -> u64 {
    Task::objects().filter(Task::STATE.eq(state.number())).count(db).await.unwrap()
}

/// Makes all waiting runs due at once.
pub async fn hurry(db: &Db) {
    execute(db, "UPDATE signals_task SET due_at = 0 WHERE state IN (1, 8)").await;
}

/// Returns the row of this schedule.
///
/// # Panics
///
/// If no beat has seen it.
pub async fn beat(db: &Db, name: &str) -> TaskBeat {
    TaskBeat::get(db, name).await.unwrap()
}

/// Returns the ticks of this schedule that are runs, in order.
///
/// # Panics
///
/// If the database fails, or if a run has no tick.
pub async fn ticks(db: &Db, name: &str) -> Vec<i64> {
    let runs = Task::objects().filter(Task::NAME.eq(name)).all(db).await.unwrap();
    let tick = |run: &Task| run.args.trim_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap();
    let mut ticks: Vec<i64> = runs.iter().map(tick).collect();
    ticks.sort_unstable();
    ticks
}

/// Inserts this number of runs in a state, of a task that no program has. The first was due at `due_at`, in
/// milliseconds since 1970, and each other one a millisecond later.
pub async fn insert_runs(db: &Db, number: u32, state: TaskState, queue: &str, due_at: i64) {
    let id = match kind() {
        Kind::Memory | Kind::File => "randomblob(16)",
        Kind::Postgres => "gen_random_uuid()",
        Kind::Mysql => "UNHEX(REPLACE(UUID(), '-', ''))",
    };
    let sql = format!(
        "INSERT INTO signals_task (id, name, queue, args, state, priority, attempts, max_attempts, claims, crashes, \
         due_at, created_at, done_at) SELECT {id}, 'gone::task', '{queue}', '{{}}', {}, 0, 1, 1, 1, 0, {due_at} + i, 1, 1 \
         FROM {}",
        state.number(),
        sequence(number)
    );
    execute(db, sql).await;
}

/// Inserts rows of runs of a task that does not exist. The columns are expressions of the number `n` from 1.
///
/// # Panics
///
/// If the database fails.
pub async fn many_rows(db: &Db, rows: u32, queue: &str, state: &str, due_at: &str) {
    let (id, numbers) = match kind() {
        Kind::Memory | Kind::File => (
            "randomblob(16)",
            format!(
                "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {rows}) SELECT n FROM number"
            ),
        ),
        Kind::Postgres => ("gen_random_uuid()", format!("SELECT n FROM generate_series(1, {rows}) AS numbers(n)")),
        Kind::Mysql => ("RANDOM_BYTES(16)", format!("SELECT seq AS n FROM seq_1_to_{rows}")),
    };
    execute(
        db,
        format!(
            "INSERT INTO signals_task (id, name, queue, args, state, priority, attempts, max_attempts, claims, crashes, due_at, created_at) \
             SELECT {id}, 'unclaimed', {queue}, '{{}}', {state}, n % 3, 0, 20, 0, 0, {due_at}, 0 FROM ({numbers}) AS numbers"
        ),
    )
    .await;
}

/// Returns whether the long forms of the scenarios run.
pub fn is_long() -> bool {
    std::env::var("SIGNALS_TASK_SCENARIOS").as_deref() == Ok("long")
}
