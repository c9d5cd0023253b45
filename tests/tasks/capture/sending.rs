//! Captured writes become runs exactly once.

use std::env;
use std::future;
use std::process::{Command, Stdio};
use std::time::Duration;

use behavior::{Kind, execute, kind, retried, try_execute_in, url};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use signals::tasks::{DbTasks as _, Task, TaskCapture, Worker};
use signals::{Db, Model, ModelMeta, Result, Tx, post_save, receiver};
use signals_test_tasks::{db, started, until, with_tables};

#[derive(Debug, Clone, Model)]
#[model(table = "captured_parcel", capture)]
struct Parcel {
    id: i64,
    weight: i32,
}

#[derive(Debug, Clone, Model)]
#[model(table = "captured_label")]
struct Label {
    id: i64,
    parcel: i64,
}

#[receiver(post_save, sender = Parcel, durable, uid = "parcel.label")]
async fn label(instance: &Parcel, tx: &Tx) -> Result<()> {
    Label { id: 0, parcel: instance.id }.create(tx).await.map(drop)
}

async fn captured(db: &Db) -> Result<u64> {
    TaskCapture::objects().count(db).await
}

async fn insert(db: &Db, ids: std::ops::Range<i64>) {
    let rows = ids.map(|id| format!("({id}, 1)")).collect::<Vec<_>>().join(", ");
    execute(db, format!("INSERT INTO captured_parcel (id, weight) VALUES {rows}")).await;
}

#[tokio::test]
async fn several_programs_send_each_write_once() -> Result<()> {
    let db = db().await;
    insert(&db, 1..1_300).await;
    assert_eq!(captured(&db).await?, 1_299);
    let (one, other) = tokio::join!(db.drain_tasks(), db.drain_tasks());
    assert_eq!(one?.done + other?.done, 1_299);
    assert_eq!((captured(&db).await?, Label::objects().count(&db).await?), (0, 1_299));
    Ok(())
}

#[tokio::test]
async fn a_worker_sends_what_was_captured_before_and_after_its_start() -> Result<()> {
    let db = db().await;
    insert(&db, 1..3).await;
    let (stop, worker) = started(Worker::new(&db));
    let mut waits = until("two labels", Duration::from_secs(20));
    while waits(Label::objects().count(&db).await? == 2).await {}
    insert(&db, 3..4).await;
    let mut waits = until("three labels", Duration::from_secs(20));
    while waits(Label::objects().count(&db).await? == 3).await {}
    drop(stop);
    worker.await.unwrap()?;
    assert_eq!((captured(&db).await?, Task::objects().count(&db).await?), (0, 3));
    Ok(())
}

#[tokio::test]
async fn a_write_whose_row_cannot_be_read_is_kept_and_delays_no_other() -> Result<()> {
    let db = db().await;
    insert(&db, 1..4).await;
    execute(&db, "UPDATE signals_capture SET new_row = 'broken' WHERE new_row LIKE '%2%'").await;
    assert_eq!(db.drain_tasks().await?.done, 2);
    let left = TaskCapture::objects().get(&db).await?;
    assert!(left.error.is_some() && left.operation == "I", "{left:?}");
    // Once it is put right, it is sent.
    let row = r#"{"id": 2, "weight": 1}"#;
    execute(&db, format!("UPDATE signals_capture SET new_row = '{row}', error = NULL, due_at = 0")).await;
    assert_eq!((db.drain_tasks().await?.done, captured(&db).await?), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_write_stays_captured_if_its_runs_cannot_be_stored() -> Result<()> {
    let db = db().await;
    insert(&db, 1..2).await;
    execute(&db, "ALTER TABLE signals_task RENAME TO away").await;
    for _ in 0..20 {
        assert!(db.drain_tasks().await.is_err());
        // The failed call has ended its transaction, so that the next one finds the row unlocked.
        let tx = db.begin().await?;
        let left = TaskCapture::objects().no_wait().get(&tx).await?;
        assert_eq!(left.error, None, "it is not the fault of the row");
        tx.rollback().await?;
    }
    execute(&db, "ALTER TABLE away RENAME TO signals_task").await;
    assert_eq!((db.drain_tasks().await?.done, captured(&db).await?), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_bad_row_among_alternating_actors_delays_no_other() -> Result<()> {
    let db = db().await;
    insert(&db, 1..301).await;
    execute(&db, "UPDATE signals_capture SET actor = CASE WHEN id % 2 = 0 THEN 'ann' ELSE 'bob' END").await;
    execute(&db, "UPDATE signals_capture SET new_row = 'broken' WHERE new_row LIKE '%177%'").await;
    assert_eq!((db.drain_tasks().await?.done, captured(&db).await?), (299, 1));
    Ok(())
}

#[tokio::test]
async fn a_burst_sends_captured_writes_before_it_ends() -> Result<()> {
    let db = db().await;
    insert(&db, 1..3).await;
    Worker::new(&db).burst().run_until(future::pending()).await?;
    assert_eq!((captured(&db).await?, Label::objects().count(&db).await?), (0, 2));
    Ok(())
}

/// Panics if the row 13 is written into a run.
#[derive(Debug, Clone, Model)]
#[model(table = "captured_fragile", capture)]
struct Fragile {
    id: i64,
}

impl Serialize for Fragile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.id, 13, "the unlucky row");
        serializer.serialize_i64(self.id)
    }
}

impl<'de> Deserialize<'de> for Fragile {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        i64::deserialize(from).map(|id| Self { id }).map_err(D::Error::custom)
    }
}

#[receiver(post_save, sender = Fragile, durable(snapshot), uid = "fragile.saved")]
fn fragile_saved(instance: &Fragile) {
    let _ = instance;
}

#[tokio::test]
async fn a_panic_of_a_models_code_refuses_only_its_row() -> Result<()> {
    let db = db().await;
    execute(&db, "INSERT INTO captured_fragile (id) VALUES (12), (13), (14)").await;
    assert_eq!(db.drain_tasks().await?.done, 2);
    let error = TaskCapture::objects().get(&db).await?.error.unwrap();
    assert!(error.contains("unlucky"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_drain_that_is_dropped_sends_nothing_twice() -> Result<()> {
    let db = db().await;
    insert(&db, 1..40).await;
    // The pauses drop the drain at many places.
    for pause in 0..40 {
        let drain = tokio::time::timeout(Duration::from_micros(pause * 250), db.drain_tasks());
        drop(drain.await);
    }
    finish(&db, 39).await?;
    let labels: i64 = Label::objects().count(&db).await?.try_into().unwrap();
    assert_eq!((captured(&db).await?, labels, Task::objects().count(&db).await?), (0, 39, 39));
    Ok(())
}

/// Runs what claims left behind, and all that waits, until there are this many labels. The server may still run the last
/// statement of a program that was killed, such as a claim.
async fn finish(db: &Db, labels: u64) -> Result<()> {
    let mut waits = until("the labels", Duration::from_mins(2));
    loop {
        // On MariaDB that statement may deadlock with this one.
        retried(|| async {
            let tx = db.begin().await?;
            let sql = "UPDATE signals_task SET state = 0, due_at = 0, claimed_by = NULL WHERE state IN (1, 2)";
            try_execute_in(&tx, sql).await?;
            tx.commit().await
        })
        .await;
        db.drain_tasks().await?;
        if !waits(Label::objects().count(db).await? >= labels).await {
            return Ok(());
        }
    }
}

/// The database of the process of [`child`].
const CHILD: &str = "SIGNALS_TEST_CAPTURE_CHILD";

#[tokio::test]
#[ignore = "the process that another test kills"]
async fn child() -> Result<()> {
    let Ok(url) = env::var(CHILD) else { return Ok(()) };
    Worker::new(&Db::connect(&url).await?).run_until(future::pending()).await.map(drop)
}

#[tokio::test]
async fn workers_that_are_killed_send_each_write_once() -> Result<()> {
    if kind() == Kind::Memory {
        return Ok(());
    }
    let url = url().await;
    let db = with_tables(Db::connect(&url).await?).await;
    db.create_tables_of(|model| model.is::<Parcel>() || model.is::<Label>()).await?;
    for round in 0..8 {
        insert(&db, round * 300 + 1..round * 300 + 301).await;
        let mut command = Command::new(env::current_exe().unwrap());
        let command = command.env(CHILD, &url).args(["--exact", "sending::child", "--ignored"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(200 + 100 * round.unsigned_abs())).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    finish(&db, 2_400).await?;
    let counts = (captured(&db).await?, Task::objects().count(&db).await?, Label::objects().count(&db).await?);
    assert_eq!(counts, (0, 2_400, 2_400));
    Ok(())
}

#[tokio::test]
async fn triggers_are_created_once() -> Result<()> {
    let db = db().await;
    db.create_tables_of(ModelMeta::is::<Parcel>).await?;
    insert(&db, 1..2).await;
    assert_eq!(captured(&db).await?, 1);
    let definitions = db.table_definitions(ModelMeta::is::<Parcel>)?;
    let triggers = definitions.iter().filter(|text| text.contains("CREATE TRIGGER")).count();
    assert_eq!(triggers, 3, "{definitions:#?}");
    assert!(definitions.iter().any(|text| text.starts_with("CREATE TABLE") && text.contains("signals_capture")));
    assert_eq!(
        definitions.iter().any(|text| text.contains("FUNCTION signals_capture_write")),
        kind() == Kind::Postgres
    );
    if kind() == Kind::Postgres {
        // Otherwise other roles could record rows by triggers of their own tables.
        let sql = "SELECT has_function_privilege('public', 'signals_capture_write()', 'EXECUTE')";
        let anyone: bool = sqlx::query_scalar(sql).fetch_one(db.postgres()?).await.unwrap();
        assert!(!anyone);
    }
    Ok(())
}

#[derive(Debug, Model)]
#[model(table = "captured_view", capture)]
struct View {
    id: i64,
}

#[tokio::test]
async fn a_view_gets_no_triggers() -> Result<()> {
    let db = db().await;
    execute(&db, "DROP TABLE captured_view").await;
    execute(&db, "CREATE VIEW captured_view AS SELECT id FROM captured_parcel").await;
    db.create_tables_of(ModelMeta::is::<View>).await
}
