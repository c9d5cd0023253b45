//! Models with a version: a save of a stale instance is refused.

use std::slice;

use signals::{Error, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Log, Refused, db, refused};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "versions_pages")]
struct Page {
    id: i64,
    title: String,
    text: Option<String>,
    #[model(version)]
    version: i64,
}

static LOG: Log = Log::new();

#[receiver(post_save, sender = Page)]
fn saved(instance: &Page, created: bool) -> Result<(), Refused> {
    LOG.note(format!("{} {} {created}", instance.title, instance.version));
    if instance.title == "refused" { Err(Refused("title")) } else { Ok(()) }
}

fn page(title: &str) -> Page {
    Page { id: 0, title: title.into(), text: None, version: 0 }
}

fn stale(error: &Error) -> Option<&str> {
    match error {
        Error::Stale { model: "Page", key } => Some(key),
        _ => None,
    }
}

#[tokio::test]
async fn a_save_of_a_stale_instance_changes_nothing_and_sends_no_post_save() -> Result<()> {
    let db = db().await;
    let mut mine = page("a").create(&db).await?;
    assert_eq!(mine.version, 1);
    let mut yours = mine.clone();
    yours.title = "b".into();
    yours.save(&db).await?;
    assert_eq!((yours.version, LOG.take()), (2, vec!["a 1 true".into(), "b 2 false".into()]));

    mine.title = "c".into();
    let before = mine.clone();
    for error in [
        mine.save(&db).await.unwrap_err(),
        mine.save(&db).quiet().await.unwrap_err(),
        mine.save(&db).force_update().await.unwrap_err(),
        mine.save(&db).update_fields([Page::TITLE]).await.unwrap_err(),
        Page::bulk_update(&db, std::slice::from_mut(&mut mine), [Page::TITLE]).await.unwrap_err(),
    ] {
        assert_eq!(stale(&error), Some("1"), "{error}");
    }
    let tx = db.begin().await?;
    assert_eq!(stale(&mine.save(&tx).await.unwrap_err()), Some("1"));
    tx.commit().await?;
    assert_eq!((&mine, Page::get(&db, 1).await?, LOG.take()), (&before, yours, vec![]));

    mine.refresh(&db).await?;
    mine.text = Some("t".into());
    mine.save(&db).update_fields([Page::TEXT]).await?;
    assert_eq!(Page::get(&db, 1).await?, Page { id: 1, title: "b".into(), text: Some("t".into()), version: 3 });
    assert_eq!((mine.version, LOG.take()), (3, vec!["b 3 false".into()]));

    mine.title = "refused".into();
    let before = mine.clone();
    assert_eq!(refused(&mine.save(&db).await.unwrap_err()), Some("title"));
    assert_eq!((&mine, LOG.take().len()), (&before, 1), "the version is that of the row again");
    mine.title = "d".into();
    mine.save(&db).await?;
    assert_eq!((mine.version, LOG.take()), (4, vec!["d 4 false".into()]));

    mine.delete(&db).await?;
    assert!(matches!(mine.save(&db).force_update().await.unwrap_err(), Error::NotUpdated { .. }));
    mine.save(&db).await?;
    assert_eq!((mine.version, LOG.take()), (4, vec!["d 4 true".into()]), "a row that is gone is inserted");
    Ok(())
}

#[tokio::test]
async fn every_update_counts_the_version() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "versions_counted")]
    struct Seen {
        #[model(primary_key)]
        tenant: i32,
        #[model(primary_key)]
        id: i64,
        title: String,
        #[model(version, column = "lock version")]
        version: i32,
    }
    static SEEN: Log = Log::new();
    #[receiver(pre_save, sender = Seen)]
    fn mark(instance: &mut Seen) {
        if instance.title == "marked" {
            instance.title.push('!');
        }
    }
    #[receiver(post_save, sender = Seen)]
    fn saved(instance: &Seen) {
        SEEN.note(format!("{} {}", instance.title, instance.version));
    }
    let db = db().await;
    let mut rows: Vec<_> = (1..=3).map(|id| Seen { tenant: 1, id, title: format!("r{id}"), version: 0 }).collect();
    Seen::bulk_create(&db, &mut rows).await?;
    assert_eq!(SEEN.take(), ["r1 1", "r2 1", "r3 1"]);
    let all = Seen::objects().order_by(Seen::ID.asc());
    assert_eq!(Seen::objects().update(&db, Seen::TITLE.set("u")).await?, 3);
    assert_eq!(SEEN.take(), ["u 2", "u 2", "u 2"]);
    assert_eq!(Seen::objects().update(&db, Seen::TITLE.set("marked")).await?, 3);
    assert_eq!(SEEN.take(), ["marked! 3", "marked! 3", "marked! 3"]);
    assert_eq!(Seen::objects().update(&db, Seen::TITLE.set(Seen::TITLE.concat("?"))).batch_size(2).await?, 3);
    assert_eq!(SEEN.take(), ["marked!? 4", "marked!? 4", "marked!? 4"]);
    assert_eq!(Seen::objects().update(&db, Seen::TITLE.set("q")).quiet().await?, 3);
    let mut rows = all.all(&db).await?;
    assert_eq!(rows.iter().map(|row| row.version).collect::<Vec<_>>(), [5, 5, 5]);

    rows[1].title = "b".into();
    Seen::bulk_update(&db, &mut rows, [Seen::TITLE]).await?;
    assert_eq!((all.all(&db).await?, SEEN.take()), (rows.clone(), vec!["q 6".into(), "b 6".into(), "q 6".into()]));
    rows[1].clone().save(&db).quiet().await?;
    for row in &mut rows {
        row.title = "no".into();
    }
    let error = Seen::bulk_update(&db, &mut rows, [Seen::TITLE]).await.unwrap_err();
    assert!(matches!(&error, Error::Stale { key, .. } if key == "[1, 2]"), "{error}");
    let stored = all.all(&db).await?;
    let stored: Vec<_> = stored.iter().map(|row| (&*row.title, row.version)).collect();
    assert_eq!(stored, [("q", 6), ("b", 7), ("q", 6)]);

    let second = Seen::objects().filter(Seen::ID.eq(2));
    let new = || Seen { tenant: 1, id: 2, title: "new".into(), version: 0 };
    let (row, created) = second.update_or_create(&db, |row| row.title = "e".into(), new).await?;
    assert_eq!((row.version, created), (8, false));
    // As fixtures are loaded.
    Seen { version: 40, ..row }.save(&db).raw().await?;
    assert_eq!(Seen::get(&db, (1, 2)).await?.version, 40);
    let mut fixture = Seen { tenant: 2, id: 1, title: "f".into(), version: 0 };
    fixture.save(&db).raw().await?;
    assert_eq!(Seen::get(&db, (2, 1)).await?.version, 0);
    Ok(())
}

#[tokio::test]
async fn the_version_itself_cannot_be_set() -> Result<()> {
    let db = db().await;
    let mut page = page("a").create(&db).quiet().await?;
    for error in [
        page.save(&db).update_fields([Page::VERSION]).await.unwrap_err(),
        Page::objects().update(&db, Page::VERSION.set(7)).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::SaveOptions { .. }), "{error}");
        assert!(error.to_string().contains("which every UPDATE counts"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn writers_that_read_again_after_a_stale_save_lose_no_change() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "versions_counter")]
    struct Counter {
        id: i64,
        count: i64,
        #[model(version)]
        version: i64,
    }
    let db = db().await;
    Counter { id: 0, count: 0, version: 0 }.create(&db).await?;
    let tasks = (0..8).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            for _ in 0..25 {
                loop {
                    let mut counter = Counter::get(&db, 1).await?;
                    counter.count += 1;
                    match counter.save(&db).await {
                        Ok(()) => break,
                        Err(Error::Stale { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap()?;
    }
    assert_eq!(Counter::get(&db, 1).await?, Counter { id: 1, count: 200, version: 201 });
    Ok(())
}

#[tokio::test]
async fn raw_writes_neither_compare_nor_count_the_version() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "versions_raw")]
    struct Raw {
        id: i64,
        title: String,
        #[model(version)]
        version: i64,
    }
    let db = db().await;
    let mut first = Raw { id: 0, title: "a".into(), version: 0 }.create(&db).await?;
    first.version = 7;
    first.save(&db).raw().update_fields([Raw::TITLE]).await?;
    assert_eq!((first.version, Raw::get(&db, 1).await?.version), (7, 7));
    let mut list = [Raw { title: "b".into(), version: 9, ..first }];
    Raw::bulk_update(&db, &mut list, [Raw::TITLE]).raw().await?;
    assert_eq!(Raw::get(&db, 1).await?, list[0]);
    assert_eq!((&*list[0].title, list[0].version), ("b", 9));
    Ok(())
}

#[tokio::test]
async fn a_failed_save_restores_the_version_of_a_model_that_is_not_clone() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "versions_not_clone")]
    struct Plain {
        id: i64,
        title: String,
        #[model(version)]
        version: i32,
    }
    #[receiver(post_save, sender = Plain)]
    fn refuse(instance: &Plain) -> Result<(), Refused> {
        if instance.title == "refused" { Err(Refused("title")) } else { Ok(()) }
    }
    let db = db().await;
    let mut list = [Plain { id: 0, title: "a".into(), version: 0 }];
    list[0].save(&db).await?;
    list[0].title = "refused".into();
    assert!(list[0].save(&db).await.is_err());
    assert!(Plain::bulk_update(&db, &mut list, [Plain::TITLE]).await.is_err());
    assert_eq!(list[0].version, 1);
    list[0].title = "b".into();
    list[0].save(&db).await?;
    assert_eq!(list[0].version, 2);

    // A rollback of the caller leaves the number of the row that is gone.
    let tx = db.begin().await?;
    list[0].save(&tx).await?;
    tx.rollback().await?;
    assert!(matches!(list[0].save(&db).await, Err(Error::Stale { .. })));
    list[0].refresh(&db).await?;
    list[0].save(&db).await?;
    assert_eq!(list[0].version, 3);
    Ok(())
}

#[tokio::test]
async fn a_reference_that_is_set_to_null_counts_the_version() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "versions_shelves")]
    struct Shelf {
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "versions_books")]
    struct Book {
        id: i64,
        #[model(references = Shelf, on_delete = set_null)]
        shelf_id: Option<i64>,
        #[model(version)]
        version: i64,
    }
    let db = db().await;
    let shelf = Shelf { id: 0 }.create(&db).await?;
    let mut book = Book { id: 0, shelf_id: Some(shelf.id), version: 0 }.create(&db).await?;
    shelf.delete(&db).await?;
    assert!(matches!(book.save(&db).await, Err(Error::Stale { .. })));
    book.refresh(&db).await?;
    assert_eq!((book.shelf_id, book.version), (None, 2));
    Ok(())
}

#[tokio::test]
async fn a_version_at_its_maximum_stops_every_update() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "versions_small")]
    struct Small {
        id: i64,
        #[model(unique)]
        place: i32,
        title: String,
        #[model(version)]
        version: i32,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "versions_large")]
    struct Large {
        id: i64,
        #[model(unique)]
        place: i32,
        title: String,
        #[model(version)]
        version: i64,
    }
    macro_rules! check {
        ($model:ident, $db:expr, $greatest:expr) => {
            let mut row = $model { id: 0, place: 1, title: "a".into(), version: $greatest };
            row.save($db).raw().await?;
            let before = row.clone();
            row.title = "b".into();
            let all = || $model::objects();
            for outcome in [
                row.save($db).await,
                row.save($db).quiet().update_fields([$model::TITLE]).await,
                $model::bulk_update($db, slice::from_mut(&mut row), [$model::TITLE]).await,
                all().update($db, $model::TITLE.set("b")).await.map(drop),
                all().update($db, $model::TITLE.set($model::TITLE.concat("b"))).quiet().await.map(drop),
                all().update_or_create($db, |row| row.title = "b".into(), || before.clone()).await.map(drop),
                row.save($db).on_conflict([$model::PLACE]).update([$model::TITLE]).await,
            ] {
                let error = outcome.unwrap_err();
                assert!(matches!(error, Error::Database { .. }), "{error}");
                assert_eq!($model::get($db, row.id).await?, before);
                assert_eq!(row.version, $greatest);
            }
            row.version = $greatest - 1;
            row.save($db).raw().await?;
            row.save($db).await?;
            assert_eq!(($model::get($db, row.id).await?, row.version), (row.clone(), $greatest));
        };
    }
    let db = db().await;
    check!(Small, &db, i32::MAX);
    check!(Large, &db, i64::MAX);
    Ok(())
}
