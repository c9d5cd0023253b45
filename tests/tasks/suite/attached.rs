//! A save whose receivers are all durable inserts their runs in its own statement: all of it, or nothing.

use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use behavior::{Kind, capture_of, execute, kind};
use serde::{Deserialize, Serialize};
use signals::model::{Key, PrimaryKey};
use signals::tasks::{Context, DbTasks as _, Task, TaskState, Worker};
use signals::{Db, Error, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_tasks::{db, started, until};

/// Each save of it enqueues three runs.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "attached_note")]
struct Note {
    id: i64,
    text: String,
}

/// What the receivers received: the note and the receiver.
static RECEIVED: Mutex<Vec<(String, &str)>> = Mutex::new(Vec::new());

fn receive(note: &Note, who: &'static str) {
    RECEIVED.lock().unwrap().push((format!("{}: {}", note.id, note.text), who));
}

#[receiver(post_save, sender = Note, durable, uid = "attached.first")]
fn first(instance: &Note, created: bool) {
    receive(instance, if created { "first, created" } else { "first" });
}

#[receiver(post_save, sender = Note, durable, uid = "attached.second", queue = "other", parallel)]
async fn second(instance: &Note, ctx: &Context) {
    assert_eq!(ctx.queue(), "other");
    receive(instance, "second");
}

#[receiver(post_save, sender = Note, durable, uid = "attached.third", debounce = "1h", raw)]
async fn third(instance: &Note) {
    receive(instance, "third");
}

/// Returns the arguments and the merge keys of the runs, in the order of the receivers.
async fn runs(db: &Db) -> Result<Vec<(String, Option<String>)>> {
    let mut runs = Task::objects().all(db).await?;
    runs.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(runs.into_iter().map(|run| (run.args, run.merge_key)).collect())
}

fn note(text: &str) -> Note {
    Note { id: 0, text: text.into() }
}

#[tokio::test]
async fn each_run_has_the_key_that_the_database_generated() -> Result<()> {
    let db = db().await;
    // Other keys than those of the runs.
    for text in ["a", "b", "c"] {
        note(text).create(&db).quiet().await?;
    }
    let saved = note("each").create(&db).await?;
    let (id, json) = (saved.id, |raw: &str| format!("{{\"key\":{},\"created\":true{raw}}}", saved.id));
    let expected = [
        (json(""), Some(format!("attached.first:{id}"))),
        (json(""), None),
        (json(""), Some(format!("attached.third:{id}"))),
    ];
    assert_eq!(runs(&db).await?, expected);
    assert_eq!(db.drain_tasks().await?.done, 2);
    let received: Vec<_> =
        RECEIVED.lock().unwrap().iter().filter(|(row, _)| row.ends_with(": each")).cloned().collect();
    let row = format!("{id}: each");
    assert!(received.contains(&(row.clone(), "first, created")) && received.contains(&(row, "second")), "{received:?}");
    let waiting = Task::objects().filter(Task::NAME.eq("attached.third")).get(&db).await?;
    assert_eq!(waiting.state(), Some(TaskState::Waiting));
    Ok(())
}

#[tokio::test]
async fn the_runs_of_an_update_are_those_of_one_write() -> Result<()> {
    let db = db().await;
    let mut saved = note("old").create(&db).quiet().await?;
    saved.text = "new".into();
    saved.save(&db).await?;
    saved.save(&db).update_fields([Note::TEXT]).await?;
    saved.save(&db).raw().await?;
    let all: Vec<_> = runs(&db).await?.into_iter().map(|(args, _)| args).collect();
    let (plain, limited) =
        (format!("{{\"key\":{}}}", saved.id), format!("{{\"key\":{},\"update_fields\":[\"text\"]}}", saved.id));
    let raw = format!("{{\"key\":{},\"raw\":true}}", saved.id);
    let all: Vec<_> = all.iter().collect();
    assert_eq!(all, [&plain, &limited, &plain, &limited, &plain, &limited, &raw]);
    // With a key that is not in the table yet, the UPDATE finds no row and the INSERT writes it.
    Task::objects().delete(&db).await?;
    let mut given = Note { id: saved.id + 100, text: "given".into() };
    given.save(&db).await?;
    let all = runs(&db).await?;
    assert_eq!((all.len(), all[0].0.contains("\"created\":true")), (3, true), "{all:?}");
    Ok(())
}

#[tokio::test]
async fn an_update_that_finds_no_row_enqueues_nothing() -> Result<()> {
    let db = db().await;
    let mut gone = Note { id: 99, text: "gone".into() };
    assert!(matches!(gone.save(&db).force_update().await, Err(Error::NotUpdated { .. })));
    let tx = db.begin().await?;
    assert!(matches!(gone.save(&tx).force_update().await, Err(Error::NotUpdated { .. })));
    tx.commit().await?;
    assert_eq!(Task::objects().count(&db).await?, 0);
    Ok(())
}

/// Makes the database refuse all runs.
async fn refuse_runs(db: &Db) {
    let before = "CREATE TRIGGER refuse_runs BEFORE INSERT ON signals_task";
    let sql = match kind() {
        Kind::Memory | Kind::File => format!("{before} BEGIN SELECT RAISE(ABORT, 'refused'); END"),
        Kind::Postgres => format!(
            "CREATE FUNCTION refuse_run() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'refused'; END $$; {before} FOR EACH ROW EXECUTE FUNCTION refuse_run()"
        ),
        Kind::Mysql => {
            format!("{before} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'")
        }
    };
    execute(db, sql).await;
}

async fn accept_runs(db: &Db) {
    let table = if kind() == Kind::Postgres { " ON signals_task" } else { "" };
    execute(db, format!("DROP TRIGGER refuse_runs{table}")).await;
}

#[tokio::test]
async fn a_run_that_is_refused_undoes_the_save() -> Result<()> {
    let db = db().await;
    let mut kept = note("kept").create(&db).await?;
    refuse_runs(&db).await;
    let mut refused = note("refused");
    for _ in 0..3 {
        let error = refused.save(&db).await.unwrap_err();
        assert!(error.find::<sqlx::Error>().is_some_and(|error| error.to_string().contains("refused")), "{error}");
        assert_eq!(refused.id, 0);
        kept.text = "changed".into();
        assert!(kept.save(&db).await.is_err());
    }
    let tx = db.begin().await?;
    let savepoint = tx.begin().await?;
    assert!(refused.save(&savepoint).await.is_err());
    savepoint.rollback().await?;
    tx.commit().await?;
    accept_runs(&db).await;
    assert_eq!(Note::objects().all(&db).await?.len(), 1);
    assert_eq!(Note::get(&db, kept.id).await?.text, "kept");
    assert_eq!(Task::objects().count(&db).await?, 3);
    // The connection has no transaction left open.
    refused.save(&db).await?;
    kept.save(&db).await?;
    assert_eq!((Note::objects().count(&db).await?, Task::objects().count(&db).await?), (2, 9));
    Ok(())
}

#[tokio::test]
async fn the_runs_go_with_their_transaction_and_savepoint() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    let mut kept = note("kept").create(&tx).await?;
    let savepoint = tx.begin().await?;
    note("undone").create(&savepoint).await?;
    kept.text = "undone".into();
    kept.save(&savepoint).await?;
    savepoint.rollback().await?;
    let savepoint = tx.begin().await?;
    let inner = note("inner").create(&savepoint).await?;
    savepoint.commit().await?;
    tx.commit().await?;
    let keys: Vec<_> = runs(&db).await?.into_iter().filter_map(|(_, key)| key).collect();
    let key = |name: &str, id: i64| format!("attached.{name}:{id}");
    let expected = [key("first", kept.id), key("first", inner.id), key("third", kept.id), key("third", inner.id)];
    assert_eq!(keys, expected);

    let tx = db.begin().await?;
    note("lost").create(&tx).await?;
    tx.rollback().await?;
    assert_eq!(Task::objects().count(&db).await?, 6);
    Ok(())
}

/// Polls a future at most this often.
async fn polled<T>(work: impl Future<Output = T>, mut polls: usize) -> Option<T> {
    let mut work = pin!(work);
    std::future::poll_fn(move |context| match work.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending if polls == 0 => Poll::Ready(None),
        Poll::Pending => {
            polls -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn a_dropped_save_writes_the_row_and_its_runs_or_neither() -> Result<()> {
    let db = db().await;
    note("first").create(&db).await?;
    let (mut saved, mut dropped) = (0, 0);
    for round in 0..200 {
        let mut row = note("row");
        let is_dropped = polled(row.save(&db).into_future(), round % 10).await.is_none();
        if is_dropped {
            dropped += 1;
        } else {
            saved += 1;
        }
        // A transaction that is left open would hold the lock, or hide these rows.
        let rows = Note::objects().count(&db).await?;
        let counts =
            db.atomic(|tx| async move { Ok((Note::objects().count(&tx).await?, Task::objects().count(&tx).await?)) });
        let (rows_now, runs) = counts.await?;
        assert!(rows_now >= rows);
        assert!(rows > saved);
        if rows_now == Note::objects().count(&db).await? {
            assert_eq!(runs, rows_now * 3);
        }
    }
    assert!(dropped > 0 && saved > 0, "{dropped} dropped, {saved} saved");
    let mut settled = until("the dropped saves have ended", Duration::from_secs(20));
    loop {
        let (rows, runs) = (Note::objects().count(&db).await?, Task::objects().count(&db).await?);
        if !settled(rows * 3 == runs).await {
            break;
        }
    }
    Ok(())
}

/// Another receiver of its saves takes the transaction.
#[derive(Debug, Clone, Model)]
#[model(table = "attached_order")]
struct Order {
    id: i64,
    total: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "attached_line")]
struct Line {
    id: i64,
    order_id: i64,
}

#[receiver(pre_save, sender = Order)]
fn round(instance: &mut Order) {
    instance.total -= instance.total % 10;
}

#[receiver(post_save, sender = Order)]
async fn split(instance: &Order, tx: &Tx) -> Result<()> {
    if instance.total > 100 {
        return Err(Error::other("too much"));
    }
    Line { id: 0, order_id: instance.id }.create(tx).await.map(drop)
}

#[receiver(post_save, sender = Order, durable, changed(total), uid = "attached.bill")]
async fn bill(instance: &Order, tx: &Tx) -> Result<()> {
    Line { id: 0, order_id: -instance.id }.create(tx).await.map(drop)
}

#[tokio::test]
async fn runs_go_along_in_the_transaction_of_other_receivers() -> Result<()> {
    let db = db().await;
    let mut order = Order { id: 0, total: 57 }.create(&db).await?;
    assert_eq!((order.total, Line::objects().count(&db).await?, runs(&db).await?.len()), (50, 1, 1));
    // Rounded, the total has not changed.
    order.total = 52;
    order.save(&db).await?;
    assert_eq!((Line::objects().count(&db).await?, runs(&db).await?.len()), (2, 1));
    order.total = 70;
    order.save(&db).await?;
    assert_eq!((Line::objects().count(&db).await?, runs(&db).await?.len()), (3, 2));
    order.total = 700;
    assert!(order.save(&db).await.is_err());
    assert!(Order { id: 0, total: 700 }.save(&db).await.is_err());
    assert_eq!((Order::objects().count(&db).await?, runs(&db).await?.len()), (1, 2));
    assert_eq!(db.drain_tasks().await?.done, 2);
    assert_eq!(Line::objects().count(&db).await?, 5);
    Ok(())
}

/// A key that JSON has as text, so SQL cannot complete the arguments with it.
#[derive(Debug, Clone, PartialEq, sqlx::Type, Serialize, Deserialize)]
#[sqlx(transparent)]
#[serde(from = "String", into = "String")]
struct TicketId(i64);

impl From<String> for TicketId {
    fn from(text: String) -> Self {
        Self(text.trim_start_matches('T').parse().unwrap_or_default())
    }
}

impl From<TicketId> for String {
    fn from(id: TicketId) -> Self {
        format!("T{}", id.0)
    }
}

impl PrimaryKey for TicketId {
    type Lookup<'a> = Self;
    const GENERATED: bool = true;

    fn key(&self) -> Option<Key<'_>> {
        self.0.key()
    }

    fn from_lookup(lookup: Self) -> Self {
        lookup
    }

    fn from_generated(id: i64) -> Option<Self> {
        Some(Self(id))
    }
}

#[derive(Debug, Clone, Model)]
#[model(table = "attached_ticket")]
struct Ticket {
    id: TicketId,
    text: String,
}

#[receiver(post_save, sender = Ticket, durable, uid = "attached.sell")]
async fn sell(instance: &Ticket, tx: &Tx) -> Result<()> {
    Line { id: 0, order_id: instance.id.0 }.create(tx).await.map(drop)
}

#[tokio::test]
async fn a_key_that_json_has_as_text_is_stored_as_text() -> Result<()> {
    let db = db().await;
    let ticket = Ticket { id: TicketId(0), text: "row 7".into() }.create(&db).await?;
    let args = format!("{{\"created\":true,\"key\":\"T{}\"}}", ticket.id.0);
    assert_eq!(runs(&db).await?, [(args, Some(format!("attached.sell:{}", ticket.id.0)))]);
    assert_eq!(db.drain_tasks().await?.done, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_of_the_process_is_woken_by_the_save() -> Result<()> {
    let db = db().await;
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_mins(10)));
    let mut ready = until("it is done", Duration::from_mins(1));
    note("warm").create(&db).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let done = async || Task::objects().filter(Task::STATE.eq(TaskState::Done.number())).count(&db).await;
    let before = done().await?;
    note("woken").create(&db).await?;
    while ready(done().await? >= before + 2).await {}
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

/// Returns the statements that sqlx logs for this work, without those of a new connection and of notifications.
async fn statements(work: impl Future<Output = Result<()>>) -> Result<Vec<String>> {
    let (log, _guard) = capture_of("sqlx::query");
    work.await?;
    let is_other = |text: &String| ["pg_notify", "summary=\"SET "].iter().any(|other| text.contains(other));
    Ok(log.take().into_iter().filter(|text| !is_other(text)).collect())
}

#[tokio::test]
async fn a_save_with_its_runs_is_one_statement() -> Result<()> {
    if kind().is_sqlite() {
        return Ok(()); // it logs on another thread; `tests/cost` counts there
    }
    let db = db().await;
    let mut saved = note("warm").create(&db).await?;
    saved.save(&db).await?;
    for _ in 0..2 {
        let seen = statements(async { note("new").create(&db).await.map(drop) }).await?;
        assert_eq!(seen.len(), 1, "{seen:?}");
        let seen = statements(saved.save(&db).into_future()).await?;
        assert_eq!(seen.len(), 1, "{seen:?}");
        let seen = statements(saved.save(&db).update_fields([Note::TEXT]).into_future()).await?;
        assert_eq!(seen.len(), 1, "{seen:?}");
    }
    if kind() == Kind::Postgres {
        let tx = db.begin().await?;
        note("first").create(&tx).await?;
        let seen = statements(async { note("new").create(&tx).await.map(drop) }).await?;
        assert_eq!(seen.len(), 1, "{seen:?}");
        tx.commit().await?;
    }
    Ok(())
}
