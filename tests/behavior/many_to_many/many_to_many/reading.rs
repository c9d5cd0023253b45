//! Reads of a relation from either side.

use signals::{Model, Result};
use signals_test_behavior::db;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "m2m_read_post", many_to_many(tags: Tag, related = posts))]
struct Post {
    id: i64,
    title: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "m2m_read_tag")]
struct Tag {
    #[model(primary_key)]
    name: String,
    weight: i32,
}

async fn posts(db: &signals::Db) -> Result<[Post; 2]> {
    for (name, weight) in [("rust", 3), ("sql", 1), ("web", 2), ("unused", 0)] {
        Tag { name: name.into(), weight }.save(db).await?;
    }
    let mut posts = ["one", "two"].map(|title| Post { id: 0, title: title.into() });
    for post in &mut posts {
        post.save(db).await?;
    }
    posts[0].tags().add(db, ["web", "rust", "sql"]).await?;
    posts[1].tags().add(db, ["web"]).await?;
    Ok(posts)
}

#[tokio::test]
async fn related_rows_come_in_the_order_of_their_keys() -> Result<()> {
    let db = db().await;
    let [one, two] = posts(&db).await?;
    let names: Vec<_> = one.tags().all(&db).await?.into_iter().map(|tag| tag.name).collect();
    assert_eq!(names, ["rust", "sql", "web"]);
    assert_eq!(one.tags().keys(&db).await?, ["rust", "sql", "web"]);
    assert_eq!((one.tags().count(&db).await?, two.tags().count(&db).await?), (3, 1));

    let web = Tag::get(&db, "web").await?;
    assert_eq!(web.posts().all(&db).await?, [one.clone(), two.clone()]);
    assert!(web.posts().contains(&db, &two).await? && web.posts().contains(&db, one.id).await?);
    assert!(!two.tags().contains(&db, "rust").await?);
    Ok(())
}

#[tokio::test]
async fn related_rows_are_a_query_set_like_any_other() -> Result<()> {
    let db = db().await;
    let [one, _] = posts(&db).await?;
    let heavy = one.tags().objects().filter(Tag::WEIGHT.ge(2)).order_by([Tag::WEIGHT.desc()]);
    let names: Vec<_> = heavy.all(&db).await?.into_iter().map(|tag| tag.name).collect();
    assert_eq!(names, ["rust", "web"]);
    assert_eq!(one.tags().objects().exclude(Tag::NAME.eq("sql")).count(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_transaction_reads_what_it_wrote() -> Result<()> {
    let db = db().await;
    let [one, _] = posts(&db).await?;
    let tx = db.begin().await?;
    one.tags().set(&tx, ["unused"]).await?;
    assert_eq!(one.tags().keys(&tx).await?, ["unused"]);
    tx.rollback().await?;
    assert_eq!(one.tags().count(&db).await?, 3);
    Ok(())
}
