//! Helpers of the tests of tasks: a database with the tables of tasks, and waiting for a condition.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that has no database should panic")]

pub mod deploy;
pub mod program;
pub mod shop;

use std::time::{Duration, Instant, UNIX_EPOCH};

use behavior::{Kind, database, execute, kind, sequence};
use signals::tasks::{Stopped, Task, TaskBeat, TaskState, Worker};
use signals::{Db, Model as _, Result};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use shop::PULSE;

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
    refuse(db, "UPDATE", &format!("NEW.state = 3 AND OLD.name = '{task}'")).await;
}

/// Makes the database refuse the INSERTs of runs with these arguments.
///
/// # Panics
///
/// If the database refuses the trigger.
pub async fn refuse_inserts(db: &Db, args: &str) {
    refuse(db, "INSERT", &format!("NEW.args LIKE '{args}'")).await;
}

/// Makes a server refuse the updates with this condition, as it does for a deadlock. [`allow`] ends it.
///
/// # Panics
///
/// If the database refuses the trigger, or is SQLite.
pub async fn deadlock_updates(db: &Db, when: &str) {
    let before = "CREATE TRIGGER refuse_runs BEFORE UPDATE ON signals_task FOR EACH ROW";
    let sql = if kind() == Kind::Postgres {
        format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$; \
             {before} WHEN ({when}) EXECUTE FUNCTION refuse()"
        )
    } else {
        format!(
            "{before} IF {when} THEN SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'deadlock'; END IF"
        )
    };
    execute(db, sql).await;
}

async fn refuse(db: &Db, verb: &str, when: &str) {
    let before = format!("CREATE TRIGGER refuse_runs BEFORE {verb} ON signals_task FOR EACH ROW");
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

/// Makes the database accept all writes again.
///
/// # Panics
///
/// If the database fails.
pub async fn allow(db: &Db) {
    let table = if kind() == Kind::Postgres { " ON signals_task" } else { "" };
    execute(db, format!("DROP TRIGGER refuse_runs{table}")).await;
}

/// How many times as long as the limit [`until`] waits, because a busy machine is slower.
const BUSY: u32 = 5;

/// Waits until the condition holds. The limit is that of a calm machine.
///
/// # Panics
///
/// If it does not hold within five times the limit.
#[track_caller]
pub fn until(what: &str, limit: Duration) -> impl AsyncFnMut(bool) -> bool {
    let limit = limit * BUSY;
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

/// Returns the row of a schedule and its ticks as of one moment. A transaction of a beat that was stopped may be
/// committed between two reads.
///
/// # Panics
///
/// If no beat has seen the schedule.
pub async fn decided(db: &Db, name: &str) -> (TaskBeat, Vec<i64>) {
    let mut before = beat(db, name).await;
    loop {
        let ticks = ticks(db, name).await;
        let row = beat(db, name).await;
        if row.last_tick == before.last_tick {
            return (row, ticks);
        }
        before = row;
    }
}

/// Asserts that each tick of a schedule with this interval, in milliseconds, is one run.
///
/// # Panics
///
/// If one is doubled or missing.
pub async fn assert_all_ticks(db: &Db, name: &str, interval: usize) {
    let (row, ticks) = decided(db, name).await;
    let expected: Vec<_> = (row.first_seen..=row.last_tick).step_by(interval).skip(1).collect();
    assert_eq!(ticks, expected, "doubled or missing");
}

/// Waits until the beat has decided the ticks of [`PULSE`] that were missed in an outage.
///
/// # Panics
///
/// If it does not.
#[track_caller]
pub fn caught_up(db: &Db) -> impl Future<Output = ()> {
    let mut waited = until("the missed ticks are decided", Duration::from_secs(40));
    async move {
        // The last of the parts in which they come has those of the last four seconds.
        let is_near = |row: TaskBeat| u128::from(row.last_tick.unsigned_abs()) + 3_000 > now();
        while waited(is_near(beat(db, PULSE).await)).await {}
    }
}

/// Returns the milliseconds since 1970.
fn now() -> u128 {
    UNIX_EPOCH.elapsed().unwrap().as_millis()
}

/// Asserts that no tick of [`PULSE`] is doubled, and that only the oldest ones of an outage are dropped: `missed =
/// "all"` keeps 100. An outage on a busy machine may be several.
///
/// # Panics
///
/// If one is doubled or missing.
pub async fn assert_pulse(db: &Db) {
    let (row, ticks) = decided(db, PULSE).await;
    let all: Vec<_> = (row.first_seen..=row.last_tick).step_by(200).skip(1).collect();
    let is_run: Vec<_> = all.iter().map(|tick| ticks.binary_search(tick).is_ok()).collect();
    assert_eq!(ticks.len(), is_run.iter().filter(|is_run| **is_run).count(), "doubled: {ticks:?}");
    // By turns runs and dropped ones. Before the first dropped ones may be any number of runs.
    let mut groups = is_run.chunk_by(|one, next| one == next).skip(1);
    let are_kept = groups.all(|group| !group[0] || group.len() >= 100) && is_run.last() == Some(&true);
    assert!(are_kept, "missing: {:?}", all.iter().zip(&is_run).filter(|(_, is_run)| !**is_run).collect::<Vec<_>>());
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
