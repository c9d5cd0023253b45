//! Enqueueing: with the transaction or not at all, and once for a unique key.

use std::time::{Duration, SystemTime};

use behavior::{Kind, kind};
use signals::tasks::{DbTasks as _, Enqueued, Task, TaskState, enqueue_all, task};
use signals::{Model as _, Result};
use signals_test_tasks::{db, in_state, run};

#[tokio::test]
async fn a_run_is_enqueued_with_the_transaction_or_not_at_all() -> Result<()> {
    #[task]
    async fn work() {}

    let db = db().await;
    let tx = db.begin().await?;
    work::enqueue(&tx).await?;
    tx.rollback().await?;
    assert_eq!(Task::objects().count(&db).await?, 0);

    let tx = db.begin().await?;
    work::enqueue(&tx).await?;
    let savepoint = tx.begin().await?;
    work::enqueue(&savepoint).await?;
    work::enqueue(&savepoint).unique_key("of the savepoint").await?.id();
    savepoint.rollback().await?;
    work::enqueue(&tx).await?;
    tx.commit().await?;
    assert_eq!(Task::objects().count(&db).await?, 2, "a rolled-back savepoint takes exactly its runs along");
    assert_eq!(db.drain_tasks().await?.done, 2);
    Ok(())
}

#[tokio::test]
async fn arguments_come_back_as_they_were() -> Result<()> {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Line {
        text: String,
        prices: Vec<i64>,
    }

    #[task]
    async fn check(line: Line, r#type: Option<u8>, nothing: Option<u8>, name: String) -> Result<(), String> {
        let expected = Line { text: "O\u{0}'; DROP TABLE 🦀".into(), prices: vec![i64::MIN, i64::MAX] };
        if (line, r#type, nothing, name.as_str()) == (expected, Some(7), None, "\u{0}") {
            Ok(())
        } else {
            Err("the arguments have changed".into())
        }
    }

    let db = db().await;
    let line = Line { text: "O\u{0}'; DROP TABLE 🦀".into(), prices: vec![i64::MIN, i64::MAX] };
    let id = check::enqueue(&db, line, Some(7), None, "\u{0}".into()).await?;
    assert!(run(&db, id).await.args.contains(r#""type":7"#));
    let drained = db.drain_tasks().await?;
    assert_eq!((drained.done, drained.failed), (1, 0), "{:?}", run(&db, id).await);
    Ok(())
}

#[tokio::test]
async fn options_say_when_and_where_it_runs() -> Result<()> {
    #[task(queue = "slow", priority = 3, max_attempts = 2)]
    async fn send() {}

    let db = db().await;
    let plain = run(&db, send::enqueue(&db).await?).await;
    assert_eq!((plain.queue.as_str(), plain.priority, plain.max_attempts), ("slow", 3, 2));
    assert_eq!(plain.state(), Some(TaskState::Ready));

    let later = send::enqueue(&db).delay(Duration::from_mins(1)).queue("fast").priority(-1).await?;
    let later = run(&db, later).await;
    assert_eq!((later.queue.as_str(), later.priority, later.state()), ("fast", -1, Some(TaskState::Waiting)));
    assert!((59_000..=61_000).contains(&(later.due_at - later.created_at)));

    let never = run(&db, send::enqueue(&db).delay(Duration::MAX).await?).await;
    assert_eq!((never.due_at, never.state()), (i64::MAX, Some(TaskState::Waiting)));

    let past = send::enqueue(&db).at(SystemTime::UNIX_EPOCH).await?;
    assert_eq!(run(&db, past).await.state(), Some(TaskState::Ready));
    assert_eq!(db.drain_tasks().await?.done, 2, "what is due later stays");
    Ok(())
}

#[tokio::test]
async fn a_unique_key_is_open_once() -> Result<()> {
    #[task]
    async fn post(number: u8) -> Result<(), String> {
        let _ = number;
        Ok(())
    }

    #[task]
    async fn other() {}

    let db = db().await;
    let Enqueued::New(first) = post::enqueue(&db, 1).unique_key(7).await? else { panic!("it is new") };
    assert_eq!(post::enqueue(&db, 2).unique_key(7).await?, Enqueued::Existing(first));
    // In a transaction, which goes on after the refused INSERT.
    let tx = db.begin().await?;
    assert_eq!(post::enqueue(&tx, 3).unique_key(7).delay(Duration::from_secs(1)).await?, Enqueued::Existing(first));
    let Enqueued::New(_) = other::enqueue(&tx).unique_key(7).await? else { panic!("another task has keys of its own") };
    let Enqueued::New(_) = post::enqueue(&tx, 4).unique_key(8).await? else { panic!("another key is free") };
    tx.commit().await?;
    assert_eq!(db.drain_tasks().await?.done, 3);
    assert_eq!(run(&db, first).await.unique_key.as_deref(), Some("7"));
    let Enqueued::New(_) = post::enqueue(&db, 5).unique_key(7).await? else { panic!("the first has ended") };
    Ok(())
}

#[tokio::test]
async fn whoever_waits_for_a_unique_key_gets_it_if_the_other_is_rolled_back() -> Result<()> {
    #[task]
    async fn mail() {}

    if kind() == Kind::Memory {
        return Ok(()); // one connection
    }
    let db = db().await;
    for in_savepoint in [false, true] {
        let first = db.begin().await?;
        let savepoint = if in_savepoint { first.begin().await? } else { first.clone() };
        let Enqueued::New(_) = mail::enqueue(&savepoint).unique_key(in_savepoint).await? else { panic!("it is new") };
        let second = tokio::spawn({
            let db = db.clone();
            async move { mail::enqueue(&db).unique_key(in_savepoint).await }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!second.is_finished(), "it waits for the other transaction");
        savepoint.rollback().await?;
        if in_savepoint {
            first.commit().await?;
        }
        let Enqueued::New(_) = second.await.unwrap()? else { panic!("the first was rolled back") };
    }
    assert_eq!(in_state(&db, TaskState::Ready).await, 2);
    Ok(())
}

#[tokio::test]
async fn a_name_that_some_database_refuses_is_an_error() -> Result<()> {
    #[task]
    async fn call() {}

    let db = db().await;
    let said = async |queue: &str| call::enqueue(&db).queue(queue).await.unwrap_err().to_string();
    assert_eq!(said("").await, "the name of a queue is empty; use 1 to 255 characters without NUL");
    assert_eq!(said("a\0").await, "the name of a queue contains NUL; use 1 to 255 characters without NUL");
    assert!(said(&"x".repeat(256)).await.starts_with("the name of a queue has 256 characters"));
    let key = call::enqueue(&db).unique_key("x".repeat(250)).await.unwrap_err().to_string();
    assert!(key.starts_with("the unique key with the name of its task has "), "{key}");
    assert_eq!(Task::objects().count(&db).await?, 0);
    Ok(())
}

#[tokio::test]
async fn many_runs_are_enqueued_in_the_order_of_their_calls() -> Result<()> {
    #[task(priority = 3)]
    async fn one(number: i64) {
        assert!(number >= 0);
    }

    #[task(queue = "other", max_attempts = 2)]
    async fn write_text(text: String) {
        assert!(!text.is_empty());
    }

    let db = db().await;
    let calls = (0..700).map(|number| match number % 3 {
        0 => one::enqueue(&db, number),
        1 => write_text::enqueue(&db, format!("n{number}")).priority(-1),
        _ => one::enqueue(&db, number).delay(Duration::from_mins(1)).queue("later"),
    });
    let ids = enqueue_all(&db, calls).await?;
    assert_eq!(ids.len(), 700);
    for (number, id) in ids.iter().enumerate().step_by(97) {
        let run = run(&db, *id).await;
        let (args, queue, priority, most) = match number % 3 {
            0 => (format!("{{\"number\":{number}}}"), "default", 3, 20),
            1 => (format!("{{\"text\":\"n{number}\"}}"), "other", -1, 2),
            _ => (format!("{{\"number\":{number}}}"), "later", 3, 20),
        };
        assert_eq!((run.args, run.queue.as_str(), run.priority, run.max_attempts), (args, queue, priority, most));
    }
    assert_eq!(in_state(&db, TaskState::Waiting).await, 233);
    assert_eq!(db.drain_tasks().await?.done, 467);
    assert!(enqueue_all(&db, []).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn of_many_runs_all_are_enqueued_or_none() -> Result<()> {
    #[task]
    async fn shorten(text: String) {
        assert!(!text.is_empty());
    }

    let db = db().await;
    let calls = |last: String| ["a".into(), "b".into(), last].map(|text| shorten::enqueue(&db, text));
    // Longer than the arguments of a run may be.
    let error = enqueue_all(&db, calls("x".repeat(2 * 1024 * 1024))).await.unwrap_err();
    assert!(error.to_string().contains("set_max_arguments"), "{error}");
    assert_eq!(Task::objects().count(&db).await?, 0);

    let tx = db.begin().await?;
    enqueue_all(&tx, calls("c".into())).await?;
    let savepoint = tx.begin().await?;
    enqueue_all(&savepoint, calls("d".into())).await?;
    savepoint.rollback().await?;
    tx.commit().await?;
    assert_eq!(db.drain_tasks().await?.done, 3);
    Ok(())
}

#[tokio::test]
async fn many_runs_with_long_arguments_fit_the_packets_of_a_server() -> Result<()> {
    #[task(name = "enqueueing.long")]
    async fn long(text: String) {
        assert!(!text.is_empty());
    }

    let db = db().await;
    // 20 MiB. A packet of MariaDB has at most 16 MiB by default.
    let ids = enqueue_all(&db, (0..512).map(|_| long::enqueue(&db, "x".repeat(40 * 1024)))).await?;
    assert_eq!(Task::objects().count(&db).await?, ids.len() as u64);
    assert_eq!(run(&db, ids[511]).await.args.len(), 40 * 1024 + r#"{"text":""}"#.len());
    Ok(())
}
