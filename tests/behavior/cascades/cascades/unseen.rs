//! Relations without receivers, whose rows are deleted without being read. A receiver of every delete ends
//! that, so these tests alternate with those that connect one. Also tests rows that are added to a relation
//! whose rows were read. The binary `cost` counts the statements.

use signals::{Error, Model, Result, Tx, post_delete, pre_delete, receiver};
use signals_test_behavior::{DELETES_OF_ALL, Log, db, rows};

use super::is_broken_reference;

// E104: rows that a receiver adds to a relation that goes unseen are deleted too.
#[tokio::test]
async fn rows_added_to_a_relation_that_goes_unseen_are_deleted_too() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "unseen_cart")]
    struct Cart {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "unseen_entry")]
    struct Entry {
        id: i64,
        #[model(references = Cart, on_delete = cascade)]
        cart_id: i64,
    }
    #[receiver(pre_delete, sender = Cart)]
    async fn add(instance: &Cart, tx: &Tx) -> Result<()> {
        Entry { id: 0, cart_id: instance.id }.save(tx).await
    }
    let _nobody_hears_all = DELETES_OF_ALL.read().await;
    let db = db().await;
    let mut cart = Cart { id: 0 };
    cart.save(&db).await?;
    Entry { id: 0, cart_id: cart.id }.save(&db).await?;
    assert_eq!(format!("{:?}", cart.delete(&db).await?.by_model()), r#"{"Cart": 1, "Entry": 2}"#);
    assert_eq!(rows(&db, "unseen_entry").await, 0);
    Ok(())
}

// E102: a receiver of every delete makes each relation be read, one of another model does not.
#[tokio::test]
async fn one_receiver_of_every_delete_makes_each_row_be_read() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "unseen_van")]
    struct Van {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "unseen_parcel")]
    struct Parcel {
        id: i64,
        #[model(references = Van, on_delete = cascade)]
        van_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "unseen_other")]
    struct Other {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Other)]
    fn other() {}
    // An added row is deleted if the relation is not read, and refused by the database if it was read.
    #[receiver(pre_delete, sender = Van)]
    async fn add(instance: &Van, tx: &Tx) -> Result<()> {
        Parcel { id: 0, van_id: instance.id }.save(tx).await
    }
    let db = db().await;
    let mut van = Van { id: 0 };
    van.save(&db).await?;
    {
        let _alone = DELETES_OF_ALL.write().await;
        Parcel { id: 0, van_id: van.id }.save(&db).await?;
        let all = post_delete.connect_any("unseen.all", |event| {
            if event.sender.is::<Parcel>() || event.sender.is::<Van>() {
                LOG.note(super::why(event.origin, event.root));
            }
            Ok(())
        })?;
        let outcome = van.delete(&db).await;
        assert!(post_delete.disconnect(all));
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Database { .. }), "{error}");
        assert_eq!(LOG.take(), ["with Van 1"]);
        assert_eq!(van.delete(&db).await?.by_model()["Parcel"], 2);
    }
    Ok(())
}

// E91: rows that a receiver adds to a relation whose rows were read are not deleted, and so the database
// refuses.
#[tokio::test]
async fn rows_added_to_a_relation_that_was_read_are_refused_by_the_database() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_added_queue")]
    struct Queue {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_added_job")]
    struct Job {
        id: i64,
        #[model(references = Queue, on_delete = cascade)]
        queue_id: i64,
    }
    #[receiver(pre_delete, sender = Queue)]
    async fn add(instance: &Queue, tx: &Tx) -> Result<()> {
        Job { id: 0, queue_id: instance.id }.save(tx).await
    }
    #[receiver(pre_delete, sender = Job)]
    fn read_them() {}
    let db = db().await;
    let mut queue = Queue { id: 0 };
    queue.save(&db).await?;
    let error = queue.delete(&db).await.unwrap_err();
    assert!(is_broken_reference(&error), "{error}");
    assert_eq!((rows(&db, "cascades_added_queue").await, rows(&db, "cascades_added_job").await), (1, 0));
    Ok(())
}
