//! Deletes of sets of rows that others reference.

use signals::{AnyModel, DeleteOrigin, Error, Model, Result, Tx, post_delete, pre_delete, receiver};
use signals_test_behavior::{Log, db, rows};

use super::why;

// E88, E92, E93, E95: the rows of the set come in the order of their keys, not of the set. The origin of
// referencing rows is a set.
#[tokio::test]
async fn the_rows_of_a_set_and_what_follows_are_told_apart() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "sets_folder")]
    struct Folder {
        id: i64,
        #[model(references = Folder, on_delete = cascade)]
        parent_id: Option<i64>,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "sets_file")]
    struct File {
        id: i64,
        #[model(references = Folder, on_delete = cascade)]
        folder_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Folder)]
    fn folder(signal: &str, instance: &Folder, origin: DeleteOrigin, root: Option<&dyn AnyModel>) {
        LOG.note(format!("{signal} {} {}", instance.id, why(origin, root)));
    }
    #[receiver(pre_delete, sender = Folder, set)]
    fn folders(instances: &[Folder], origin: DeleteOrigin) {
        LOG.note(format!("{} of {}", instances.len(), if origin == DeleteOrigin::Set { "the set" } else { "others" }));
    }
    #[receiver(post_delete, sender = File)]
    fn file(instance: &File, origin: DeleteOrigin, root: Option<&dyn AnyModel>) {
        LOG.note(format!("file {} {}", instance.id, why(origin, root)));
    }
    let db = db().await;
    for (id, parent_id) in [(1, None), (2, None), (3, Some(2)), (4, None), (5, Some(4))] {
        Folder { id, parent_id }.save(&db).force_insert().await?;
    }
    File { id: 0, folder_id: 3 }.save(&db).await?;
    let set = Folder::objects().filter(Folder::PARENT_ID.eq(None)).order_by([Folder::ID.desc()]);
    let deleted = set.filter(Folder::ID.gt(1)).delete(&db).await?;
    assert_eq!(format!("{:?}", deleted.by_model()), r#"{"File": 1, "Folder": 4}"#);
    assert_eq!(
        LOG.take(),
        [
            "pre_delete 2 of a set",
            "1 of the set",
            "pre_delete 3 with Folder a set",
            "1 of others",
            "pre_delete 4 of a set",
            "1 of the set",
            "pre_delete 5 with Folder a set",
            "1 of others",
            "file 1 with Folder a set",
            "post_delete 5 with Folder a set",
            "post_delete 4 of a set",
            "post_delete 3 with Folder a set",
            "post_delete 2 of a set",
        ]
    );
    assert_eq!(rows(&db, "sets_folder").await, 1);
    Ok(())
}

// E109, E110, E122: rows that prevent the delete of one row prevent the delete of all. Rows that are added
// meanwhile do not belong to the set.
#[tokio::test]
async fn a_set_is_deleted_whole_and_as_it_was_read() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "sets_order")]
    struct Order {
        id: i64,
        open: bool,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "sets_bill")]
    struct Bill {
        id: i64,
        #[model(references = Order, on_delete = protect)]
        order_id: i64,
    }
    #[receiver(pre_delete, sender = Order)]
    async fn another(instance: &Order, tx: &Tx) -> Result<()> {
        Order { id: instance.id + 100, open: true }.save(tx).await
    }
    let db = db().await;
    for id in 1..=3 {
        Order { id, open: id < 3 }.save(&db).force_insert().await?;
    }
    let mut bill = Bill { id: 0, order_id: 2 };
    bill.save(&db).await?;
    let open = Order::objects().filter(Order::OPEN.eq(true));
    let error = open.delete(&db).await.unwrap_err();
    assert!(matches!(&error, Error::Protected { model: "Order", by } if by[0].rows == 1), "{error}");
    assert_eq!(rows(&db, "sets_order").await, 3);
    bill.delete(&db).await?;
    assert_eq!(open.delete(&db).await?.rows(), 2);
    let left = Order::objects().order_by([Order::ID.asc()]).all(&db).await?;
    assert_eq!(left.iter().map(|order| order.id).collect::<Vec<_>>(), [3, 101, 102]);
    Ok(())
}
