//! A receiver of every model that waits for the commit: this binary has one, so rows that cannot be copied
//! cannot be written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};

use signals::{AnyModel, Db, Error, Model, Result, post_delete, post_save, pre_delete, receiver};

#[derive(Debug, Model)]
struct Shelf {
    id: i64,
}

#[derive(Debug, Model)]
struct Book {
    id: i64,
    #[model(references = Shelf, on_delete = cascade)]
    shelf_id: i64,
}

#[receiver([post_save, post_delete], on_commit)]
fn keep(instance: &dyn AnyModel) {
    panic!("{:?} was kept", instance.pk());
}

static TOLD: AtomicUsize = AtomicUsize::new(0);

#[receiver(pre_delete, sender = Book)]
fn count() {
    TOLD.fetch_add(1, Ordering::Relaxed);
}

async fn stored(db: &Db) -> (u64, u64) {
    (Shelf::objects().count(db).await.unwrap(), Book::objects().count(db).await.unwrap())
}

#[track_caller]
fn assert_uncopied<T>(outcome: Result<T>) {
    let Err(error @ Error::NotClone { .. }) = outcome else { panic!("it was not refused") };
    assert!(error.to_string().contains("write `#[derive(Clone)]`"), "{error}");
}

#[tokio::test]
async fn rows_that_cannot_be_kept_are_refused_before_anything_is_written() -> Result<()> {
    let db = Db::connect("sqlite::memory:").await?;
    db.create_tables().await?;
    assert_uncopied(Shelf { id: 0 }.save(&db).await);
    assert_uncopied(Shelf::bulk_create(&db, &mut [Shelf { id: 0 }, Shelf { id: 0 }]).await);
    assert_eq!(stored(&db).await, (0, 0));

    Shelf { id: 1 }.save(&db).force_insert().quiet().await?;
    let mut book = Book { id: 0, shelf_id: 1 };
    book.save(&db).quiet().await?;
    book.shelf_id = 2;
    assert_uncopied(Book::bulk_update(&db, &mut [Book { id: book.id, shelf_id: 2 }], [Book::SHELF_ID]).await);
    assert_uncopied(Book::objects().update(&db, [Book::SHELF_ID.set(2)]).await);
    assert_eq!(Book::get(&db, book.id).await?.shelf_id, 1);
    assert_uncopied(Shelf { id: 1 }.delete(&db).await);
    assert_uncopied(Shelf::objects().delete(&db).await);
    assert_eq!((stored(&db).await, TOLD.load(Ordering::Relaxed)), ((1, 1), 0));
    Ok(())
}
