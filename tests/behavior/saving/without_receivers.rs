//! Saves without receivers only write. No receiver of this binary receives every model, so such saves exist
//! here.

use signals::{Model, Result, post_save, receiver};
use signals_test_behavior::{Log, db};

#[tokio::test]
async fn a_receiver_is_called_by_the_next_save_of_a_model_that_had_none() -> Result<()> {
    #[derive(Model)]
    #[model(table = "without_receivers_leaf")]
    struct Leaf {
        id: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    let mut leaf = Leaf { id: 0 };
    leaf.save(&db).await?;
    for _ in 0..2 {
        let id = post_save.connect::<Leaf>("without_receivers.leaf", |_| LOG.record("leaf"))?;
        leaf.save(&db).await?;
        assert_eq!(LOG.take(), ["leaf"]);
        assert!(post_save.disconnect(id));
        leaf.save(&db).await?;
        assert!(LOG.take().is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_receiver_whose_first_save_was_muted_is_called_afterwards() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "without_receivers_crumpet")]
    struct Crumpet {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Crumpet)]
    fn note_crumpet(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let muted = db.mute(post_save);
    Crumpet { id: 0 }.save(&db).await?;
    assert!(LOG.take().is_empty());
    drop(muted);
    Crumpet { id: 0 }.save(&db).await?;
    assert_eq!(LOG.take(), ["post_save"]);
    Ok(())
}
