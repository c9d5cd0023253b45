//! Rows that others, or a receiver of `pre_save`, delete, insert or write during a write.

use std::sync::OnceLock;

use signals::{Db, Error, Isolation, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, db, elsewhere, execute, execute_in, kind, numbers, until_waiting};

/// The databases in which a transaction can wait for a row of another, and continue with the result.
const WITH_ROW_LOCKS: [Kind; 2] = [Kind::Postgres, Kind::Mysql];

#[tokio::test]
async fn a_row_that_is_gone_is_not_updated() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "replaced_gone")]
    struct Row {
        id: i64,
        n: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "replaced_gone_key")]
    struct Bare {
        id: i64,
    }
    if elsewhere(&WITH_ROW_LOCKS) {
        return Ok(());
    }
    let db = db().await;
    let mut rows = [1, 2].map(|id| Row { id, n: 1 });
    Row::bulk_create(&db, &mut rows).await?;
    Bare { id: 1 }.save(&db).force_insert().await?;
    let tx = db.begin().await?;
    // MariaDB's transaction sees these rows until its end, unless it reads them to write.
    assert_eq!(Row::objects().count(&tx).await?, 2);
    rows[0].delete(&db).await?;
    Bare { id: 1 }.delete(&db).await?;
    let is_of_the_first = |outcome: Result<()>| {
        let error = outcome.unwrap_err();
        assert!(matches!(&error, Error::NotUpdated { key, .. } if key == "1"), "{error:?}");
    };
    is_of_the_first(rows[0].save(&tx).update_fields([Row::N]).await);
    is_of_the_first(rows[0].save(&tx).force_update().await);
    is_of_the_first(Row::bulk_update(&tx, &mut rows[..1], [Row::N]).await);
    is_of_the_first(Row::bulk_update(&tx, &mut rows, [Row::N]).await);
    is_of_the_first(Bare { id: 1 }.save(&tx).force_update().await);
    tx.rollback().await
}

#[tokio::test]
async fn a_row_that_is_inserted_again_is_updated() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "replaced_again")]
    struct Row {
        id: i64,
        n: i64,
    }
    if elsewhere(&WITH_ROW_LOCKS) {
        return Ok(());
    }
    let db = db().await;
    let rows = [1, 2, 3].map(|id| Row { id, n: 1 });
    Row::bulk_create(&db, &mut rows.clone()).await?;
    for way in 0..4_i64 {
        let tx = db.begin().await?;
        Row { id: 2, n: 0 }.delete(&tx).await?;
        Row { id: 2, n: 0 }.save(&tx).force_insert().await?;
        let (db, mut rows) = (db.clone(), rows.clone());
        for row in &mut rows {
            row.n = 10 + way;
        }
        let writing = tokio::spawn({
            let db = db.clone();
            async move {
                match way {
                    0 => rows[1].save(&db).await,
                    1 => rows[1].save(&db).update_fields([Row::N]).await,
                    2 => Row::bulk_update(&db, &mut rows[1..2], [Row::N]).await,
                    _ => Row::bulk_update(&db, &mut rows, [Row::N]).await,
                }
            }
        });
        until_waiting(&db, "replaced_again").await;
        tx.commit().await?;
        match (way, writing.await.unwrap()) {
            // The UPDATE of a plain save finds no row, and the INSERT is refused.
            (0, Err(Error::KeyTaken { .. })) if kind() == Kind::Postgres => {}
            (_, written) => {
                written?;
                assert_eq!(Row::get(&db, 2).await?.n, 10 + way, "{way}");
            }
        }
    }
    assert_eq!(numbers(&db, "SELECT n FROM replaced_again ORDER BY id").await, [13, 13, 13]);
    Ok(())
}

#[tokio::test]
async fn a_row_that_others_replace_is_the_previous_one() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "replaced_kept")]
    struct Row {
        id: i64,
        n: i64,
    }
    static LOG: Log = Log::new();
    /// Ignores the other row.
    fn note(row: &Row, line: impl std::fmt::Display) {
        if row.id == 1 {
            LOG.note(line);
        }
    }
    #[receiver(pre_save, sender = Row)]
    fn before(instance: &Row, previous: Option<&Row>) {
        note(instance, format!("before {} {:?}", instance.n, previous.map(|row| row.n)));
    }
    #[receiver(post_save, sender = Row)]
    fn after(instance: &Row, previous: Option<&Row>, created: bool, tx: &Tx) {
        let _ = tx;
        note(instance, format!("after {} {:?} {created}", instance.n, previous.map(|row| row.n)));
    }
    #[receiver(post_save, sender = Row, on_commit)]
    fn committed(instance: &Row, previous: Option<&Row>, created: bool) {
        note(instance, format!("commit {} {:?} {created}", instance.n, previous.map(|row| row.n)));
    }
    if elsewhere(&WITH_ROW_LOCKS) {
        return Ok(());
    }
    let db = db().await;
    for id in 1..=2 {
        Row { id, n: 1 }.save(&db).quiet().force_insert().await?;
    }
    let other = Row { id: 2, n: 3 };
    for way in 0..5 {
        let tx = db.begin().await?;
        execute_in(&tx, "DELETE FROM replaced_kept WHERE id = 1").await;
        execute_in(&tx, "INSERT INTO replaced_kept (id, n) VALUES (1, 2)").await;
        let writing = tokio::spawn({
            let (db, other) = (db.clone(), other.clone());
            async move {
                let mut row = Row { id: 1, n: 3 };
                match way {
                    0 => row.save(&db).await,
                    1 => row.save(&db).update_fields([Row::N]).await,
                    2 => Row::bulk_update(&db, &mut [row], [Row::N]).await,
                    3 => Row::bulk_update(&db, &mut [other, row], [Row::N]).await,
                    _ => Row::objects().filter(Row::ID.eq(1)).update(&db, [Row::N.set(3)]).await.map(drop),
                }
            }
        });
        until_waiting(&db, "replaced_kept").await;
        assert!(LOG.take().is_empty(), "it waits");
        tx.commit().await?;
        writing.await.unwrap()?;
        let log = LOG.take();
        if way == 4 && kind() == Kind::Postgres {
            // As a plain UPDATE, it leaves out a row that is not the one it waited for.
            assert!(log.is_empty(), "{log:?}");
            assert_eq!(Row::get(&db, 1).await?.n, 2);
        } else {
            assert_eq!(log, ["before 3 Some(2)", "after 3 Some(2) false", "commit 3 Some(2) false"], "{way}");
            assert_eq!(Row::get(&db, 1).await?.n, 3);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_row_that_others_insert_after_the_look_is_the_previous_one() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "replaced_late")]
    struct Row {
        id: i64,
        n: i64,
    }
    static LOG: Log = Log::new();
    static DB: OnceLock<Db> = OnceLock::new();
    #[receiver(pre_save, sender = Row)]
    async fn insert(instance: &Row, previous: Option<&Row>) -> Result<()> {
        LOG.note(format!("before {} {:?}", instance.id, previous.map(|row| row.n)));
        // In a transaction of its own, as others do it.
        if instance.id < 4 {
            Row { id: instance.id, n: 1 }.save(DB.get().unwrap()).quiet().force_insert().await?;
        }
        Ok(())
    }
    #[receiver(post_save, sender = Row)]
    fn after(instance: &Row, previous: Option<&Row>, created: bool) {
        LOG.note(format!("after {} {:?} {created}", instance.id, previous.map(|row| row.n)));
    }
    #[receiver(post_save, sender = Row, on_commit)]
    fn committed(instance: &Row, previous: Option<&Row>, created: bool) {
        LOG.note(format!("commit {} {:?} {created}", instance.id, previous.map(|row| row.n)));
    }
    if elsewhere(&WITH_ROW_LOCKS) {
        return Ok(());
    }
    let db = db().await;
    assert!(DB.set(db.clone()).is_ok());
    let told = |id: i64, n: &str, created: bool| {
        [format!("before {id} None"), format!("after {id} {n} {created}"), format!("commit {id} {n} {created}")]
    };
    for id in 1..=4 {
        // Otherwise MariaDB blocks inserts at the position where a row was looked up.
        let tx = db.transaction().isolation(Isolation::ReadCommitted).begin().await?;
        let mut row = Row { id, n: 2 };
        match id {
            2 => row.save(&tx).update_fields([Row::N]).await?,
            3 => Row::bulk_update(&tx, &mut [row], [Row::N]).await?,
            _ => row.save(&tx).await?,
        }
        tx.commit().await?;
        let is_new = id == 4;
        assert_eq!(LOG.take(), told(id, if is_new { "None" } else { "Some(1)" }, is_new));
        assert_eq!(Row::get(&db, id).await?.n, 2);
    }
    Ok(())
}

/// The UPDATE before the look is undone, and the one after it must not write what the first returned.
#[tokio::test]
async fn an_update_that_is_undone_leaves_no_filled_value() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "replaced_filled", reread)]
    struct Row {
        id: i64,
        n: i64,
        #[model(db_default, default = 7)]
        stars: Option<i64>,
    }
    static DB: OnceLock<Db> = OnceLock::new();
    #[receiver(pre_save, sender = Row)]
    async fn insert(instance: &Row, previous: Option<&Row>) -> Result<()> {
        assert_eq!(previous, None);
        Row { n: 1, ..instance.clone() }.save(DB.get().unwrap()).quiet().force_insert().await
    }
    #[receiver(post_save, sender = Row)]
    fn after(previous: Option<&Row>, created: bool) {
        assert_eq!((previous.map(|row| (row.n, row.stars)), created), (Some((1, Some(7))), false));
    }
    if elsewhere(&WITH_ROW_LOCKS) {
        return Ok(());
    }
    let db = db().await;
    assert!(DB.set(db.clone()).is_ok());
    let trigger = if kind() == Kind::Postgres {
        "CREATE FUNCTION add_star() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.stars := NEW.stars + 1; RETURN NEW; END $$; \
         CREATE TRIGGER add_star BEFORE UPDATE ON replaced_filled FOR EACH ROW EXECUTE FUNCTION add_star()"
    } else {
        "CREATE TRIGGER add_star BEFORE UPDATE ON replaced_filled FOR EACH ROW SET NEW.stars = NEW.stars + 1"
    };
    execute(&db, trigger).await;
    // Otherwise MariaDB blocks inserts at the position where a row was looked up.
    let tx = db.transaction().isolation(Isolation::ReadCommitted).begin().await?;
    let mut row = Row { id: 1, n: 2, stars: None };
    row.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(row.stars, Some(8), "the trigger added one, and not to what it had added before");
    assert_eq!(Row::get(&db, 1).await?, row);
    Ok(())
}

#[tokio::test]
async fn a_row_that_a_receiver_writes_itself_is_the_previous_one() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "replaced_own")]
    struct Row {
        id: i64,
        n: i64,
        seen: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Row)]
    async fn write(instance: &Row, tx: &Tx) -> Result<()> {
        Row { id: instance.id, n: instance.n + 100, seen: 0 }.save(tx).quiet().await
    }
    #[receiver(post_save, sender = Row)]
    fn after(instance: &Row, previous: Option<&Row>, created: bool) {
        LOG.note(format!("{} {} {:?} {created}", instance.id, instance.n, previous.map(|row| row.n)));
    }
    let db = db().await;
    let mut row = Row { id: 1, n: 1, seen: 0 };
    row.save(&db).await?;
    assert_eq!(LOG.take(), ["1 1 Some(101) false"], "a row that the receiver inserted");
    row.n = 2;
    row.save(&db).await?;
    assert_eq!(LOG.take(), ["1 2 Some(102) false"]);
    row.n = 3;
    row.save(&db).update_fields([Row::N]).await?;
    assert_eq!(LOG.take(), ["1 3 Some(103) false"]);
    row.n = 4;
    Row::bulk_update(&db, &mut [row], [Row::N]).await?;
    assert_eq!(LOG.take(), ["1 4 Some(104) false"]);
    Row::bulk_update(&db, &mut [Row { id: 2, n: 1, seen: 0 }], [Row::N]).await?;
    assert_eq!(LOG.take(), ["2 1 Some(101) false"]);
    assert_eq!(Row::objects().update(&db, [Row::N.set(5)]).await?, 2);
    assert_eq!(LOG.take(), ["1 5 Some(105) false", "2 5 Some(105) false"]);
    Ok(())
}

#[tokio::test]
async fn rows_that_a_trigger_leaves_out_undo_the_update() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "replaced_skipped")]
    struct Row {
        id: i64,
        n: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Row)]
    async fn delete_the_last(instance: &Row, tx: &Tx) {
        if instance.n == 3 {
            execute_in(tx, "DELETE FROM replaced_skipped WHERE id = 10").await;
        }
    }
    #[receiver(post_save, sender = Row)]
    fn after(instance: &Row) {
        LOG.note(instance.id);
    }
    // A trigger of MariaDB cannot leave out a row.
    if elsewhere(&[Kind::Memory, Kind::File, Kind::Postgres]) {
        return Ok(());
    }
    let db = db().await;
    let mut rows: Vec<Row> = (1..=10).map(|id| Row { id, n: 1 }).collect();
    Row::bulk_create(&db, &mut rows).quiet().await?;
    // A deleted row is left out.
    assert_eq!(Row::objects().update(&db, [Row::N.set(3)]).await?, 9);
    assert_eq!(LOG.take(), ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let skip = if kind().is_sqlite() {
        "CREATE TRIGGER skip_three BEFORE UPDATE ON replaced_skipped WHEN old.id <= 3 BEGIN SELECT raise(IGNORE); END"
    } else {
        "CREATE FUNCTION skip_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER skip_three BEFORE UPDATE ON replaced_skipped FOR EACH ROW WHEN (old.id <= 3) EXECUTE FUNCTION skip_row()"
    };
    execute(&db, skip).await;
    for value in [2, 3] {
        let error = Row::objects().update(&db, [Row::N.set(value)]).await.unwrap_err();
        assert!(
            matches!(&error, Error::SaveOptions { problem, .. } if problem.contains("check the triggers of the table")),
            "{error:?}"
        );
        assert!(LOG.take().is_empty());
        assert_eq!(numbers(&db, "SELECT DISTINCT n FROM replaced_skipped").await, [3], "it is undone");
    }
    Ok(())
}
