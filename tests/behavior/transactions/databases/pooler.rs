//! PostgreSQL behind a pooler that gives each transaction another connection.

use futures_util::TryStreamExt as _;
use signals::{Db, Model, Result, Tx, post_save, receiver};
use signals_test_behavior::{Kind, Server, address, elsewhere, execute};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "pooler_item", many_to_many(tags: Tag, related = items, table = "pooler_item_tags"))]
struct Item {
    id: i64,
    name: String,
    size: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "pooler_tag")]
struct Tag {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "pooler_copy")]
struct Copy {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Item)]
async fn copy(instance: &Item, tx: &Tx) -> Result<()> {
    Copy { id: 0, name: instance.name.clone() }.save(tx).await
}

/// The calls that an application makes, each on the `Db` and some in a transaction.
async fn work(db: Db, task: i64) -> Result<()> {
    for round in 0..10 {
        let mut tag = Tag { id: 0 };
        tag.save(&db).await?;
        let mut item = Item { id: 0, name: format!("{task} {round}"), size: round };
        item.save(&db).await?;
        assert_eq!(Item::get(&db, item.id).await?, item);
        item.tags().add(&db, [&tag]).await?;
        item.size += 1;
        item.save(&db).update_fields([Item::SIZE]).await?;
        let mine = Item::objects().filter(Item::NAME.starts_with(format!("{task} "))).order_by([Item::ID.asc()]);
        let streamed: Vec<Item> = mine.stream(&db).try_collect().await?;
        assert_eq!((streamed.len(), streamed.last()), (usize::try_from(round + 1).unwrap(), Some(&item)));
        assert_eq!(item.tags().all(&db).await?, [tag]);
        let tx = db.begin().await?;
        let mut many = [0, 1].map(|size| Item { id: 0, name: format!("many {task}"), size });
        Item::bulk_create(&tx, &mut many).await?;
        tx.commit().await?;
        assert_eq!(Item::bulk_delete(&db, &many).await?.of::<Item>(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn calls_work_behind_a_pooler_that_forbids_named_statements() -> Result<()> {
    if elsewhere(&[Kind::Postgres]) {
        return Ok(());
    }
    let server = address();
    let Some(pooler) = Server::pooler(&server) else { return Ok(()) };
    let direct = Db::connect(&server).await?;
    execute(&direct, "DROP DATABASE IF EXISTS signals_pooler").await;
    execute(&direct, "CREATE DATABASE signals_pooler").await;
    let url = pooler.url().replace("/postgres", "/signals_pooler");
    let db = Db::connect(&format!("{url}?statement-cache-capacity=0")).await?;
    db.create_tables_of(|model| model.table().starts_with("pooler_")).await?;
    let tasks: Vec<_> = (0..8).map(|task| tokio::spawn(work(db.clone(), task))).collect();
    for task in tasks {
        task.await.unwrap()?;
    }
    assert_eq!(Item::objects().count(&db).await?, 80);
    assert_eq!(Copy::objects().count(&db).await?, 80 * 2 + 160);
    // The migrator's lock belongs to a session, which is shared here.
    let refused = db.migrate(&sqlx::migrate!("./migrations")).await.unwrap_err();
    assert!(refused.to_string().contains("the server's own URL"), "{refused}");
    db.close().await?;
    Ok(())
}
