//! Round trips of writes of a model whose writes by others are captured.

use signals::{Db, Model};

use crate::watch::statements;

#[derive(Debug, Clone, Model)]
#[model(table = "hops_captured", capture)]
struct Captured {
    id: i64,
    text: String,
}

/// Returns the first two words of each statement.
fn verbs(strings: &[String]) -> Vec<Vec<String>> {
    let words = |statement: &str| statement.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    strings.iter().map(|string| string.split("; ").map(words).collect()).collect()
}

#[tokio::test]
async fn the_mark_of_an_own_write_travels_with_it() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables().await.unwrap();
    let mut row = Captured { id: 0, text: "a".into() };
    let write = |write: &str| {
        let first = ["BEGIN IMMEDIATE", "REPLACE INTO", write].map(str::to_owned).to_vec();
        vec![first, ["DELETE FROM", "COMMIT"].map(str::to_owned).to_vec()]
    };
    let insert = statements(&db, async { row.save(&db).await.unwrap() }).await;
    assert_eq!(verbs(&insert), write("INSERT INTO"));
    let update = statements(&db, async { row.save(&db).await.unwrap() }).await;
    assert_eq!(verbs(&update), write("UPDATE \"hops_captured\""));
    let delete = statements(&db, async { drop(row.clone().delete(&db).await.unwrap()) }).await;
    assert_eq!(verbs(&delete).last(), write("").last());

    let tx = db.begin().await.unwrap();
    let both = statements(&db, async {
        row.save(&tx).await.unwrap();
        drop(tx.sqlite().await.unwrap());
        row.save(&tx).await.unwrap();
        tx.commit().await.unwrap();
    });
    let unmarked = verbs(&both.await).into_iter().filter(|words| words[0] == "DELETE FROM").count();
    assert_eq!(unmarked, 2, "before the connection is lent, and before the commit");
}
