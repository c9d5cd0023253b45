//! The rows that upserts write, and the instances that become them.

use signals::model::Upserted::{Inserted, Kept, Updated};
use signals::{Error, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Log, db, rows};

#[tokio::test]
async fn skipped_fields_of_the_instances_stay() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "upserts_skipped")]
    struct Tag {
        id: i64,
        #[model(unique)]
        name: String,
        size: i32,
        #[model(skip)]
        note: &'static str,
    }
    let db = db().await;
    let tag = |name: &str, size: i32| Tag { id: 0, name: name.into(), size, note: "mine" };
    for is_recorded in [false, true] {
        let _recording = is_recorded.then(|| db.record());
        let mut tags = [tag("a", 1), tag("b", 2)];
        Tag::bulk_create(&db, &mut tags).on_conflict([Tag::NAME]).update([Tag::SIZE]).await?;
        let mut kept = tag("a", 9);
        kept.save(&db).on_conflict([Tag::NAME]).ignore().await?;
        assert_eq!(kept, tags[0]);
        assert!(tags.iter().all(|tag| tag.note == "mine" && tag.id > 0));
    }
    Ok(())
}

#[tokio::test]
async fn an_upsert_counts_the_version_of_the_row_and_compares_none() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_versions")]
    struct Page {
        id: i64,
        #[model(unique)]
        path: String,
        title: String,
        visits: i32,
        #[model(version)]
        version: i64,
    }
    static LOG: Log = Log::new();
    /// Writes the row that is about to be written.
    #[receiver(pre_save, sender = Page)]
    async fn count(instance: &Page, tx: &Tx) -> Result<()> {
        if instance.title == "counted" {
            let row = Page::objects().filter(Page::ID.eq(instance.id));
            row.update(tx, Page::VISITS.set(Page::VISITS + 1)).quiet().await?;
        }
        Ok(())
    }
    #[receiver(post_save, sender = Page)]
    fn after(instance: &Page, created: bool) {
        LOG.note(format!("{} {} {} {created}", instance.title, instance.visits, instance.version));
    }
    let db = db().await;
    let page = |path: &str, title: &str| Page { id: 0, path: path.into(), title: title.into(), visits: 0, version: 0 };
    for (title, version) in [("one", 1), ("two", 2), ("counted", 4)] {
        let mut pages = [page("/", title), page(&format!("/{title}"), "new")];
        let upsert = Page::bulk_create(&db, &mut pages).on_conflict([Page::PATH]).update([Page::TITLE]);
        let first = if version == 1 { Inserted } else { Updated };
        assert_eq!(upsert.report().await?, [first, Inserted]);
        assert_eq!(pages[0].version, version);
        assert_eq!(Page::get(&db, pages[0].id).await?, pages[0]);
    }
    LOG.take();
    // The update of a query set has locked its rows too.
    let root = Page::objects().filter(Page::PATH.eq("/"));
    assert_eq!(root.update(&db, Page::TITLE.set(Page::TITLE)).await?, 1);
    assert_eq!(LOG.take(), ["counted 1 6 false"]);
    let row = root.get(&db).await?;
    assert_eq!((row.visits, row.version), (2, 6));
    Ok(())
}

#[tokio::test]
async fn columns_that_are_never_written_and_ignore_with_values_are_refused() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_never")]
    struct Item {
        id: i64,
        size: i32,
        #[model(unique, generated, sql_type = "INTEGER GENERATED ALWAYS AS (size * 2) STORED")]
        double: i32,
    }
    let db = db().await;
    let item = |size: i32| Item { id: 0, size, double: 0 };
    let refused = |outcome: Result<()>| assert!(matches!(outcome, Err(Error::SaveOptions { .. })), "{outcome:?}");
    refused(item(1).save(&db).on_conflict([Item::DOUBLE]).ignore().await);
    refused(item(1).save(&db).on_conflict([Item::ID]).ignore().update_with(Item::SIZE.set(7)).await);
    assert_eq!(item(1).save(&db).on_conflict([Item::ID]).ignore().report().await?, Inserted);
    let mut first = Item { id: 1, ..item(5) };
    assert_eq!(first.save(&db).on_conflict([Item::ID]).ignore().report().await?, Kept);
    assert_eq!((first.size, rows(&db, "upserts_never").await), (1, 1));
    Ok(())
}
