//! `pre_delete` and `post_delete` of one instance.

use signals::{
    DeleteOrigin, Error, Model, ModelMeta, Result, Tx, post_delete, post_save, pre_delete, pre_save, receiver,
};

use signals_test_behavior::{Log, Refused, db, execute_in, named_db, refused, rows};

// E88, E123: the whole payload of both signals, with the origin of a direct delete.
#[tokio::test]
async fn receivers_get_the_whole_payload() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_payload")]
    struct Person {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Person)]
    fn heard(instance: &Person, origin: DeleteOrigin, using: &str, sender: &ModelMeta, signal: &str) {
        assert_eq!(origin, DeleteOrigin::Direct);
        LOG.note(format!("{signal} {} {} {using}", sender.name(), instance.id));
    }

    let db = named_db("graveyard").await;
    let mut person = Person { id: 0 };
    person.save(&db).await?;
    person.delete(&db).await?;
    assert_eq!(LOG.take(), ["pre_delete Person 1 graveyard", "post_delete Person 1 graveyard"]);
    Ok(())
}

// E89
#[tokio::test]
async fn deleting_without_a_key_is_refused_before_any_signal() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_no_key")]
    struct Ghost {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Ghost)]
    fn heard(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    for outcome in [Ghost { id: 0 }.delete(&db).await, Ghost { id: 0 }.delete(&db).quiet().await] {
        assert!(matches!(outcome, Err(Error::KeyMissing { model: "Ghost", operation: "delete", .. })), "{outcome:?}");
    }
    assert!(LOG.take().is_empty());
    Ok(())
}

// E90, E91, E94: pre_delete, the DELETE, post_delete, in one transaction. The row exists before and does not
// exist after.
#[tokio::test]
async fn pre_delete_comes_before_the_statement_and_post_delete_after() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_sequence")]
    struct Leaf {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Leaf)]
    async fn look(instance: &Leaf, signal: &str, tx: &Tx) -> Result<()> {
        LOG.note(format!("{signal}: {}", Leaf::find(tx, instance.id).await?.is_some()));
        Ok(())
    }
    let db = db().await;
    let mut leaf = Leaf { id: 0 };
    leaf.save(&db).await?;
    leaf.delete(&db).await?;
    assert_eq!(LOG.take(), ["pre_delete: true", "post_delete: false"]);
    Ok(())
}

// E91: what a pre_delete receiver repairs is committed with the delete.
#[tokio::test]
async fn a_pre_delete_receiver_may_repair_what_points_at_the_row() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_repair")]
    struct Team {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "deleting_repair_player")]
    struct Player {
        id: i64,
        team: Option<i64>,
    }
    #[receiver(pre_delete, sender = Team)]
    async fn release_players(instance: &Team, tx: &Tx) -> Result<()> {
        execute_in(tx, format!("UPDATE deleting_repair_player SET team = NULL WHERE team = {}", instance.id)).await;
        Ok(())
    }
    let db = db().await;
    let mut team = Team { id: 0 };
    team.save(&db).await?;
    let mut player = Player { id: 0, team: Some(team.id) };
    player.save(&db).await?;
    team.delete(&db).await?;
    player.refresh(&db).await?;
    assert_eq!(player.team, None);
    Ok(())
}

// E96: Django sets the key to None after the delete, and it stays so if an outer transaction is rolled back.
// Here the key does not change.
#[tokio::test]
async fn a_deleted_instance_keeps_its_key() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_key")]
    struct Coin {
        id: i64,
    }
    let db = db().await;
    let mut coin = Coin { id: 0 };
    coin.save(&db).await?;
    let tx = db.begin().await?;
    coin.delete(&tx).await?;
    tx.rollback().await?;
    assert_eq!(Coin::get(&db, coin.id).await?.id, 1);
    coin.delete(&db).await?;
    // A saved instance that was deleted is inserted again under its own key.
    coin.save(&db).await?;
    assert_eq!((coin.id, rows(&db, "deleting_key").await), (1, 1));
    Ok(())
}

// E97: before the statement (a veto) or after it, an error undoes the delete.
#[tokio::test]
async fn a_failing_receiver_undoes_the_delete() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_failure")]
    struct Archive {
        id: i64,
        locked: bool,
    }
    #[derive(Model)]
    #[model(table = "deleting_failure_trace")]
    struct Trace {
        id: i64,
    }
    #[receiver(pre_delete, sender = Archive)]
    async fn trace_and_veto(instance: &Archive, tx: &Tx) -> Result<()> {
        Trace { id: 0 }.save(tx).await?;
        if instance.locked { Err(Error::other(Refused("locked"))) } else { Ok(()) }
    }
    #[receiver(post_delete, sender = Archive)]
    fn keep_the_first(instance: &Archive) -> Result<(), Refused> {
        if instance.id == 1 { Err(Refused("the first")) } else { Ok(()) }
    }

    let db = db().await;
    let (mut first, mut locked) = (Archive { id: 1, locked: false }, Archive { id: 2, locked: true });
    first.save(&db).await?;
    locked.save(&db).await?;
    assert_eq!(refused(&first.delete(&db).await.unwrap_err()), Some("the first"));
    assert_eq!(refused(&locked.delete(&db).await.unwrap_err()), Some("locked"));
    assert_eq!((rows(&db, "deleting_failure").await, rows(&db, "deleting_failure_trace").await), (2, 0));
    Ok(())
}

// E97: in Django an error from a delete dooms the outer transaction even if it is caught.
#[tokio::test]
async fn a_caught_error_leaves_the_outer_transaction_usable() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_outer")]
    struct Row {
        id: i64,
    }
    #[receiver(post_delete, sender = Row)]
    fn keep_odd(instance: &Row) -> Result<(), String> {
        if instance.id % 2 == 1 { Err("odd".into()) } else { Ok(()) }
    }
    let db = db().await;
    let tx = db.begin().await?;
    for id in 1..=4 {
        Row { id }.save(&tx).await?;
    }
    for id in 1..=4 {
        let deleted = Row { id }.delete(&tx).await;
        assert_eq!(deleted.is_ok(), id % 2 == 0);
    }
    tx.commit().await?;
    assert_eq!(rows(&db, "deleting_outer").await, 2);
    assert!(Row::find(&db, 1).await?.is_some() && Row::find(&db, 2).await?.is_none());
    Ok(())
}

// E98
#[tokio::test]
async fn on_commit_from_a_receiver_waits_for_the_commit_of_the_delete() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_on_commit")]
    struct File {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = File)]
    fn unlink(signal: &'static str, tx: &Tx) {
        LOG.note(signal);
        tx.on_commit(async move { LOG.note(format!("committed, from {signal}")) }).unwrap();
    }
    let db = db().await;
    let mut file = File { id: 0 };
    file.save(&db).await?;
    file.delete(&db).await?;
    let all = ["pre_delete", "post_delete", "committed, from pre_delete", "committed, from post_delete"];
    assert_eq!(LOG.take(), all);
    Ok(())
}

// E99, E100: a delete that finds no row sends only `pre_delete`; Django sends both. Models without a deleted
// row are left out of the count, also for one instance (Django's fast path reports them with 0).
#[tokio::test]
async fn a_row_that_is_gone_already_sends_pre_delete_alone() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_gone")]
    struct Balloon {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Balloon)]
    fn heard(signal: &str) {
        LOG.note(signal);
    }
    let deleted = Balloon { id: 12 }.delete(&db().await).await?;
    assert_eq!(LOG.take(), ["pre_delete"]);
    assert_eq!(deleted.rows(), 0);
    assert!(deleted.by_model().is_empty());
    Ok(())
}

// E100
#[tokio::test]
async fn a_delete_tells_how_many_rows_went() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_count")]
    struct Crumb {
        id: i64,
    }
    let db = db().await;
    Crumb { id: 1 }.save(&db).await?;
    Crumb { id: 2 }.save(&db).await?;
    let deleted = Crumb { id: 1 }.delete(&db).await?;
    assert_eq!(deleted.rows(), 1);
    assert_eq!(deleted.by_model().iter().collect::<Vec<_>>(), [(&"Crumb", &1)]);
    assert_eq!(rows(&db, "deleting_count").await, 1);
    Ok(())
}

// E102: a model without receivers sends nothing, and the receivers of another model do not matter.
#[tokio::test]
async fn a_delete_nobody_hears_is_still_a_delete() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_unheard")]
    struct Pebble {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "deleting_unheard_other")]
    struct Boulder {
        id: i64,
    }
    #[receiver(pre_delete, sender = Boulder)]
    fn never() -> Result<(), String> {
        Err("boulders stay".into())
    }
    let db = db().await;
    Pebble { id: 3 }.save(&db).await?;
    Boulder { id: 3 }.save(&db).await?;
    assert_eq!(Pebble { id: 3 }.delete(&db).await?.rows(), 1);
    assert!(Boulder { id: 3 }.delete(&db).await.is_err());
    Ok(())
}

// E123: a quiet delete sends nothing, like Django's `_raw_delete`.
#[tokio::test]
async fn a_quiet_delete_sends_nothing() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_quiet")]
    struct Shadow {
        id: i64,
    }
    #[receiver([pre_delete, post_delete], sender = Shadow)]
    fn veto() -> Result<(), String> {
        Err("heard".into())
    }
    let db = db().await;
    let mut shadow = Shadow { id: 0 };
    shadow.save(&db).await?;
    shadow.delete(&db).await.unwrap_err();
    assert_eq!(shadow.delete(&db).quiet().await?.rows(), 1);
    Ok(())
}

// E119: deleting the same row again within a receiver is a separate delete. It finds no row and sends only
// `pre_delete`.
#[tokio::test]
async fn a_nested_delete_of_the_same_row_finds_none() -> Result<()> {
    #[derive(Clone, Model)]
    #[model(table = "deleting_nested")]
    struct Onion {
        id: i64,
        layers: i16,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_delete, sender = Onion)]
    fn before(instance: &Onion) {
        LOG.note(format!("pre_delete at {}", instance.layers));
    }
    #[receiver(post_delete, sender = Onion)]
    async fn peel(instance: &Onion, tx: &Tx) -> Result<()> {
        LOG.note(format!("starts at {}", instance.layers));
        if instance.layers > 0 {
            let inner = Onion { layers: instance.layers - 1, ..instance.clone() };
            LOG.note(format!("{} rows", inner.delete(tx).await?.rows()));
        }
        Ok(())
    }
    let db = db().await;
    let mut onion = Onion { id: 0, layers: 1 };
    onion.save(&db).await?;
    assert_eq!(onion.delete(&db).await?.rows(), 1);
    assert_eq!(LOG.take(), ["pre_delete at 1", "starts at 1", "pre_delete at 0", "0 rows"]);
    Ok(())
}

// E123
#[tokio::test]
async fn a_delete_sends_no_save_signals() -> Result<()> {
    #[derive(Model)]
    #[model(table = "deleting_no_save")]
    struct Lamp {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save, pre_delete, post_delete], sender = Lamp)]
    fn heard(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let mut lamp = Lamp { id: 0 };
    lamp.save(&db).quiet().await?;
    lamp.delete(&db).await?;
    assert_eq!(LOG.take(), ["pre_delete", "post_delete"]);
    Ok(())
}

#[tokio::test]
async fn models_of_one_name_are_counted_each() -> Result<()> {
    mod models {
        pub mod shop {
            #[derive(signals::Model)]
            #[model(table = "deleting_shop_item")]
            pub struct Item {
                pub id: i64,
            }
        }
        pub mod blog {
            #[derive(signals::Model)]
            #[model(table = "deleting_blog_item")]
            pub struct Item {
                pub id: i64,
                #[model(references = super::shop::Item, on_delete = cascade)]
                pub about: i64,
            }
        }
    }
    use models::{blog, shop};
    #[derive(Model)]
    #[model(table = "deleting_other_item")]
    struct Other {
        id: i64,
    }

    let db = db().await;
    let mut item = shop::Item { id: 0 };
    item.save(&db).await?;
    for _ in 0..2 {
        blog::Item { id: 0, about: item.id }.save(&db).await?;
    }
    let deleted = item.delete(&db).await?;
    assert_eq!((deleted.of::<shop::Item>(), deleted.of::<blog::Item>(), deleted.of::<Other>()), (1, 2, 0));
    assert_eq!((deleted.rows(), deleted.by_model()["Item"]), (3, 3), "by their name they are one");
    Ok(())
}
