//! Rows that a trigger keeps, and rows that the database deletes together with others.

use signals::{Db, Model, Result, post_delete, pre_delete, receiver};
use signals_test_behavior::{Kind, Log, db, elsewhere, execute, kind, rows};

/// Keeps the rows of a table whose `kept` is true.
async fn keep(db: &Db, table: &str) {
    let sql = if kind() == Kind::Postgres {
        format!(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN IF OLD.kept THEN RETURN NULL; END IF; RETURN OLD; END'; \
             CREATE TRIGGER kept BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION keep()"
        )
    } else {
        format!("CREATE TRIGGER kept BEFORE DELETE ON {table} WHEN OLD.kept BEGIN SELECT RAISE(IGNORE); END")
    };
    execute(db, sql).await;
}

#[tokio::test]
async fn rows_that_a_trigger_keeps_are_not_sent() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_kept")]
    struct Row {
        id: i64,
        kept: bool,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_delete, sender = Row)]
    fn before(instance: &Row) {
        LOG.note(format!("pre {}", instance.id));
    }
    #[receiver(post_delete, sender = Row)]
    fn after(instance: &Row, previous: Option<&Row>) {
        LOG.note(format!("post {} {:?}", instance.id, previous.map(|row| row.kept)));
    }
    if elsewhere(&[Kind::Memory, Kind::File, Kind::Postgres]) {
        return Ok(());
    }
    let db = db().await;
    keep(&db, "deletes_kept").await;
    for id in 1..=4 {
        Row { id, kept: id % 2 == 0 }.save(&db).force_insert().await?;
    }
    assert_eq!(Row { id: 2, kept: false }.delete(&db).await?.rows(), 0);
    assert_eq!(LOG.take(), ["pre 2"]);
    assert_eq!(Row::objects().filter(Row::ID.gt(1)).delete(&db).await?.rows(), 1);
    assert_eq!(LOG.take(), ["pre 2", "pre 3", "pre 4", "post 3 Some(false)"]);
    assert_eq!(Row::bulk_delete(&db, &[Row { id: 4, kept: true }]).await?.rows(), 0);
    assert_eq!(LOG.take(), ["pre 4"]);
    assert_eq!(rows(&db, "deletes_kept").await, 3);
    Ok(())
}

#[tokio::test]
async fn rows_that_go_with_others_of_the_statement_are_sent() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "deletes_along")]
    struct Node {
        id: i64,
        #[model(references = Node, on_delete = cascade)]
        up: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_delete, sender = Node)]
    fn told(instance: &Node) {
        LOG.note(instance.id);
    }
    let db = db().await;
    // The schema has the same action as the model, so the database may act first.
    execute(&db, "DROP TABLE deletes_along").await;
    execute(
        &db,
        "CREATE TABLE deletes_along (id BIGINT NOT NULL PRIMARY KEY, up BIGINT, \
         FOREIGN KEY (up) REFERENCES deletes_along (id) ON DELETE CASCADE)",
    )
    .await;
    for way in 0..2 {
        for id in 1..=4 {
            Node { id, up: (id > 1).then_some(id / 2) }.save(&db).force_insert().await?;
        }
        let deleted = match way {
            0 => Node { id: 1, up: None }.delete(&db).await?,
            _ => Node::objects().delete(&db).await?,
        };
        assert_eq!((deleted.rows(), rows(&db, "deletes_along").await), (4, 0));
        assert_eq!(LOG.take(), ["4", "3", "2", "1"]);
    }
    Ok(())
}
