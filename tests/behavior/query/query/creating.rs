//! Calls that find a row or create it.

use signals::{Error, FieldSet, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Log, Refused, db, refused, rows};

// D79: a found row sends no signals; a created row sends both, in one transaction.
#[tokio::test]
async fn get_or_create_sends_signals_only_for_what_it_creates() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "query_get")]
    struct Tag {
        id: i64,
        #[model(unique)]
        name: String,
        color: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Tag)]
    fn before(instance: &Tag) {
        LOG.note(format!("pre {}", instance.name));
    }
    #[receiver(post_save, sender = Tag)]
    fn after(instance: &Tag, created: bool) {
        LOG.note(format!("post {} {created}", instance.id));
    }
    let db = db().await;
    let red = || Tag { id: 0, name: "a".into(), color: "red".into() };
    let tags = Tag::objects().filter(Tag::NAME.eq("a"));
    let (first, created) = tags.get_or_create(&db, red).await?;
    assert!(created);
    assert_eq!(first, Tag { id: 1, ..red() });
    assert_eq!(LOG.take(), ["pre a", "post 1 true"]);
    let (second, created) = tags.get_or_create(&db, || unreachable!("it is there")).await?;
    assert!(!created);
    assert_eq!(second, first);
    assert_eq!(LOG.take(), [""; 0]);

    let tx = db.begin().await?;
    let others = Tag::objects().filter(Tag::NAME.eq("b"));
    let blue = || Tag { id: 0, name: "b".into(), color: "blue".into() };
    assert!(others.get_or_create(&tx, blue).await?.1);
    assert!(!others.get_or_create(&tx, blue).await?.1);
    tx.rollback().await?;
    assert_eq!(rows(&db, "query_get").await, 1, "it was part of the transaction");
    Ok(())
}

#[tokio::test]
async fn quiet_rows_that_are_found_or_made_send_nothing() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "query_quiet")]
    struct Tag {
        id: i64,
        #[model(unique)]
        name: String,
        uses: i32,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Tag)]
    fn seen(signal: &str) {
        LOG.note(signal);
    }
    #[receiver(post_save, sender = Tag, raw)]
    fn seen_raw(raw: bool) {
        LOG.note(format!("raw = {raw}"));
    }
    let db = db().await;
    let edit = |tag: &mut Tag| tag.uses += 1;
    let new = || Tag { id: 0, name: "a".into(), uses: 1 };
    let tags = Tag::objects().filter(Tag::NAME.eq("a"));
    assert!(tags.get_or_create(&db, new).quiet().await?.1);
    assert_eq!(tags.update_or_create(&db, edit, new).quiet().await?, (Tag { id: 1, uses: 2, ..new() }, false));
    let tx = db.begin().await?;
    let others = Tag::objects().filter(Tag::NAME.eq("b"));
    let other = || Tag { id: 0, name: "b".into(), uses: 1 };
    assert!(others.update_or_create(&tx, edit, other).quiet().await?.1);
    assert_eq!(others.update_or_create(&tx, edit, other).quiet().await?.0.uses, 2);
    tx.commit().await?;
    assert_eq!(LOG.take(), [""; 0]);

    let raw = Tag::objects().filter(Tag::NAME.eq("c"));
    let third = || Tag { id: 0, name: "c".into(), uses: 1 };
    assert!(raw.get_or_create(&db, third).raw().await?.1);
    raw.update_or_create(&db, edit, third).raw().await?;
    assert_eq!(LOG.take(), ["raw = true", "raw = true"]);
    assert_eq!(raw.get(&db).await?.uses, 2);
    Ok(())
}

// D80: differs, since every column is written, and receivers see a save without `update_fields`.
#[tokio::test]
async fn update_or_create_saves_either_way_with_its_signals() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "query_update")]
    struct Tag {
        id: i64,
        #[model(unique)]
        name: String,
        uses: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Tag)]
    async fn after(instance: &Tag, created: bool, update_fields: Option<&FieldSet>, tx: &Tx) -> Result<()> {
        let seen = Tag::get(tx, instance.id).await?;
        assert!(update_fields.is_none());
        LOG.note(format!("{} {created}", seen.uses));
        Ok(())
    }
    let db = db().await;
    let tags = Tag::objects().filter(Tag::NAME.eq("a"));
    let new = || Tag { id: 0, name: "a".into(), uses: 1 };
    let edit = |tag: &mut Tag| tag.uses += 1;
    assert_eq!(tags.update_or_create(&db, edit, new).await?, (Tag { id: 1, ..new() }, true));
    assert_eq!(tags.update_or_create(&db, edit, new).await?, (Tag { id: 1, uses: 2, ..new() }, false));
    let tx = db.begin().await?;
    assert_eq!(tags.update_or_create(&tx, edit, new).await?, (Tag { id: 1, uses: 3, ..new() }, false));
    tx.commit().await?;
    assert_eq!(LOG.take(), ["1 true", "2 false", "3 false"]);
    assert_eq!(Tag::get(&db, 1).await?.uses, 3);
    Ok(())
}

#[tokio::test]
async fn several_rows_are_an_error_and_nothing_is_saved() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "query_several")]
    struct Tag {
        id: i64,
        name: String,
    }
    let db = db().await;
    for _ in 0..3 {
        Tag { id: 0, name: "a".into() }.save(&db).await?;
    }
    let tags = Tag::objects().filter(Tag::NAME.eq("a"));
    let error = tags.get_or_create(&db, || unreachable!("there are three")).await.unwrap_err();
    assert!(matches!(error, Error::MultipleObjects { model: "Tag", at_least: 2 }), "{error}");
    let update = tags.update_or_create(&db, |_| unreachable!("which of them"), || unreachable!("there are three"));
    assert!(matches!(update.await, Err(Error::MultipleObjects { .. })));
    assert_eq!(rows(&db, "query_several").await, 3);
    Ok(())
}

// A row after the limit would be created again.
#[tokio::test]
async fn a_slice_is_neither_looked_through_nor_created() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "query_sliced")]
    struct Tag {
        id: i64,
        name: String,
    }
    let db = db().await;
    Tag { id: 0, name: "a".into() }.save(&db).await?;
    let tx = db.begin().await?;
    let tags = Tag::objects().filter(Tag::NAME.eq("a"));
    for sliced in [tags.clone().limit(1), tags.offset(1)] {
        let error = sliced.get_or_create(&tx, || unreachable!("it is refused")).await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { .. }) && error.to_string().contains("limit"), "{error}");
        let update = sliced.update_or_create(&tx, |_| unreachable!("it is refused"), || unreachable!("it is refused"));
        let error = update.await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { .. }) && error.to_string().contains("limit"), "{error}");
    }
    tx.commit().await?;
    Ok(())
}

#[tokio::test]
async fn a_failing_receiver_undoes_what_was_created_and_leaves_the_transaction_usable() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "query_failing")]
    struct Tag {
        id: i64,
        name: String,
    }
    #[receiver(post_save, sender = Tag)]
    async fn refuse(instance: &Tag, tx: &Tx) -> Result<(), signals::BoxError> {
        if instance.name == "bad" {
            Tag { id: 0, name: "good".into() }.save(tx).await?;
            return Err(Refused("bad").into());
        }
        Ok(())
    }
    let db = db().await;
    let bad = || Tag { id: 0, name: "bad".into() };
    let tags = Tag::objects().filter(Tag::NAME.eq("bad"));
    assert_eq!(refused(&tags.get_or_create(&db, bad).await.unwrap_err()), Some("bad"));
    let tx = db.begin().await?;
    assert_eq!(refused(&tags.get_or_create(&tx, bad).await.unwrap_err()), Some("bad"));
    assert_eq!(refused(&tags.update_or_create(&tx, |_| (), bad).await.unwrap_err()), Some("bad"));
    Tag { id: 0, name: "other".into() }.save(&tx).await?;
    tx.commit().await?;
    let left = Tag::objects().all(&db).await?;
    assert_eq!(left.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["other"]);
    Ok(())
}

// D79: an IntegrityError is a lost race, and is raised again if the row is still missing.
#[tokio::test]
async fn a_unique_violation_by_another_row_is_the_error() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "query_violation")]
    struct Tag {
        id: i64,
        #[model(unique)]
        name: String,
    }
    let db = db().await;
    let a = || Tag { id: 0, name: "a".into() };
    a().save(&db).await?;
    let tags = Tag::objects().filter(Tag::NAME.eq("b"));
    let tx = db.begin().await?;
    let error = tags.get_or_create(&tx, a).await.unwrap_err();
    assert!(error.is_unique_violation(), "{error}");
    assert!(tags.get_or_create(&tx, || Tag { id: 0, name: "b".into() }).await?.1, "the transaction goes on");
    tx.commit().await?;
    assert_eq!(rows(&db, "query_violation").await, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_callers_at_once_one_creates_and_no_update_is_lost() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "query_race")]
    struct Counter {
        id: i64,
        #[model(unique)]
        name: String,
        count: i64,
    }
    let db = db().await;
    for round in 0..5 {
        let name = format!("counter {round}");
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (db, name) = (db.clone(), name.clone());
                tokio::spawn(async move {
                    let counters = Counter::objects().filter(Counter::NAME.eq(&name));
                    let new = || Counter { id: 0, name: name.clone(), count: 0 };
                    let (get, add) = (
                        counters.get_or_create(&db, new),
                        counters.update_or_create(&db, |counter| counter.count += 1, new),
                    );
                    // A quiet call that loses the race reads the row again too.
                    let (get, add) = if round % 2 == 0 { (get, add) } else { (get.quiet(), add.quiet()) };
                    let (_, created) = get.await?;
                    add.await?;
                    Ok::<_, Error>(created)
                })
            })
            .collect();
        let mut created = 0;
        for task in tasks {
            created += usize::from(task.await.unwrap()?);
        }
        let counter = Counter::objects().filter(Counter::NAME.eq(&name)).first(&db).await?.unwrap();
        assert_eq!((created, counter.count), (1, 8));
    }
    assert_eq!(rows(&db, "query_race").await, 5);
    Ok(())
}
