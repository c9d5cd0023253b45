//! Deletes in the net change of a transaction.

use signals::{Model, Result, post_delete, post_save, receiver};
use signals_test_behavior::{Log, db};

#[tokio::test]
async fn a_delete_that_found_no_row_is_none_in_the_net() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_net_none")]
    struct Row {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Row, on_commit)]
    fn saved(instance: &Row, created: bool) {
        LOG.note(format!("saved {} {created}", instance.id));
    }
    #[receiver(post_delete, sender = Row, on_commit)]
    fn deleted(instance: &Row) {
        LOG.note(format!("deleted {}", instance.id));
    }
    #[receiver(post_delete, sender = Row, on_rollback)]
    fn not_deleted(instance: &Row) {
        LOG.note(format!("not deleted {}", instance.id));
    }
    let db = db().await;
    let mut row = Row { id: 1 };
    assert_eq!(row.delete(&db).await?.rows(), 0);
    let tx = db.begin().await?;
    row.delete(&tx).await?;
    Row::bulk_delete(&tx, std::slice::from_ref(&row)).await?;
    Row::objects().delete(&tx).await?;
    tx.rollback().await?;
    assert!(LOG.take().is_empty());

    let tx = db.begin().await?;
    row.delete(&tx).await?;
    row.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["saved 1 true"]);

    // Deleted twice, it is one delete.
    let tx = db.begin().await?;
    row.delete(&tx).await?;
    row.delete(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["deleted 1"]);
    Ok(())
}

#[tokio::test]
async fn the_end_shows_the_row_as_the_database_had_it() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_net_previous")]
    struct Row {
        id: i64,
        amount: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_delete, sender = Row, on_commit)]
    fn deleted(instance: &Row, previous: Option<&Row>) {
        LOG.note(format!("deleted {} {:?}", instance.amount, previous.map(|row| row.amount)));
    }
    let db = db().await;
    let row = Row { id: 1, amount: 5 };
    row.clone().save(&db).force_insert().await?;
    let unsaved = Row { amount: 99, ..row };

    // The row before the transaction, whatever was written in it.
    let tx = db.begin().await?;
    Row { amount: 7, ..row }.save(&tx).await?;
    unsaved.delete(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["deleted 99 Some(5)"]);

    // A row that the delete reads itself is its own previous one.
    row.clone().save(&db).force_insert().await?;
    Row::objects().delete(&db).await?;
    assert_eq!(LOG.take(), ["deleted 5 Some(5)"]);
    Ok(())
}

#[tokio::test]
async fn a_rollback_shows_the_row_as_the_database_has_it() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_net_rolled_back")]
    struct Row {
        id: i64,
        amount: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_delete, sender = Row, on_rollback)]
    fn not_deleted(instance: &Row, previous: Option<&Row>) {
        LOG.note(format!("not deleted {} {:?}", instance.amount, previous.map(|row| row.amount)));
    }
    let db = db().await;
    let row = Row { id: 1, amount: 5 };
    row.clone().save(&db).force_insert().await?;
    let tx = db.begin().await?;
    Row { amount: 7, ..row }.save(&tx).await?;
    Row { amount: 99, ..row }.delete(&tx).await?;
    tx.rollback().await?;
    assert_eq!(LOG.take(), ["not deleted 99 Some(5)"]);
    Ok(())
}

#[tokio::test]
async fn a_row_that_comes_again_was_what_the_database_had() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_net_again")]
    struct Row {
        id: i64,
        amount: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Row, on_commit)]
    fn saved(previous: Option<&Row>) {
        LOG.note(format!("saved {:?}", previous.map(|row| row.amount)));
    }
    let db = db().await;
    let mut row = Row { id: 1, amount: 5 };
    row.save(&db).force_insert().await?;
    LOG.take();
    let tx = db.begin().await?;
    row.amount = 99;
    row.delete(&tx).await?;
    row.save(&tx).await?;
    tx.commit().await?;
    // An insert after a delete may be sent as a new row. A copy that was not saved is never sent as the
    // previous row.
    let told = LOG.take();
    assert!(told == ["saved Some(5)"] || told == ["saved None"], "{told:?}");
    Ok(())
}
