//! Round trips of relations: the cost of a change with and without receivers.

use signals::{Db, M2mAction, Model, Result, Tx, m2m_changed, receiver};

use crate::watch::statements;

/// Its `plain` has no receivers, its `counted` has one, and its `followed` has one that takes the
/// transaction.
#[derive(Debug, Clone, Model)]
#[model(
    table = "relations_post",
    many_to_many(plain: Tag, related = plain_posts),
    many_to_many(counted: Tag),
    many_to_many(followed: Tag)
)]
struct Post {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relations_tag", many_to_many(likes: Self, symmetrical))]
struct Tag {
    id: i64,
}

/// Its links restrict the deletes of tags, and not their own.
#[derive(Debug, Clone, Model)]
#[model(table = "relations_shelf", many_to_many(tags: Tag, through = Shelved))]
struct Shelf {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relations_shelved", unique(shelf_id, tag_id))]
struct Shelved {
    id: i64,
    #[model(references = Shelf, on_delete = cascade)]
    shelf_id: i64,
    #[model(references = Tag, on_delete = restrict)]
    tag_id: i64,
}

#[receiver(m2m_changed, sender = PostCounted)]
fn count(action: M2mAction) {
    let _ = action;
}

#[receiver(m2m_changed, sender = PostFollowed)]
async fn follow(action: M2mAction, tx: &Tx) -> Result<()> {
    let _ = (action, tx);
    Ok(())
}

const POST: Post = Post { id: 1 };
const TAG: Tag = Tag { id: 1 };

async fn database() -> Db {
    let db = Db::connect("sqlite::memory:").await.expect("a database");
    db.create_tables().await.expect("tables");
    POST.clone().save(&db).await.expect("a post");
    for id in 1..=3 {
        Tag { id }.save(&db).await.expect("a tag");
    }
    db
}

async fn cost(db: &Db, change: impl IntoFuture<Output = Result<()>>) -> Vec<String> {
    statements(db, async { change.await.expect("a change") }).await
}

// F138
#[tokio::test]
async fn a_change_that_nobody_hears_is_one_plain_statement() {
    let db = database().await;
    let add = cost(&db, POST.plain().add(&db, [1, 2, 3])).await;
    assert_eq!(
        add,
        [
            r#"INSERT INTO "relations_post_plain" ("post_id", "tag_id") VALUES (?, ?), (?, ?), (?, ?) ON CONFLICT ("post_id", "tag_id") DO NOTHING"#
        ]
    );
    let remove = cost(&db, TAG.plain_posts().remove(&db, [1])).await;
    assert_eq!(remove, [r#"DELETE FROM "relations_post_plain" WHERE "tag_id" = ? AND "post_id" IN (?)"#]);
    let clear = cost(&db, POST.plain().clear(&db)).await;
    assert_eq!(clear, [r#"DELETE FROM "relations_post_plain" WHERE "post_id" = ?"#]);
    assert!(cost(&db, POST.plain().add(&db, [] as [i64; 0])).await.is_empty());

    assert_eq!(cost(&db, TAG.likes().add(&db, [2])).await.len(), 1, "both ways at once");
    assert_eq!(cost(&db, TAG.likes().remove(&db, [2])).await.len(), 1);
    assert_eq!(cost(&db, TAG.likes().clear(&db)).await.len(), 1);

    let mut shelf = Shelf { id: 0 };
    shelf.save(&db).await.expect("a shelf");
    assert_eq!(cost(&db, shelf.tags().add(&db, [1, 2])).await.len(), 1);
    assert_eq!(cost(&db, shelf.tags().remove(&db, [1])).await.len(), 1, "whatever else its references restrict");
    assert_eq!(cost(&db, shelf.tags().clear(&db)).await.len(), 1);
}

// F138: a receiver of an add costs one SELECT; a removal costs the same as before.
#[tokio::test]
async fn a_change_that_is_heard_looks_first_what_is_missing() {
    let db = database().await;
    let add = cost(&db, POST.counted().add(&db, [1, 2, 3])).await;
    assert_eq!(add.len(), 2, "{add:#?}");
    assert_eq!(
        add[0],
        r#"SELECT "tag_id" FROM "relations_post_counted" WHERE "post_id" = ? AND "tag_id" IN (?, ?, ?, ?)"#
    );
    let again = cost(&db, POST.counted().add(&db, [1, 2, 3])).await;
    assert_eq!(again.len(), 1, "nothing is missing: {again:#?}");
    assert_eq!(cost(&db, POST.counted().remove(&db, [1])).await.len(), 1);
    assert_eq!(cost(&db, POST.counted().clear(&db)).await.len(), 1);
}

#[tokio::test]
async fn a_change_whose_receivers_need_it_is_one_transaction() {
    let db = database().await;
    let add = cost(&db, POST.followed().add(&db, [1])).await;
    assert_eq!(add.first().map(String::as_str), Some("BEGIN IMMEDIATE"), "{add:#?}");
    assert_eq!(add.last().map(String::as_str), Some("COMMIT"), "{add:#?}");
    assert_eq!(add.iter().filter(|text| text.contains("COMMIT")).count(), 1, "{add:#?}");
    let set = cost(&db, POST.followed().set(&db, [2])).await;
    assert_eq!(set.iter().filter(|text| text.contains("BEGIN") || text.contains("SAVEPOINT")).count(), 1, "{set:#?}");
    let unchanged = cost(&db, POST.plain().set(&db, [] as [i64; 0])).await;
    assert_eq!(unchanged.len(), 3, "it reads in a transaction, and writes nothing: {unchanged:#?}");
}
