//! Many tasks at once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use signals::{Db, Error, Model, Result, Tx, post_delete, post_save, pre_save, receiver};

use super::db;

#[derive(Debug, Clone, Model)]
#[model(table = "concurrency_account")]
struct Account {
    id: i64,
    amount: i64,
}

/// What the receivers derive from the accounts.
#[derive(Debug, Clone, Model)]
#[model(table = "concurrency_total")]
struct Total {
    id: i64,
    amount: i64,
    added: i64,
}

/// The previous row is locked until the end of the transaction, so no other write comes between.
#[receiver(pre_save, sender = Total)]
fn sum_up(instance: &mut Total, previous: Option<&Total>) {
    instance.amount = previous.map_or(0, |previous| previous.amount) + instance.added;
}

async fn add(added: i64, tx: &Tx) -> Result<()> {
    Total { id: 1, amount: 0, added }.save(tx).await
}

#[receiver(post_save, sender = Account)]
async fn add_up(instance: &Account, previous: Option<&Account>, tx: &Tx) -> Result<()> {
    add(instance.amount - previous.map_or(0, |previous| previous.amount), tx).await
}

#[receiver(post_delete, sender = Account)]
async fn take_off(instance: &Account, tx: &Tx) -> Result<()> {
    add(-instance.amount, tx).await
}

/// How long the tasks go on, and how long each of them may wait for its first commit.
const LONG: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_mins(2);

/// The work of one task: saves, deletes, and transactions that are rolled back. Returns exactly what it
/// committed, by key.
async fn work(db: Db, task: i64) -> BTreeMap<i64, i64> {
    let (start, mut committed) = (Instant::now(), BTreeMap::new());
    for round in 0.. {
        if start.elapsed() > LONGEST || (start.elapsed() > LONG && !committed.is_empty()) {
            break;
        }
        let old = committed.keys().next().copied().filter(|_| round % 5 == 4);
        let outcome = db
            .atomic(|tx| async move {
                let mut account = Account { id: 0, amount: task };
                account.save(&tx).await?;
                account.amount += round;
                account.save(&tx).await?;
                if let Some(old) = old {
                    Account::get(&tx, old).await?.delete(&tx).await?;
                }
                match round % 3 {
                    0 => Ok(account),
                    1 => Err(Error::other("rolled back")),
                    _ => {
                        let savepoint = tx.begin().await?;
                        account.delete(&savepoint).await?;
                        savepoint.rollback().await?;
                        Ok(account)
                    }
                }
            })
            .await;
        // A deadlock, or a wait that took too long, is an error of only that transaction.
        if let Ok(account) = outcome {
            committed.insert(account.id, account.amount);
            old.map(|old| committed.remove(&old));
        }
    }
    committed
}

#[tokio::test]
async fn a_derived_total_agrees_with_what_was_committed() -> Result<()> {
    let db = db().await;
    Total { id: 1, amount: 0, added: 0 }.save(&db).await?;
    let tasks: Vec<_> = (0..16).map(|task| tokio::spawn(work(db.clone(), task))).collect();
    let mut committed = BTreeMap::new();
    for task in tasks {
        let own = task.await.unwrap();
        assert!(!own.is_empty(), "every task has its turns");
        committed.extend(own);
    }
    let accounts = Account::objects().all(&db).await?;
    let stored: BTreeMap<_, _> = accounts.iter().map(|account| (account.id, account.amount)).collect();
    assert_eq!(stored, committed, "exactly the rows that committed transactions left");
    assert_eq!(Total::get(&db, 1).await?.amount, committed.values().sum::<i64>());
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "concurrency_counter")]
struct Counter {
    id: i64,
    hits: i64,
    seen: i64,
}

/// Keeps what it saw of the row: a lost update would show.
#[receiver(pre_save, sender = Counter)]
fn count(instance: &mut Counter, previous: Option<&Counter>) {
    if let Some(previous) = previous {
        instance.seen = previous.seen + 1;
    }
}

#[tokio::test]
async fn who_reads_previous_waits_for_the_other_writer() -> Result<()> {
    let db = db().await;
    Counter { id: 1, hits: 0, seen: 0 }.save(&db).await?;
    let hit = |task| {
        let db = db.clone();
        tokio::spawn(async move {
            for _ in 0..5 {
                Counter { id: 1, hits: task, seen: 0 }.save(&db).await.unwrap();
            }
        })
    };
    let tasks: Vec<_> = (0..8).map(hit).collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(Counter::get(&db, 1).await?.seen, 40);
    Ok(())
}
