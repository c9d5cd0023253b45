//! Two transactions that wait for each other.

use signals::{Db, Error, Model, Result, Tx, post_save, receiver};
use signals_test_behavior::{Kind, elsewhere, kind};

use super::db;
use super::log::{note, take};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "deadlocks_row")]
struct Row {
    id: i64,
    by: String,
}

#[receiver(post_save, sender = Row, on_commit)]
fn tell(instance: &Row, using: &str) {
    note(using, format!("{} by {}", instance.id, instance.by));
}

/// A transaction with a savepoint. It holds a row that the other will request.
struct Side {
    outer: Tx,
    inner: Tx,
    by: &'static str,
}

impl Side {
    async fn begin(db: &Db, by: &'static str, row: i64) -> Result<Self> {
        let outer = db.begin().await?;
        Row { id: row + 2, by: by.into() }.save(&outer).force_update().await?;
        let inner = outer.begin().await?;
        Row { id: row, by: by.into() }.save(&inner).force_update().await?;
        Ok(Self { outer, inner, by })
    }

    /// Asks for the other's row.
    async fn ask(self, row: i64) -> (Self, Result<()>) {
        let outcome = Row { id: row, by: self.by.into() }.save(&self.inner).force_update().await;
        (self, outcome)
    }
}

#[tokio::test]
async fn a_deadlock_ends_one_transaction_and_every_later_call_on_it_returns_that_error() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    let mut rows: Vec<_> = (1..=4).map(|id| Row { id, by: "nobody".into() }).collect();
    Row::bulk_create(&db, &mut rows).await?;
    take(&db);
    let (a, b) = (Side::begin(&db, "a", 1).await?, Side::begin(&db, "b", 2).await?);
    // The database ends one of them, and only then the other gets its row.
    let (a, b) = tokio::join!(a.ask(2), b.ask(1));
    let ((winner, won), (victim, lost)) = if a.1.is_ok() { (a, b) } else { (b, a) };
    won?;
    let Err(Error::Database { .. }) = lost else { panic!("{lost:?}") };
    let mut later = Row { id: 0, by: "later".into() };
    if kind() == Kind::Mysql {
        // The whole transaction is undone, and later calls are refused; the database would run them outside
        // of it.
        for tx in [victim.inner, victim.outer] {
            let Err(Error::TransactionEnded { why, source }) = later.save(&tx).await else { panic!("it has ended") };
            assert!(why.contains("rolled it back"), "{why}");
            assert!(source.is_some_and(|source| source.is_deadlock()), "it says which error ended it");
            assert!(matches!(Row::get(&tx, 1).await, Err(Error::TransactionEnded { .. })));
            assert!(matches!(tx.commit().await, Err(Error::TransactionEnded { .. })));
        }
    } else {
        // The savepoint is undone, and the writes before it stay.
        let Err(Error::TransactionEnded { .. }) = later.save(&victim.inner).await else { panic!("it has ended") };
        victim.inner.rollback().await?;
        victim.outer.commit().await?;
    }
    winner.inner.commit().await?;
    winner.outer.commit().await?;
    let (winner, victim) = (winner.by, victim.by);
    let kept_by_victim = if kind() == Kind::Mysql { "nobody" } else { victim };
    let by: Vec<_> = Row::objects().order_by([Row::ID.asc()]).all(&db).await?.into_iter().map(|row| row.by).collect();
    let expected = if winner == "a" { ["a", "a", "a", kept_by_victim] } else { ["b", "b", kept_by_victim, "b"] };
    assert_eq!(by, expected);
    let mut told = take(&db);
    told.retain(|line| line.ends_with(victim));
    assert_eq!(told.len(), usize::from(kind() == Kind::Postgres), "{told:?}");
    Ok(())
}
