//! `bulk_delete`, and `delete` of a query set.

use signals::{DeleteOrigin, Error, Model, Result, post_delete, pre_delete, receiver};
use signals_test_behavior::{Log, db, rows};

#[tokio::test]
async fn every_row_is_sent_and_counted() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_delete_heard")]
    struct Item {
        id: i64,
        size: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_delete, sender = Item)]
    fn before(instance: &Item, origin: DeleteOrigin) {
        LOG.note(format!("pre {} {origin:?}", instance.size));
    }
    #[receiver(post_delete, sender = Item)]
    fn after(instance: &Item) {
        LOG.note(format!("post {}", instance.size));
    }

    let db = db().await;
    let mut items: Vec<Item> = (1..=6).map(|size| Item { id: 0, size }).collect();
    Item::bulk_create(&db, &mut items).quiet().await?;
    items[1].size = 99;
    let deleted = Item::bulk_delete(&db, &items[..2]).await?;
    assert_eq!((deleted.rows(), deleted.by_model()["Item"]), (2, 2));
    let mut heard = LOG.take();
    heard.sort();
    assert_eq!(heard, ["post 1", "post 2", "pre 1 Set", "pre 2 Set"], "the rows are read anew");

    // A deleted row is left out.
    assert_eq!(Item::bulk_delete(&db, &items[1..3]).await?.rows(), 1);
    assert_eq!(LOG.take().len(), 2);
    assert_eq!(Item::bulk_delete(&db, &items[3..4]).quiet().await?.rows(), 1);
    assert_eq!(Item::bulk_delete(&db, &[]).await?.rows(), 0);
    assert_eq!(LOG.take(), [""; 0]);

    let of_five = Item::objects().filter(Item::SIZE.eq(5));
    assert_eq!(of_five.delete(&db).await?.rows(), 1);
    assert_eq!(LOG.take(), ["pre 5 Set", "post 5"]);
    assert_eq!(Item::objects().delete(&db).quiet().await?.rows(), 1);
    assert_eq!((LOG.take().len(), rows(&db, "bulk_delete_heard").await), (0, 0));

    let error = Item::bulk_delete(&db, &[Item { id: 0, size: 1 }]).await.unwrap_err();
    assert!(matches!(error, Error::KeyMissing { .. }), "{error}");
    Ok(())
}

#[tokio::test]
async fn what_references_the_rows_goes_with_them() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_delete_parents")]
    struct Parent {
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_delete_children")]
    struct Child {
        id: i64,
        #[model(references = Parent, on_delete = cascade)]
        parent: i64,
    }

    let db = db().await;
    for way in 0..2 {
        let mut parents: Vec<Parent> = (0..1500).map(|_| Parent { id: 0 }).collect();
        Parent::bulk_create(&db, &mut parents).await?;
        let mut children: Vec<Child> = parents.iter().map(|parent| Child { id: 0, parent: parent.id }).collect();
        Child::bulk_create(&db, &mut children).await?;
        let deleted = match way {
            0 => Parent::bulk_delete(&db, &parents).await?,
            _ => Parent::objects().delete(&db).await?,
        };
        assert_eq!((deleted.by_model()["Parent"], deleted.by_model()["Child"]), (1500, 1500));
        assert_eq!(rows(&db, "bulk_delete_children").await, 0);
    }
    Ok(())
}

#[tokio::test]
async fn many_rows_without_receivers_go_in_parts() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_delete_many")]
    struct Item {
        id: i64,
    }

    let db = db().await;
    let mut items: Vec<Item> = (0..3000).map(|_| Item { id: 0 }).collect();
    Item::bulk_create(&db, &mut items).await?;
    // Named twice, counted once.
    items.extend_from_within(..10);
    assert_eq!(Item::bulk_delete(&db, &items).await?.rows(), 3000);
    assert_eq!(rows(&db, "bulk_delete_many").await, 0);
    Ok(())
}

#[tokio::test]
async fn rows_of_a_list_in_any_order_are_of_the_set() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_delete_order")]
    struct Item {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Item)]
    fn gone(signal: &str, instance: &Item, origin: DeleteOrigin) {
        LOG.note(format!("{signal} {} {origin:?}", instance.id));
    }

    let db = db().await;
    let mut items = [(); 4].map(|()| Item { id: 0 });
    Item::bulk_create(&db, &mut items).quiet().await?;
    items.swap(0, 3);
    items.swap(1, 2);
    assert_eq!(Item::bulk_delete(&db, &items).await?.rows(), 4);
    let before = (1..=4).map(|id| format!("pre_delete {id} Set"));
    let after = (1..=4).rev().map(|id| format!("post_delete {id} Set"));
    assert_eq!(LOG.take(), before.chain(after).collect::<Vec<_>>());
    Ok(())
}
