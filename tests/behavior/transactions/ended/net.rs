//! The net change of a row in a whole transaction, for all sequences of its writes.

use signals::{Model, Result, post_delete, post_save, receiver};
use signals_test_behavior::{Log, db};

#[tokio::test]
async fn a_savepoint_that_is_rolled_back_keeps_its_place_in_the_net_change() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_net_order")]
    struct Row {
        id: i64,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Row, on_rollback)]
    fn lost(instance: &Row, created: bool, previous: Option<&Row>) {
        LOG.note(format!("{} {created} {:?}", instance.name, previous.map(|row| &row.name)));
    }
    #[receiver(post_delete, sender = Row, on_rollback)]
    fn not_deleted(instance: &Row) {
        LOG.note(format!("{} not deleted", instance.name));
    }
    let db = db().await;
    let tx = db.begin().await?;
    let mut row = Row { id: 0, name: "one".into() };
    row.save(&tx).await?;
    let savepoint = tx.begin().await?;
    row.name = "two".into();
    row.save(&savepoint).await?;
    savepoint.rollback().await?;
    tx.rollback().await?;
    // The insert came before the update, though the update was given up first.
    assert_eq!(LOG.take(), ["two true None"]);

    let tx = db.begin().await?;
    let mut row = Row { id: 0, name: "three".into() };
    row.save(&tx).await?;
    let savepoint = tx.begin().await?;
    row.delete(&savepoint).await?;
    savepoint.rollback().await?;
    tx.rollback().await?;
    // The row was inserted and deleted, so no signal is sent for it.
    assert!(LOG.take().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_row_is_raw_in_the_net_only_if_all_its_writes_were() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_net_raw")]
    struct Row {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Row, on_commit)]
    fn told(instance: &Row, raw: bool) {
        LOG.note(format!("{} {raw}", instance.id));
    }
    #[receiver(post_save, sender = Row, on_commit, each)]
    fn told_each(instance: &Row) {
        LOG.note(format!("each {}", instance.id));
    }
    #[receiver(post_save, sender = Row, on_commit, raw)]
    fn told_raw(instance: &Row, raw: bool) {
        LOG.note(format!("raw too {} {raw}", instance.id));
    }
    let db = db().await;
    let tx = db.begin().await?;
    let mut row = Row { id: 0 };
    row.save(&tx).await?;
    row.save(&tx).raw().await?;
    tx.commit().await?;
    let mut told = LOG.take();
    told.sort();
    assert_eq!(told, ["1 false", "each 1", "raw too 1 false"]);
    Row { id: 0 }.save(&db).raw().await?;
    assert_eq!(LOG.take(), ["raw too 2 true"]);
    Ok(())
}

#[tokio::test]
async fn the_instance_shows_columns_that_a_save_left_out_as_they_were() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "ended_net_columns")]
    struct Doc {
        id: i64,
        title: String,
        size: i64,
        #[model(json)]
        tags: Vec<String>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Doc, on_commit)]
    fn told(instance: &Doc, previous: Option<&Doc>) {
        let of = |doc: &Doc| format!("{} {} {}", doc.title, doc.size, doc.tags.join("+"));
        LOG.note(format!("{:?} -> {}", previous.map(of), of(instance)));
    }
    #[receiver(post_save, sender = Doc, on_commit, changed(title))]
    fn retitled(instance: &Doc) {
        LOG.note(format!("retitled {}", instance.title));
    }
    #[receiver(post_save, sender = Doc, on_commit, each, changed(tags))]
    fn retagged(instance: &Doc) {
        LOG.note(format!("retagged {}", instance.tags.join("+")));
    }
    let db = db().await;
    let mut doc = Doc { id: 0, title: "a".into(), size: 0, tags: vec!["x".into()] };
    doc.save(&db).quiet().await?;

    // Two instances of one row. Each writes its own column.
    let tx = db.begin().await?;
    let (mut one, mut other) = (doc.clone(), doc.clone());
    one.title = "b".into();
    one.save(&tx).update_fields([Doc::TITLE]).await?;
    other.size = 5;
    other.save(&tx).update_fields([Doc::SIZE]).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["retitled b", "Some(\"a 0 x\") -> b 5 x"]);

    // Values of an instance outside of the written columns were never in the database.
    let stale = Doc { title: "never".into(), tags: vec!["never".into()], size: 6, ..doc };
    stale.clone().save(&db).update_fields([Doc::SIZE]).await?;
    assert_eq!(LOG.take(), ["Some(\"b 5 x\") -> b 6 x"]);
    assert_eq!(Doc::get(&db, stale.id).await?.title, "b");
    Ok(())
}

#[tokio::test]
async fn a_row_is_sent_at_the_position_of_its_first_write() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_net_first")]
    struct Row {
        id: i64,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Row, on_commit)]
    fn told(instance: &Row) {
        LOG.note(&instance.name);
    }
    let db = db().await;
    let tx = db.begin().await?;
    let [mut one, mut two] = ["one", "two"].map(|name| Row { id: 0, name: name.into() });
    one.save(&tx).await?;
    two.save(&tx).await?;
    one.name = "one again".into();
    one.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["one again", "two"]);
    Ok(())
}
