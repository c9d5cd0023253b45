//! Futures that are dropped.

use signals::{Db, Model, Result};
use signals_test_behavior::execute;

use super::db;
use super::models::{Folder, Order, assert_usable, folders, order, rows, rows_in};
use crate::databases::log::take;
use crate::databases::transactions::drop_at;

/// More awaits than a call has, so that a loop over them ends.
const MOST: usize = 2000;

/// The number of completed calls after which no await is left to test. It varies whether a call is observed
/// waiting for the database.
const ENOUGH: usize = 5;

/// How often a call completed.
#[derive(Default)]
struct Progress {
    completed: usize,
}

impl Progress {
    /// Returns whether there is more to drop. A database may answer before the first wait, so there may be
    /// nothing. The binary `faults` slows SQLite down for this.
    fn goes_on(&mut self, completed: bool) -> bool {
        self.completed += usize::from(completed);
        self.completed < ENOUGH
    }
}

async fn clear(db: &Db) {
    execute(db, "UPDATE faults_folder SET parent_id = NULL").await;
    for table in ["audit", "order", "line", "file", "mark", "link", "folder"] {
        execute(db, format!("DELETE FROM faults_{table}")).await;
    }
}

/// The calls that are dropped.
#[derive(Debug, Clone, Copy)]
enum Call {
    Save,
    Delete,
    BulkCreate,
}

/// What a call is about.
struct Subject {
    folder: Folder,
    orders: Vec<Order>,
}

impl Subject {
    async fn make(db: &Db) -> Result<Self> {
        Ok(Self { folder: folders(db, "new").await?, orders: vec![order("new"); 5] })
    }

    /// Makes the call and drops it at the await of this number. Returns whether it completed before.
    async fn call<'a>(
        &'a mut self,
        call: Call,
        on: impl signals::db::IntoHandle<'a>,
        await_point: usize,
    ) -> Result<bool> {
        let completed = match call {
            Call::Save => drop_at(self.orders[0].save(on), await_point).await.transpose()?.is_some(),
            Call::Delete => drop_at(self.folder.delete(on), await_point).await.transpose()?.is_some(),
            Call::BulkCreate => {
                let create = Order::bulk_create(on, &mut self.orders).batch_size(2);
                drop_at(create, await_point).await.transpose()?.is_some()
            }
        };
        Ok(completed)
    }

    fn is_unsaved(&self) -> bool {
        self.orders.iter().all(|order| order.id == 0)
    }
}

/// Checks a call in a transaction, which continues without it.
async fn check_in_a_transaction(call: Call) -> Result<()> {
    let (db, mut progress) = (db().await, Progress::default());
    for await_point in 0..MOST {
        let mut subject = Subject::make(&db).await?;
        let tx = db.begin().await?;
        order("outer").save(&tx).await?;
        let before = rows_in(&tx).await;
        let completed = subject.call(call, &tx, await_point).await?;
        if !completed {
            assert!(subject.is_unsaved(), "{call:?} at {await_point}");
            assert_eq!(rows_in(&tx).await, before, "{call:?} at {await_point}");
        }
        assert_usable(&tx).await?;
        order("after").save(&tx).await?;
        let expected = rows_in(&tx).await;
        tx.commit().await?;
        assert_eq!(rows(&db).await, expected, "{call:?} at {await_point}");
        let told = take(&db);
        assert!(!completed || told.contains(&"new".to_owned()), "{call:?} at {await_point}: {told:?}");
        assert!(completed || told == ["outer", "after"], "{call:?} at {await_point}: {told:?}");
        if !progress.goes_on(completed) {
            return Ok(());
        }
        clear(&db).await;
    }
    panic!("it never completed");
}

/// Checks a call without a caller's transaction: it is done completely or not at all.
async fn check_alone(call: Call) -> Result<()> {
    let (db, mut progress) = (db().await, Progress::default());
    let mut subject = Subject::make(&db).await?;
    let before = rows(&db).await;
    assert!(subject.call(call, &db, MOST).await?);
    let after = rows(&db).await;
    for await_point in 0..MOST {
        clear(&db).await;
        let mut subject = Subject::make(&db).await?;
        let completed = subject.call(call, &db, await_point).await?;
        let left = rows(&db).await;
        // Once the commit was begun it is not given up, and neither are the keys.
        assert!(left == after || subject.is_unsaved(), "{call:?} at {await_point}: {left:?}");
        assert!(left == after || (left == before && !completed), "{call:?} at {await_point}: {left:?}");
        let tx = db.begin().await?;
        assert_usable(&tx).await?;
        tx.rollback().await?;
        if !progress.goes_on(completed) {
            return Ok(());
        }
    }
    panic!("it never completed");
}

#[tokio::test]
async fn a_save_that_is_dropped_leaves_everything_as_before() -> Result<()> {
    check_in_a_transaction(Call::Save).await?;
    check_alone(Call::Save).await
}

#[tokio::test]
async fn a_delete_that_is_dropped_leaves_everything_as_before() -> Result<()> {
    check_in_a_transaction(Call::Delete).await?;
    check_alone(Call::Delete).await
}

#[tokio::test]
async fn a_bulk_create_that_is_dropped_leaves_everything_as_before() -> Result<()> {
    check_in_a_transaction(Call::BulkCreate).await?;
    check_alone(Call::BulkCreate).await
}
