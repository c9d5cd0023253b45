//! Round trips of saves with durable receivers: the runs are inserted in the same string.

use signals::tasks::Task;
use signals::{Db, Model, Result, Tx, post_save, receiver};

use crate::watch::statements;

#[derive(Debug, Clone, Model)]
#[model(table = "hops_stored")]
struct Stored {
    id: i64,
    text: String,
}

#[receiver(post_save, sender = Stored, durable)]
fn index(instance: &Stored) {
    let _ = instance;
}

#[receiver(post_save, sender = Stored, durable, raw)]
fn mail(created: bool) {
    let _ = created;
}

/// Another receiver of its saves needs a transaction.
#[derive(Debug, Clone, Model)]
#[model(table = "hops_stored_and_followed")]
struct Both {
    id: i64,
    text: String,
}

#[receiver(post_save, sender = Both, durable)]
fn index_both(instance: &Both) {
    let _ = instance;
}

#[receiver(post_save, sender = Both)]
async fn follow(instance: &Both, tx: &Tx) -> Result<()> {
    let _ = (instance, tx);
    Ok(())
}

async fn database() -> Db {
    let db = Db::connect("sqlite::memory:").await.expect("a database");
    db.create_tables().await.expect("tables");
    db
}

fn stored(id: i64) -> Stored {
    Stored { id, text: "a".into() }
}

/// Returns the first words of each statement of a string.
fn verbs(text: &str) -> Vec<String> {
    let words = |statement: &str| statement.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    text.split("; ").map(words).collect()
}

#[tokio::test]
async fn a_save_and_its_runs_are_one_string() {
    let db = database().await;
    let insert = statements(&db, async { stored(0).save(&db).await.unwrap() }).await;
    assert_eq!(insert.len(), 1, "{insert:?}");
    assert_eq!(verbs(&insert[0]), ["BEGIN IMMEDIATE", "INSERT INTO", "WITH one(signals_written_key)", "COMMIT"]);
    let update = statements(&db, async { stored(1).save(&db).await.unwrap() }).await;
    assert_eq!(update.len(), 1, "{update:?}");
    assert_eq!(
        verbs(&update[0]),
        ["BEGIN IMMEDIATE", "UPDATE \"hops_stored\"", "WITH one(signals_written_key)", "COMMIT"]
    );
    assert_eq!(Task::objects().count(&db).await.unwrap(), 4);
}

#[tokio::test]
async fn in_a_transaction_they_are_one_string_with_their_savepoint() {
    let db = database().await;
    let tx = db.begin().await.unwrap();
    stored(0).create(&tx).await.unwrap();
    let savepoint = tx.begin().await.unwrap();
    let seen = statements(&db, async {
        stored(0).save(&savepoint).await.unwrap();
        savepoint.commit().await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
    let verbs: Vec<_> = seen.iter().map(|text| verbs(text)).collect();
    let expected: [&[&str]; 4] = [
        &["RELEASE SAVEPOINT"],
        &["SAVEPOINT s1"],
        &["SAVEPOINT s2", "INSERT INTO", "WITH one(signals_written_key)"],
        &["COMMIT"],
    ];
    assert_eq!(verbs, expected);
    assert_eq!(Task::objects().count(&db).await.unwrap(), 4);
}

#[tokio::test]
async fn runs_go_along_in_the_transaction_of_another_receiver() {
    let db = database().await;
    let seen = statements(&db, async { Both { id: 0, text: "a".into() }.save(&db).await.unwrap() }).await;
    let verbs: Vec<_> = seen.iter().map(|text| verbs(text)).collect();
    let expected: [&[&str]; 2] = [&["BEGIN IMMEDIATE", "INSERT INTO", "WITH one(signals_written_key)"], &["COMMIT"]];
    assert_eq!(verbs, expected);
}
