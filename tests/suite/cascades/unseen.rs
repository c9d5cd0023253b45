//! Relations that nobody listens to, whose rows are deleted without being read. A receiver of every delete ends that, so these tests take turns with those that connect one.
//! How many statements it takes is counted in the binary `cost`.

use signals::{Error, Model, Result, Tx, post_delete, pre_delete, receiver};

use crate::support::{DELETES_OF_ALL, Log, db, rows};

// E101, E103, E104: rows that a receiver adds to a relation that goes unseen are deleted too.
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
    // What is added is deleted where the relation goes unseen, and refused by the database where it was read.
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
