//! Reads that lock their rows.

use std::slice;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use signals::{Error, Model, Result};
use signals_test_behavior::{db, kind};
use tokio::time::timeout;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "locking_seats")]
struct Seat {
    id: i64,
    guest: Option<i32>,
}

#[tokio::test]
async fn a_lock_outside_of_a_transaction_is_refused() -> Result<()> {
    let db = db().await;
    let seat = Seat { id: 0, guest: None }.create(&db).await?;
    for locked in [Seat::objects().lock(), Seat::objects().skip_locked(), Seat::objects().no_wait()] {
        let new = || Seat { id: 0, guest: None };
        for error in [
            locked.all(&db).await.unwrap_err(),
            locked.first(&db).await.unwrap_err(),
            locked.get(&db).await.unwrap_err(),
            locked.stream(&db).try_next().await.unwrap_err(),
            locked.get_or_create(&db, new).await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::QueryOptions { .. }), "{error}");
        }
        let tx = db.begin().await?;
        for error in [locked.count(&tx).await.unwrap_err(), locked.exists(&tx).await.unwrap_err()] {
            assert!(matches!(error, Error::QueryOptions { .. }), "{error}");
        }
        assert_eq!(locked.all(&tx).await?, slice::from_ref(&seat));
        assert_eq!(locked.first(&tx).await?, Some(seat.clone()));
        assert_eq!(locked.get(&tx).await?, seat);
        assert_eq!(locked.stream(&tx).try_collect::<Vec<_>>().await?, slice::from_ref(&seat));
        tx.rollback().await?;
    }
    let error = Seat::objects().lock().all(&db).await.unwrap_err();
    assert!(error.to_string().contains("begin one"), "{error}");
    let taken = Seat::GUEST.set(1);
    for skipping in [Seat::objects().skip_locked(), Seat::objects().no_wait()] {
        let error = skipping.update(&db, taken.clone()).await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { .. }), "{error}");
        let error = skipping.delete(&db).await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { .. }), "{error}");
    }
    assert_eq!(Seat::objects().lock().update(&db, taken).await?, 1);
    assert_eq!(Seat::objects().lock().delete(&db).await?.rows(), 1);
    Ok(())
}

#[tokio::test]
async fn a_lock_in_a_read_only_transaction_is_refused() -> Result<()> {
    let db = db().await;
    let seat = Seat { id: 0, guest: None }.create(&db).await?;
    let tx = db.transaction().read_only().begin().await?;
    let within = tx.begin().await?;
    let refused = |error: Error| {
        let says = "cannot be locked in a read-only transaction; begin one without `read_only`";
        assert!(matches!(error, Error::QueryOptions { .. }) && error.to_string().contains(says), "{error}");
    };
    for locked in [Seat::objects().lock(), Seat::objects().skip_locked(), Seat::objects().no_wait()] {
        for error in [
            locked.all(&within).await.unwrap_err(),
            locked.first(&within).await.unwrap_err(),
            locked.get(&within).await.unwrap_err(),
            locked.stream(&within).try_next().await.unwrap_err(),
        ] {
            refused(error);
        }
    }
    let new = || Seat { id: 0, guest: None };
    refused(Seat::objects().lock().get_or_create(&within, new).await.unwrap_err());
    refused(Seat::get_for_update(&within, seat.id).await.unwrap_err());
    refused(Seat::find_for_update(&within, seat.id).await.unwrap_err());
    within.commit().await?;
    assert_eq!(Seat::objects().all(&tx).await?, [seat], "the transaction goes on");
    tx.commit().await
}

#[tokio::test]
async fn a_locked_row_is_waited_for_skipped_or_an_error() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "locking_waits")]
    struct Job {
        id: i64,
        worker: i32,
    }
    if kind().is_sqlite() {
        // A second transaction that can write waits before its first statement.
        return Ok(());
    }
    let db = db().await;
    for _ in 0..3 {
        Job { id: 0, worker: 0 }.create(&db).await?;
    }
    let by_id = Job::objects().order_by(Job::ID.asc());
    let (one, other) = (db.begin().await?, db.begin().await?);
    assert_eq!(by_id.clone().lock().first(&one).await?.unwrap().id, 1);
    assert_eq!(by_id.clone().skip_locked().first(&other).await?.unwrap().id, 2);
    assert_eq!(Job::find(&other, 1).await?.unwrap().worker, 0, "a plain read does not wait");

    let savepoint = other.begin().await?;
    let error = by_id.clone().no_wait().first(&savepoint).await.unwrap_err();
    assert!(error.is_lock_timeout(), "{error}");
    savepoint.rollback().await?;

    let mut waiting = Box::pin(Job::get_for_update(&other, 1));
    assert!(timeout(Duration::from_millis(300), &mut waiting).await.is_err(), "it waits");
    let mut job = Job::get_for_update(&one, 1).await?;
    job.worker = 7;
    job.save(&one).await?;
    one.commit().await?;
    assert_eq!(waiting.as_mut().await?.worker, 7, "it reads what was committed meanwhile");
    drop(waiting);
    other.commit().await?;
    Ok(())
}

#[tokio::test]
async fn a_row_for_update_is_found_by_its_key() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "locking_keys")]
    struct Account {
        #[model(primary_key, sql_type = "VARCHAR(20)")]
        bank: String,
        #[model(primary_key)]
        number: i64,
        cents: i64,
    }
    let db = db().await;
    Account { bank: "a".into(), number: 1, cents: 0 }.create(&db).await?;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    let tx = db.begin().await?;
                    let mut account = Account::get_for_update(&tx, ("a", 1)).await?;
                    account.cents += 1;
                    account.save(&tx).await?;
                    tx.commit().await?;
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap()?;
    }
    let tx = db.begin().await?;
    assert_eq!(Account::find_for_update(&tx, ("a", 1)).await?.unwrap().cents, 160);
    assert_eq!(Account::find_for_update(&tx, ("a", 2)).await?, None);
    let error = Account::get_for_update(&tx, ("a", 2)).await.unwrap_err();
    assert!(matches!(&error, Error::DoesNotExist { key: Some(key), .. } if key == r#"["a", 2]"#), "{error}");
    Ok(())
}

#[tokio::test]
async fn workers_that_skip_locked_rows_take_each_job_once() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "locking_queue")]
    struct Job {
        id: i64,
        runs: i32,
    }
    let db = db().await;
    let mut jobs: Vec<Job> = (0..100).map(|_| Job { id: 0, runs: 0 }).collect();
    Job::bulk_create(&db, &mut jobs).await?;
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let open = Job::objects().filter(Job::RUNS.eq(0)).order_by(Job::ID.asc()).skip_locked();
                loop {
                    let tx = db.begin().await?;
                    let Some(mut job) = open.first(&tx).await? else { return Ok::<_, Error>(()) };
                    job.runs += 1;
                    job.save(&tx).await?;
                    tx.commit().await?;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap()?;
    }
    assert_eq!(Job::objects().filter(Job::RUNS.eq(1)).count(&db).await?, 100);
    Ok(())
}

#[tokio::test]
async fn a_locked_query_set_finds_or_creates_its_row() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "locking_or_create")]
    struct Tag {
        id: i64,
        #[model(unique)]
        name: String,
        uses: i32,
    }
    let db = db().await;
    let rust = Tag::objects().filter(Tag::NAME.eq("rust")).lock();
    let new = || Tag { id: 0, name: "rust".into(), uses: 1 };
    let tx = db.begin().await?;
    for is_new in [true, false] {
        let (tag, created) = rust.get_or_create(&tx, new).await?;
        assert_eq!((tag.uses, created), (1, is_new));
    }
    for uses in 2..4 {
        let (tag, created) = rust.update_or_create(&tx, |tag| tag.uses += 1, new).await?;
        assert_eq!((tag.uses, created), (uses, false));
    }
    tx.commit().await?;
    assert_eq!(rust.update_or_create(&db, |tag| tag.uses += 1, new).await?.0.uses, 4);
    Ok(())
}
