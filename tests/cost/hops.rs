//! Round trips: each string of statements is one round trip to the database.

use signals::{Db, Model, Result, Tx, post_delete, post_save, pre_delete, pre_save, receiver};

use crate::watch::statements;

/// A model without receivers.
#[derive(Debug, Clone, Model)]
#[model(table = "hops_plain")]
struct Plain {
    id: i64,
    text: String,
}

/// Its receivers need no transaction.
#[derive(Debug, Clone, Model)]
#[model(table = "hops_edited")]
struct Edited {
    id: i64,
    text: String,
}

#[receiver(pre_save, sender = Edited)]
fn edit(instance: &mut Edited) -> Result<(), String> {
    instance.text.push('!');
    Ok(())
}

#[receiver(post_save, sender = Edited)]
fn count(created: bool) {
    let _ = created;
}

/// Its receiver needs one.
#[derive(Debug, Clone, Model)]
#[model(table = "hops_followed")]
struct Followed {
    id: i64,
    text: String,
}

#[receiver(post_save, sender = Followed)]
async fn follow(instance: &Followed, tx: &Tx) -> Result<()> {
    let _ = (instance, tx);
    Ok(())
}

async fn database() -> Db {
    let db = Db::connect("sqlite::memory:").await.expect("a database");
    db.create_tables().await.expect("tables");
    db
}

fn plain(id: i64) -> Plain {
    Plain { id, text: "a".into() }
}

#[tokio::test]
async fn a_new_row_without_receivers_is_one_bare_insert() {
    let db = database().await;
    let seen = statements(&db, async { plain(0).save(&db).await.unwrap() }).await;
    assert_eq!(seen, [r#"INSERT INTO "hops_plain" ("text") VALUES (?)"#]);
}

#[tokio::test]
async fn a_row_that_exists_is_one_bare_update() {
    let db = database().await;
    plain(0).save(&db).await.unwrap();
    let seen = statements(&db, async { plain(1).save(&db).await.unwrap() }).await;
    assert_eq!(seen, [r#"UPDATE "hops_plain" SET "text" = ? WHERE "id" = ?"#]);
}

#[tokio::test]
async fn a_table_that_was_there_before_is_asked_for_its_key_once() {
    let db = Db::connect("sqlite::memory:").await.expect("a database");
    let table = "CREATE TABLE hops_plain (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
    sqlx::query(table).execute(db.sqlite().expect("SQLite")).await.expect("a table");
    let seen = statements(&db, async { plain(0).save(&db).await.unwrap() }).await;
    assert!(seen.len() == 2 && seen[0].contains("pragma_table_list"), "{seen:?}");
    let seen = statements(&db, async {
        plain(0).save(&db).await.unwrap();
        plain(1).save(&db).await.unwrap();
        plain(1).delete(&db).await.unwrap();
    });
    assert_eq!(seen.await.len(), 3);
}

#[tokio::test]
async fn a_set_key_without_a_row_is_an_update_and_an_insert() {
    let db = database().await;
    let seen = statements(&db, async { plain(7).save(&db).await.unwrap() }).await;
    assert_eq!(
        seen,
        [
            r#"UPDATE "hops_plain" SET "text" = ? WHERE "id" = ?"#,
            r#"INSERT INTO "hops_plain" ("id", "text") VALUES (?, ?)"#,
        ],
    );
}

#[tokio::test]
async fn forced_writes_are_one_statement_and_an_empty_list_of_fields_is_none() {
    let db = database().await;
    assert_eq!(statements(&db, async { plain(3).save(&db).force_insert().await.unwrap() }).await.len(), 1);
    assert_eq!(statements(&db, async { plain(3).save(&db).force_update().await.unwrap() }).await.len(), 1);
    let limited = statements(&db, async { plain(3).save(&db).update_fields([Plain::TEXT]).await.unwrap() }).await;
    assert_eq!(limited, [r#"UPDATE "hops_plain" SET "text" = ? WHERE "id" = ?"#]);
    assert_eq!(statements(&db, async { plain(3).save(&db).update_fields([]).await.unwrap() }).await.len(), 0);
}

#[tokio::test]
async fn receivers_that_need_no_transaction_cost_no_round_trip() {
    let db = database().await;
    let mut edited = Edited { id: 0, text: "a".into() };
    let seen = statements(&db, async { edited.save(&db).await.unwrap() }).await;
    assert_eq!(seen, [r#"INSERT INTO "hops_edited" ("text") VALUES (?)"#]);
    assert_eq!(edited.text, "a!");
}

#[tokio::test]
async fn a_transaction_begins_with_the_write_and_costs_one_round_trip_more() {
    let db = database().await;
    let seen = statements(&db, async { Followed { id: 0, text: "a".into() }.save(&db).await.unwrap() }).await;
    assert_eq!(seen, [r#"BEGIN IMMEDIATE; INSERT INTO "hops_followed" ("text") VALUES (?)"#, "COMMIT"]);
}

#[tokio::test]
async fn a_quiet_save_is_the_bare_statement_whoever_listens() {
    let db = database().await;
    let seen = statements(&db, async { Followed { id: 0, text: "a".into() }.save(&db).quiet().await.unwrap() }).await;
    assert_eq!(seen, [r#"INSERT INTO "hops_followed" ("text") VALUES (?)"#]);
}

#[tokio::test]
async fn in_a_transaction_the_savepoint_travels_with_the_write() {
    let db = database().await;
    let tx = db.begin().await.unwrap();
    plain(0).save(&tx).await.unwrap();
    let seen = statements(&db, async {
        Followed { id: 0, text: "a".into() }.save(&tx).await.unwrap();
        Followed { id: 0, text: "b".into() }.save(&tx).await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
    assert_eq!(
        seen,
        [
            r#"SAVEPOINT s1; INSERT INTO "hops_followed" ("text") VALUES (?)"#,
            "RELEASE SAVEPOINT s1",
            r#"SAVEPOINT s1; INSERT INTO "hops_followed" ("text") VALUES (?)"#,
            "COMMIT",
        ],
    );
}

#[tokio::test]
async fn a_transaction_that_does_nothing_sends_nothing() {
    let db = database().await;
    let seen = statements(&db, async {
        let tx = db.begin().await.unwrap();
        tx.begin().await.unwrap().commit().await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
    assert_eq!(seen, [""; 0]);
}

// E103
#[tokio::test]
async fn loading_and_deleting_are_one_statement_each() {
    let db = database().await;
    plain(0).save(&db).await.unwrap();
    let seen = statements(&db, async {
        let row = Plain::get(&db, 1).await.unwrap();
        row.delete(&db).await.unwrap();
    })
    .await;
    assert_eq!(
        seen,
        [r#"SELECT "id", "text" FROM "hops_plain" WHERE "id" = ?"#, r#"DELETE FROM "hops_plain" WHERE "id" = ?"#,],
    );
}

/// Its receiver looks at what changed.
#[derive(Debug, Clone, Model)]
#[model(table = "hops_compared")]
struct Compared {
    id: i64,
    text: String,
}

#[receiver(post_save, sender = Compared)]
fn compare(previous: Option<&Compared>) {
    let _ = previous;
}

#[tokio::test]
async fn the_row_before_is_read_once_and_only_where_there_may_be_one() {
    let db = database().await;
    let mut compared = Compared { id: 0, text: "a".into() };
    let seen = statements(&db, async { compared.save(&db).await.unwrap() }).await;
    assert_eq!(seen, [r#"INSERT INTO "hops_compared" ("text") VALUES (?)"#]);
    let seen = statements(&db, async { compared.save(&db).await.unwrap() }).await;
    assert_eq!(
        seen,
        [
            "BEGIN IMMEDIATE",
            r#"SELECT "id", "text" FROM "hops_compared" WHERE "id" = ?"#,
            r#"UPDATE "hops_compared" SET "text" = ? WHERE "id" = ?"#,
            "COMMIT",
        ]
    );
}

/// The receivers of its deletes need nothing.
#[derive(Debug, Clone, Model)]
#[model(table = "hops_dropped")]
struct Dropped {
    id: i64,
}

#[receiver([pre_delete, post_delete], sender = Dropped)]
fn dropped(instance: &Dropped) {
    let _ = instance;
}

/// A receiver of its deletes looks at what the row was.
#[derive(Debug, Clone, Model)]
#[model(table = "hops_remembered")]
struct Remembered {
    id: i64,
}

#[receiver(post_delete, sender = Remembered)]
fn remember(previous: Option<&Remembered>) {
    let _ = previous;
}

/// The same, and another may write before the delete.
#[derive(Debug, Clone, Model)]
#[model(table = "hops_rewritten")]
struct Rewritten {
    id: i64,
}

#[receiver(pre_delete, sender = Rewritten)]
fn rewrite(tx: &Tx) {
    let _ = tx;
}

#[receiver(post_delete, sender = Rewritten)]
fn remember_the_last(previous: Option<&Rewritten>) {
    let _ = previous;
}

#[tokio::test]
async fn a_delete_with_receivers_is_one_bare_statement_too() {
    let db = database().await;
    Dropped { id: 1 }.save(&db).await.unwrap();
    let delete = r#"DELETE FROM "hops_dropped" WHERE "id" = ?"#;
    for rows in [1, 0] {
        let seen =
            statements(&db, async { assert_eq!(Dropped { id: 1 }.delete(&db).await.unwrap().rows(), rows) }).await;
        assert_eq!(seen, [delete]);
    }
}

#[tokio::test]
async fn a_deleted_row_is_read_if_a_receiver_names_it_and_again_if_another_may_have_written() {
    let db = database().await;
    let mut remembered = Remembered { id: 0 };
    remembered.save(&db).await.unwrap();
    let select = r#"SELECT "id" FROM "hops_remembered" WHERE "id" = ?"#;
    let seen = statements(&db, async { assert_eq!(remembered.delete(&db).await.unwrap().rows(), 1) }).await;
    assert_eq!(seen, ["BEGIN IMMEDIATE", select, r#"DELETE FROM "hops_remembered" WHERE "id" = ?"#, "COMMIT"]);
    // If no row is found, nothing is left to delete.
    let seen = statements(&db, async { assert_eq!(remembered.delete(&db).await.unwrap().rows(), 0) }).await;
    assert_eq!(seen, ["BEGIN IMMEDIATE", select, "COMMIT"]);

    let mut rewritten = Rewritten { id: 0 };
    rewritten.save(&db).await.unwrap();
    let select = r#"SELECT "id" FROM "hops_rewritten" WHERE "id" = ?"#;
    let seen = statements(&db, async { assert_eq!(rewritten.delete(&db).await.unwrap().rows(), 1) }).await;
    assert_eq!(seen, ["BEGIN IMMEDIATE", select, select, r#"DELETE FROM "hops_rewritten" WHERE "id" = ?"#, "COMMIT"]);
}
