//! Test tools of a `Db` within a transaction: one transaction for each test on a shared server.

use signals::{Model, Result, post_save, receiver};
use signals_test_behavior::{Kind, Log, db, elsewhere};

static LOG: Log = Log::new();

#[derive(Debug, Clone, Model)]
#[model(table = "isolation_mail")]
struct Mail {
    id: i64,
    to: String,
}

fn mail(to: &str) -> Mail {
    Mail { id: 0, to: to.to_owned() }
}

#[receiver(post_save, sender = Mail)]
fn sent(instance: &Mail) {
    LOG.note(&instance.to);
}

#[receiver(post_save, sender = Mail, on_commit)]
fn committed(instance: &Mail) {
    LOG.note(format!("{} committed", instance.to));
}

// One test, since the log is one.
#[tokio::test]
async fn tools_within_a_transaction_hold_for_it_alone() -> Result<()> {
    // In memory there is only one connection, and so one transaction.
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    let (muted_tx, other_tx) = (db.begin().await?, db.begin().await?);
    let within = muted_tx.as_db()?;
    let (muted, recording) = (within.mute(post_save), within.record());
    let other_recording = other_tx.as_db()?.record();

    // The other transaction, and the pool, notice nothing. SQLite has one writer at a time.
    mail("other").save(&other_tx).await?;
    assert_eq!(LOG.take(), ["other"]);
    other_tx.rollback().await?;
    mail("pool").save(&db).await?;
    assert_eq!(LOG.take(), ["pool", "pool committed"]);
    assert!(recording.lines().is_empty());
    assert_eq!(other_recording.take().len(), 2);

    // Every handle of the transaction does, with its savepoints.
    mail("within").save(&within).await?;
    mail("handle").save(&muted_tx).await?;
    let savepoint = muted_tx.begin().await?;
    mail("savepoint").save(&savepoint).await?;
    savepoint.commit().await?;
    assert!(LOG.take().is_empty());
    assert_eq!(recording.take().len(), 6);
    assert!(other_recording.lines().is_empty());

    // The receivers that are notified of its end are part of it.
    let late = muted_tx.as_db()?.mute_receiver("running::isolation::committed")?;
    drop(muted);
    mail("late").save(&muted_tx).await?;
    assert_eq!(LOG.take(), ["late"]);
    muted_tx.commit().await?;
    assert!(LOG.take().is_empty());
    drop(late);
    mail("after").save(&db).await?;
    assert_eq!(LOG.take(), ["after", "after committed"]);
    Ok(())
}

#[tokio::test]
async fn tools_of_the_pool_hold_for_its_transactions_too() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "isolation_letter")]
    struct Letter {
        id: i64,
    }
    let db = db().await;
    let (of_pool, tx) = (db.record(), db.begin().await?);
    let of_tx = tx.as_db()?.record();
    Letter { id: 0 }.save(&tx).await?;
    assert_eq!((of_pool.lines().len(), of_tx.lines().len()), (2, 2));
    tx.rollback().await?;
    Letter { id: 0 }.save(&db).await?;
    assert_eq!((of_pool.lines().len(), of_tx.lines().len()), (4, 2));
    Ok(())
}
