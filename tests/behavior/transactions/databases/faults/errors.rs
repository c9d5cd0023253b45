//! Errors of the database.

use signals::{Db, Model, Result, Tx};

use super::db;
use super::models::{Folder, Order, assert_usable, folders, order, rows, rows_in};
use super::triggers::{Fault, around, assert_injected};
use crate::databases::log::take;

/// What a call leaves that fails, and the connection after it.
async fn check(db: &Db, tx: &Tx, fault: Fault, before: &[String]) -> Result<()> {
    assert_eq!(rows_in(tx).await, before, "{fault:?}");
    assert_usable(tx).await?;
    order("after").save(tx).await?;
    assert!(take(db).is_empty(), "{fault:?}");
    Ok(())
}

/// Ends a transaction in which a call failed: what was done around that is kept.
async fn conclude(db: &Db, tx: Tx, fault: Fault) -> Result<()> {
    let expected = rows_in(&tx).await;
    tx.commit().await?;
    assert_eq!((rows(db).await, take(db)), (expected, vec!["outer".to_owned(), "after".to_owned()]), "{fault:?}");
    fault.end(db).await;
    Ok(())
}

#[tokio::test]
async fn a_save_that_fails_at_any_statement_leaves_everything_as_before() -> Result<()> {
    let db = db().await;
    let statements = ["faults_audit", "faults_order", "faults_line"];
    for fault in statements.into_iter().flat_map(|table| around("INSERT", table)) {
        fault.begin(&db).await;
        let (before, mut failing) = (rows(&db).await, order("new"));
        assert_injected(&failing.save(&db).await.unwrap_err(), fault);
        assert_eq!((failing.id, rows(&db).await, take(&db)), (0, before, vec![]), "{fault:?}");

        let tx = db.begin().await?;
        order("outer").save(&tx).await?;
        let before = rows_in(&tx).await;
        assert_injected(&failing.save(&tx).await.unwrap_err(), fault);
        assert_eq!(failing.id, 0, "{fault:?}");
        check(&db, &tx, fault, &before).await?;
        conclude(&db, tx, fault).await?;
        failing.save(&db).await?;
        assert_eq!(take(&db), ["new"]);
        assert!(failing.id > 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_delete_that_fails_at_any_statement_leaves_everything_as_before() -> Result<()> {
    let db = db().await;
    let deletes = ["faults_folder", "faults_file", "faults_mark"].into_iter().flat_map(|table| around("DELETE", table));
    let others = around("UPDATE", "faults_link").into_iter().chain(around("INSERT", "faults_audit"));
    for fault in deletes.chain(others) {
        let failing = folders(&db, "new").await?;
        fault.begin(&db).await;
        let before = rows(&db).await;
        assert_injected(&failing.delete(&db).await.unwrap_err(), fault);
        assert_eq!((rows(&db).await, take(&db)), (before, vec![]), "{fault:?}");

        let tx = db.begin().await?;
        order("outer").save(&tx).await?;
        let before = rows_in(&tx).await;
        assert_injected(&failing.delete(&tx).await.unwrap_err(), fault);
        check(&db, &tx, fault, &before).await?;
        conclude(&db, tx, fault).await?;
        assert_eq!(Folder::get(&db, failing.id).await?, failing);
        assert_eq!(failing.delete(&db).await?.rows(), 7);
        assert_eq!(take(&db), ["new"; 3]);
    }
    Ok(())
}

#[tokio::test]
async fn a_bulk_create_that_fails_in_any_chunk_leaves_everything_as_before() -> Result<()> {
    let db = db().await;
    let statements = ["faults_audit", "faults_order", "faults_line"];
    for fault in statements.into_iter().flat_map(|table| around("INSERT", table)) {
        for failing in 0..5 {
            fault.begin(&db).await;
            let mut orders: Vec<_> =
                (0..5).map(|place| order(if place == failing { "new" } else { "order" })).collect();
            let (before, given) = (rows(&db).await, orders.clone());
            let outcome = Order::bulk_create(&db, &mut orders).batch_size(2).await;
            assert_injected(&outcome.unwrap_err(), fault);
            assert_eq!((&orders, rows(&db).await, take(&db)), (&given, before, vec![]), "{fault:?} at {failing}");

            let tx = db.begin().await?;
            order("outer").save(&tx).await?;
            let before = rows_in(&tx).await;
            let outcome = Order::bulk_create(&tx, &mut orders).batch_size(2).await;
            assert_injected(&outcome.unwrap_err(), fault);
            assert_eq!(orders, given, "{fault:?} at {failing}");
            check(&db, &tx, fault, &before).await?;
            conclude(&db, tx, fault).await?;
        }
    }
    Ok(())
}
