//! All rows of a query set, some at a time.

use std::sync::Mutex;

use signals::{Db, Error, Model, Result};
use signals_test_behavior::{database, db, execute, sequence};

#[derive(Debug, Clone, Model)]
#[model(table = "visited")]
struct Item {
    id: i64,
    kept: bool,
}

/// Is not `Clone`, and has a key of two texts.
#[derive(Debug, Model)]
#[model(table = "visited_pair")]
struct Pair {
    #[model(primary_key, sql_type = "VARCHAR(20)")]
    left: String,
    #[model(primary_key, sql_type = "VARCHAR(20)")]
    right: String,
    number: i64,
}

async fn items(rows: u32) -> Db {
    let db = db().await;
    fill(&db, rows).await;
    db
}

async fn fill(db: &Db, rows: u32) {
    let (yes, no) = if signals_test_behavior::kind().is_sqlite() { ("1", "0") } else { ("TRUE", "FALSE") };
    let kept = format!("CASE WHEN i % 2 = 0 THEN {yes} ELSE {no} END");
    execute(db, format!("INSERT INTO visited (id, kept) SELECT i, {kept} FROM {}", sequence(rows))).await;
}

#[tokio::test]
async fn every_row_comes_once_and_in_the_order_of_the_keys() -> Result<()> {
    let db = items(25).await;
    for (rows, sizes) in [(10, vec![10, 10, 5]), (5, vec![5; 5]), (25, vec![25]), (100, vec![25])] {
        let (mut seen, mut chunks) = (Vec::new(), Vec::new());
        let all = Item::objects();
        all.for_each(&db, rows, |items| {
            chunks.push(items.len());
            seen.extend(items.into_iter().map(|item| item.id));
            async { Ok(()) }
        })
        .await?;
        assert_eq!(seen, (1..=25).collect::<Vec<i64>>());
        assert_eq!(chunks, sizes);
    }
    let mut kept = 0;
    let tx = db.begin().await?;
    let even = Item::objects().filter(Item::KEPT.eq(true)).after(&Item { id: 4, kept: true });
    let on = &tx;
    even.for_each(on, 3, |items| {
        kept += items.len();
        // The transaction is free in between.
        async move { items[0].delete(on).await.map(drop) }
    })
    .await?;
    assert_eq!(kept, 10);
    assert_eq!(Item::objects().count(&tx).await?, 21);
    Item::objects().filter(Item::ID.gt(99)).for_each(&tx, 3, |_| async { unreachable!("there is none") }).await?;
    tx.rollback().await
}

#[tokio::test]
async fn a_key_of_several_columns_needs_no_copy_of_a_row() -> Result<()> {
    let db = db().await;
    let mut expected = Vec::new();
    for (number, (left, right)) in (0..).zip([("a", "a"), ("a", "b"), ("b", ""), ("b", "a"), ("c", "b")]) {
        Pair { left: left.into(), right: right.into(), number }.create(&db).await?;
        expected.push(number);
    }
    let mut seen = Vec::new();
    let all = Pair::objects();
    all.for_each(&db, 2, |pairs| {
        seen.extend(pairs.into_iter().map(|pair| pair.number));
        async { Ok(()) }
    })
    .await?;
    assert_eq!(seen, expected);
    Ok(())
}

#[tokio::test]
async fn rows_that_come_and_go_meanwhile_do_not_disturb() -> Result<()> {
    let db = items(9).await;
    let (db, seen) = (&db, &Mutex::new(Vec::new()));
    let all = Item::objects();
    all.for_each(db, 3, |items| async move {
        seen.lock().unwrap().extend(items.iter().map(|item| item.id));
        if items[0].id == 1 {
            // Rows that were read, and one that was not.
            Item::objects().filter(Item::ID.in_([1, 2, 3, 5])).delete(db).await?;
            Item { id: 20, kept: true }.save(db).force_insert().await?;
            Item { id: -1, kept: true }.save(db).force_insert().await?;
        }
        Ok(())
    })
    .await?;
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3, 4, 6, 7, 8, 9, 20]);
    Ok(())
}

#[tokio::test]
async fn the_first_error_ends_it() -> Result<()> {
    let db = items(9).await;
    let mut calls = 0;
    let all = Item::objects();
    let ended = all.for_each(&db, 3, |_| {
        calls += 1;
        let outcome = if calls == 2 { Err("enough".into()) } else { Ok(()) };
        async { outcome }
    });
    assert_eq!(ended.await.unwrap_err().to_string(), "enough");
    assert_eq!(calls, 2);
    Ok(())
}

#[tokio::test]
async fn no_connection_is_held_between_the_reads() -> Result<()> {
    let db = database(|builder| builder.max_connections(1)).await;
    fill(&db, 4).await;
    let (db, all) = (&db, &Item::objects());
    let mut parts = 0;
    all.for_each(db, 1, |_| {
        parts += 1;
        async move {
            assert_eq!(all.count(db).await?, 4);
            Ok(())
        }
    })
    .await?;
    assert_eq!(parts, 4);
    Ok(())
}

#[tokio::test]
async fn an_order_and_a_limit_are_refused() -> Result<()> {
    let db = items(3).await;
    let first = Item::get(&db, 1).await?;
    for (objects, rows, says) in [
        (Item::objects().order_by(Item::KEPT.asc()), 2, "leave `order_by` out"),
        (Item::objects().limit(2), 2, "limit or an offset"),
        (Item::objects().offset(2), 2, "limit or an offset"),
        (Item::objects().before(&first), 2, "leave `before` out"),
        (Item::objects(), 0, "0 rows"),
    ] {
        let error = objects.for_each(&db, rows, |_| async { unreachable!("it is refused") }).await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { model: "Item", .. }), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn it_runs_in_another_task_with_what_it_borrows() {
    async fn visit(db: Db) -> Result<usize> {
        let mut rows = 0;
        let (db, all) = (&db, &Item::objects());
        all.for_each(db, 2, |items| {
            rows += items.len();
            async move {
                assert_eq!(all.count(db).await?, 3);
                Ok(())
            }
        })
        .await?;
        Ok(rows)
    }
    let db = items(3).await;
    assert_eq!(tokio::spawn(visit(db)).await.unwrap().unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_visits_rows_with_an_async_closure() -> Result<()> {
    let db = items(5).await;
    let task = tokio::spawn(async move {
        let (mut ids, own) = (Vec::new(), &db);
        Item::objects()
            .for_each(own, 2, |items| {
                ids.extend(items.iter().map(|item| item.id));
                async move {
                    for mut item in items {
                        item.kept = true;
                        item.save(own).await?;
                    }
                    Ok(())
                }
            })
            .await?;
        let kept = Item::objects().filter(Item::KEPT.eq(true)).count(own).await?;
        Ok::<_, Error>((ids, kept))
    });
    assert_eq!(task.await.unwrap()?, (vec![1, 2, 3, 4, 5], 5));
    Ok(())
}
