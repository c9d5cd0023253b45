//! Writes that cannot be sent are tried again later, are counted, and do not slow the others down.

use std::future;

use behavior::{Kind, execute, kind, plan, sequence, statements, url};
use clap::Parser;
use serde_json::{Value, json};
use signals::manage::Command;
use signals::tasks::{DbTasks as _, Task, TaskCapture, Worker, prometheus, status};
use signals::{Db, Model, Result, Tx, post_save, receiver};
use signals_test_tasks::{allow, db, refuse_inserts};

#[derive(Debug, Clone, Model)]
#[model(table = "captured_letter", capture)]
struct Letter {
    id: i64,
    note: Option<String>,
}

/// What the receiver was called with.
#[derive(Debug, Clone, Model)]
#[model(table = "captured_stamp")]
struct Stamp {
    id: i64,
    text: String,
}

#[receiver(post_save, sender = Letter, durable, uid = "letter.saved")]
async fn saved(instance: &Letter, created: bool, tx: &Tx) -> Result<()> {
    Stamp { id: 0, text: format!("{} {created}", instance.id) }.create(tx).await.map(drop)
}

/// The command line of a program that has nothing else.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

async fn command(db: &Db, words: &str) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let cli = Cli::try_parse_from(std::iter::once("app").chain(words.split(' '))).unwrap();
    cli.command.run_with(db, &mut out, &mut err).await;
    assert_eq!(String::from_utf8(err).unwrap(), "");
    String::from_utf8(out).unwrap()
}

/// Records a write whose row cannot be read, so many milliseconds ago.
async fn broken(db: &Db, age: i64) -> Result<TaskCapture> {
    execute(db, "INSERT INTO captured_letter (id) VALUES (1)").await;
    execute(db, format!("UPDATE signals_capture SET new_row = 'broken', captured_at = captured_at - {age}")).await;
    assert_eq!(db.drain_tasks().await?.done, 0);
    TaskCapture::objects().get(db).await
}

#[tokio::test]
async fn a_refused_write_is_tried_again_at_twice_its_age() -> Result<()> {
    const DAY: i64 = 86_400_000;
    for (age, pause) in [(0, 60_000), (600_000, 600_000), (9 * DAY, DAY)] {
        let db = db().await;
        let refused = broken(&db, age).await?;
        let waits = refused.due_at - refused.captured_at - age;
        assert!((pause..pause + 50_000).contains(&waits), "{age}: {waits}");
        // It is not tried before.
        execute(&db, r#"UPDATE signals_capture SET new_row = '{"id": 1, "note": null}'"#).await;
        assert_eq!(db.drain_tasks().await?.done, 0);
        execute(&db, format!("UPDATE signals_capture SET due_at = due_at - {}", pause + 50_000)).await;
        assert_eq!((db.drain_tasks().await?.done, TaskCapture::objects().count(&db).await?), (1, 0));
    }
    Ok(())
}

#[tokio::test]
async fn refused_writes_that_are_due_are_sent_with_their_rows() -> Result<()> {
    let db = db().await;
    execute(&db, "INSERT INTO captured_letter (id) VALUES (1), (2)").await;
    execute(&db, "UPDATE captured_letter SET note = 'x' WHERE id = 1").await;
    // The oldest is taken last.
    execute(&db, "UPDATE signals_capture SET due_at = 1 WHERE operation = 'I' AND new_row LIKE '%1%'").await;
    assert_eq!((db.drain_tasks().await?.done, TaskCapture::objects().count(&db).await?), (3, 0));
    let mut stamps: Vec<_> = Stamp::objects().all(&db).await?.into_iter().map(|stamp| stamp.text).collect();
    stamps.sort();
    assert_eq!(stamps, ["1 false", "1 true", "2 true"]);
    Ok(())
}

#[tokio::test]
async fn a_refused_write_that_fails_again_holds_no_new_one_up() -> Result<()> {
    let db = db().await;
    execute(&db, "INSERT INTO captured_letter (id) VALUES (1)").await;
    execute(&db, "UPDATE signals_capture SET due_at = 1").await;
    execute(&db, "UPDATE captured_letter SET note = 'x'").await;
    // The run of the first write cannot be stored. That is not the fault of a row, so the whole batch fails.
    refuse_inserts(&db, "%created%").await;
    assert!(db.drain_tasks().await.is_err());
    assert_eq!((Task::objects().count(&db).await?, TaskCapture::objects().count(&db).await?), (1, 1));
    allow(&db).await;
    assert_eq!((db.drain_tasks().await?.done, TaskCapture::objects().count(&db).await?), (2, 0));
    Ok(())
}

#[tokio::test]
async fn a_database_without_captured_models_needs_no_table_of_captured_writes() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    db.create_tables_of(|model| model.path().starts_with("signals_tasks::") && !model.is::<TaskCapture>()).await?;
    let without = statements(async || {
        assert!(command(&db, "tasks status").await.starts_with("no runs"));
        assert!(command(&db, "tasks metrics").await.contains("\nsignals_captured_writes{state=\"waiting\"} 0\n"));
        let tx = db.begin().await?;
        assert_eq!(status(&tx).await?.captured.waiting.at_least(), 0);
        tx.rollback().await?;
        db.drain_tasks().await.map(drop)?;
        Worker::new(&db).burst().run_until(future::pending()).await.map(drop)
    });
    let read = without.await.into_iter().filter(|it| it.contains("FROM signals_capture"));
    assert_eq!(read.collect::<Vec<_>>(), [""; 0], "statements that fail");
    // The table is found as soon as it is there.
    db.create_tables_of(|model| model.is::<TaskCapture>() || model.is::<Letter>()).await?;
    execute(&db, "INSERT INTO captured_letter (id) VALUES (1)").await;
    assert_eq!(status(&db).await?.captured.waiting.at_least(), 1);
    Ok(())
}

#[tokio::test]
async fn captured_writes_are_counted_by_status_and_metrics() -> Result<()> {
    let db = db().await;
    assert!(!command(&db, "tasks status").await.contains("captured"));
    broken(&db, 0).await?;
    let shown = command(&db, "tasks status").await;
    assert!(shown.contains("\n1 captured write refused; `error` in `signals_capture` has the reasons\n"), "{shown}");
    execute(&db, "INSERT INTO captured_letter (id) VALUES (2), (3)").await;
    let shown = command(&db, "tasks status").await;
    assert!(shown.contains("\n2 captured writes waiting, 1 refused; `error`"), "{shown}");
    let json: Value = serde_json::from_str(&command(&db, "tasks status --json").await).unwrap();
    assert_eq!(json["captured"], json!({ "waiting": 2, "refused": 1, "more_than": [] }));
    let text = prometheus(&db).await?;
    for series in ["{state=\"waiting\"} 2\n", "{state=\"refused\"} 1\n"] {
        assert!(text.contains(&format!("signals_captured_writes{series}")), "{text}");
    }
    execute(&db, "UPDATE signals_capture SET due_at = 0").await;
    let captured = status(&db).await?.captured;
    assert_eq!((captured.waiting.at_least(), captured.refused.at_least()), (3, 0));
    let tx = db.begin().await?;
    Letter::get(&tx, 2).await?.save(&tx).await?;
    assert_eq!(status(&tx).await?.captured.waiting.at_least(), 3, "SQLite's mark is no captured write");
    tx.rollback().await
}

/// Inserts this number of writes that were refused.
async fn insert_refused(db: &Db, number: u32) {
    let sql = "INSERT INTO signals_capture (table_name, operation, new_row, captured_at, error, due_at) \
               SELECT 'captured_letter', 'I', '{\"id\": 1}', 1, 'no', 99000000000000 + i FROM ";
    execute(db, format!("{sql}{}", sequence(number))).await;
    execute(db, if kind() == Kind::Mysql { "ANALYZE TABLE signals_capture" } else { "ANALYZE" }).await;
}

#[tokio::test]
async fn neither_a_look_nor_the_counts_read_all_refused_writes() -> Result<()> {
    let db = db().await;
    insert_refused(&db, 50_000).await;
    execute(&db, "INSERT INTO captured_letter (id) VALUES (1), (2)").await;
    let mut all = statements(async || status(&db).await.map(drop)).await;
    all.extend(statements(async || db.drain_tasks().await.map(drop)).await);
    let reads: Vec<_> = all.iter().filter(|it| it.contains("FROM signals_capture WHERE due_at")).collect();
    // The counts, a look, the writes that it locks, and a look that finds nothing.
    assert!(reads.len() >= 4, "{all:#?}");
    for statement in reads {
        let mut bound = statement.clone();
        for place in (1..=40).rev() {
            bound = bound.replace(&format!("${place}"), "'captured_letter'");
        }
        let plan = plan(&db, &bound.replace('?', "'captured_letter'")).await;
        assert!(plan.contains("signals_capture__due_at__id__idx"), "{statement}\n{plan}");
        let refused = ["Seq Scan", "SCAN signals_capture\n", "B-TREE", "filesort", "temporary_table"];
        assert!(refused.iter().all(|part| !plan.contains(part)), "{statement}\n{plan}");
    }
    let counted = status(&db).await?.captured.refused;
    assert_eq!((counted.to_string().as_str(), TaskCapture::objects().count(&db).await?), (">10000", 50_000));
    Ok(())
}
