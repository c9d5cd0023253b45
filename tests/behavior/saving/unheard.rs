//! Saves that nobody hears take a short way. No receiver of this binary hears every model, so that they do here.

use signals::{Model, Result, post_save, receiver};
use signals_test_behavior::{Log, db};

#[tokio::test]
async fn a_connection_is_seen_by_the_next_save_of_a_model_that_nobody_heard() -> Result<()> {
    #[derive(Model)]
    #[model(table = "unheard_leaf")]
    struct Leaf {
        id: i64,
    }
    static HEARD: Log = Log::new();
    let db = db().await;
    let mut leaf = Leaf { id: 0 };
    leaf.save(&db).await?;
    for _ in 0..2 {
        let id = post_save.connect::<Leaf>("unheard.leaf", |_| HEARD.heard("leaf"))?;
        leaf.save(&db).await?;
        assert_eq!(HEARD.take(), ["leaf"]);
        assert!(post_save.disconnect(id));
        leaf.save(&db).await?;
        assert!(HEARD.take().is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_receiver_whose_first_save_was_muted_is_called_afterwards() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "unheard_crumpet")]
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
