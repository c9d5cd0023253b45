//! Saves that fail: in a receiver, in the database, or because an outer transaction is rolled back.

use signals::{Error, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, database, db, kind, refused, rows, try_execute_in};

// D56: a constraint is the database's to check, after pre_save.
#[tokio::test]
async fn a_constraint_error_comes_after_pre_save_and_sends_no_post_save() -> Result<()> {
    #[derive(Model)]
    #[model(table = "failures_constraint")]
    struct Login {
        id: i64,
        #[model(unique)]
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Login)]
    fn heard(signal: &str) {
        LOG.note(signal);
    }

    let db = db().await;
    Login { id: 0, name: "ann".into() }.save(&db).quiet().await?;
    let mut second = Login { id: 0, name: "ann".into() };
    let error = second.save(&db).await.unwrap_err();
    assert!(error.find::<sqlx::Error>().and_then(|error| error.as_database_error()).is_some(), "{error}");
    assert_eq!(LOG.take(), ["pre_save"]);
    assert_eq!(second.id, 0);
    Ok(())
}

// D69: Django leaves the row committed and the instance with its key. Here both are as before.
#[tokio::test]
async fn a_failing_post_save_receiver_undoes_the_save_and_gives_the_key_back() -> Result<()> {
    #[derive(Model)]
    #[model(table = "failures_post_save")]
    struct Order {
        id: i64,
        total: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Order)]
    async fn a_check(instance: &Order) -> Result<(), Refused> {
        LOG.note(format!("key {}", instance.id));
        if instance.total < 0 { Err(Refused("negative")) } else { Ok(()) }
    }
    #[receiver(post_save, sender = Order)]
    fn b_later() {
        LOG.note("later");
    }

    let db = db().await;
    let mut order = Order { id: 0, total: -1 };
    let error = order.save(&db).await.unwrap_err();
    assert_eq!(refused(&error), Some("negative"));
    assert_eq!((order.id, rows(&db, "failures_post_save").await), (0, 0));
    assert_eq!(LOG.take(), ["key 1"]);

    // The instance can be mended and saved.
    order.total = 1;
    order.save(&db).await?;
    // An UPDATE is also undone.
    order.total = -2;
    order.save(&db).await.unwrap_err();
    assert_eq!(Order::get(&db, order.id).await?.total, 1);
    Ok(())
}

// D70: no statement is executed, and those after it are not called.
#[tokio::test]
async fn a_failing_pre_save_receiver_vetoes_the_save() -> Result<()> {
    #[derive(Model)]
    #[model(table = "failures_pre_save")]
    struct Badge {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Badge)]
    fn a_veto() -> Result<(), Refused> {
        Err(Refused("no badges"))
    }
    #[receiver([pre_save, post_save], sender = Badge)]
    fn b_later(signal: &str) {
        LOG.note(signal);
    }

    let db = db().await;
    let mut badge = Badge { id: 0 };
    let error = badge.save(&db).await.unwrap_err();
    let Error::Receiver(failure) = &error else { panic!("{error}") };
    assert_eq!((failure.step.signal, failure.step.sender), ("pre_save", "Badge"));
    assert_eq!(refused(&error), Some("no badges"));
    assert_eq!((badge.id, rows(&db, "failures_pre_save").await), (0, 0));
    assert!(LOG.take().is_empty());
    Ok(())
}

// D69, D70: an error that the caller catches leaves the outer transaction usable. Only the failed save is
// undone.
#[tokio::test]
async fn a_caught_receiver_error_leaves_the_outer_transaction_usable() -> Result<()> {
    #[derive(Model)]
    #[model(table = "failures_outer")]
    struct Entry {
        id: i64,
        good: bool,
    }
    #[derive(Model)]
    #[model(table = "failures_outer_trace")]
    struct Trace {
        id: i64,
    }
    #[receiver(post_save, sender = Entry)]
    async fn trace_and_check(instance: &Entry, tx: &Tx) -> Result<(), String> {
        Trace { id: 0 }.save(tx).await.map_err(|error| error.to_string())?;
        if instance.good { Ok(()) } else { Err("bad".into()) }
    }

    let db = db().await;
    let tx = db.begin().await?;
    Entry { id: 0, good: true }.save(&tx).await?;
    Entry { id: 0, good: false }.save(&tx).await.unwrap_err();
    Entry { id: 0, good: true }.save(&tx).await?;
    tx.commit().await?;
    assert_eq!((rows(&db, "failures_outer").await, rows(&db, "failures_outer_trace").await), (2, 2));
    Ok(())
}

// D71: in Django a caught database error still dooms the enclosing transaction. Here only PostgreSQL does
// that, if there was no savepoint: this model has no receivers, so the save is one bare statement.
#[tokio::test]
async fn a_caught_database_error_leaves_the_outer_transaction_usable() -> Result<()> {
    #[derive(Model)]
    #[model(table = "failures_database")]
    struct Word {
        id: i64,
        #[model(unique)]
        text: String,
    }
    let word = |text: &str| Word { id: 0, text: text.into() };
    let db = db().await;
    let tx = db.begin().await?;
    word("one").save(&tx).await?;
    tx.atomic(|savepoint| async move { word("one").save(&savepoint).await }).await.unwrap_err();
    word("two").save(&tx).await?;
    tx.commit().await?;
    assert_eq!(rows(&db, "failures_database").await, 2);

    let tx = db.begin().await?;
    word("one").save(&tx).await.unwrap_err();
    let third = word("three").save(&tx).await;
    let committed = tx.commit().await;
    if kind() == Kind::Postgres {
        assert!(matches!(third, Err(Error::TransactionEnded { .. })), "{third:?}");
        assert!(matches!(committed, Err(Error::TransactionEnded { .. })), "{committed:?}");
        assert_eq!(rows(&db, "failures_database").await, 2);
    } else {
        third?;
        committed?;
        assert_eq!(rows(&db, "failures_database").await, 3);
    }
    Ok(())
}

// D71: the same for a receiver that ignores its own error.
#[tokio::test]
async fn a_receiver_may_swallow_its_own_database_error() -> Result<()> {
    #[derive(Model)]
    #[model(table = "failures_swallowed")]
    struct Post {
        id: i64,
        tag: String,
        in_savepoint: bool,
    }
    #[derive(Model)]
    #[model(table = "failures_swallowed_tag")]
    struct Tag {
        id: i64,
        #[model(unique)]
        name: String,
    }
    #[receiver(post_save, sender = Post)]
    async fn add_tag(instance: &Post, tx: &Tx) {
        let mut tag = Tag { id: 0, name: instance.tag.clone() };
        // The tag may be there already.
        let _ = if instance.in_savepoint {
            tx.atomic(|savepoint| async move { tag.save(&savepoint).await }).await
        } else {
            tag.save(tx).await
        };
    }

    let db = db().await;
    let post = |in_savepoint| Post { id: 0, tag: "rust".into(), in_savepoint };
    for _ in 0..2 {
        post(true).save(&db).await?;
    }
    assert_eq!((rows(&db, "failures_swallowed").await, rows(&db, "failures_swallowed_tag").await), (2, 1));

    let bare = post(false).save(&db).await;
    if kind() == Kind::Postgres {
        assert!(matches!(bare, Err(Error::TransactionEnded { .. })), "{bare:?}");
        assert_eq!(rows(&db, "failures_swallowed").await, 2);
    } else {
        bare?;
        assert_eq!(rows(&db, "failures_swallowed").await, 3);
    }
    Ok(())
}

// D71: the save is not lost either if the statement was plain sqlx, and only the receiver saw its failure.
#[tokio::test]
async fn a_swallowed_error_of_plain_sqlx_is_no_silent_rollback() -> Result<()> {
    #[derive(Model)]
    #[model(table = "failures_plain")]
    struct Draft {
        id: i64,
    }
    #[receiver(post_save, sender = Draft)]
    async fn count_in_vain(tx: &Tx) {
        try_execute_in(tx, "INSERT INTO failures_nowhere VALUES (1)").await.unwrap_err();
    }

    let db = db().await;
    let mut draft = Draft { id: 0 };
    let saved = draft.save(&db).await;
    let tx = db.begin().await?;
    Draft { id: 7 }.save(&tx).quiet().await?;
    try_execute_in(&tx, "INSERT INTO failures_nowhere VALUES (1)").await.unwrap_err();
    let committed = tx.commit().await;
    if kind() == Kind::Postgres {
        // It answers a COMMIT with a rollback, and that all is well.
        assert!(matches!(saved, Err(Error::TransactionEnded { .. })), "{saved:?}");
        assert!(matches!(committed, Err(Error::TransactionEnded { .. })), "{committed:?}");
        assert_eq!((draft.id, rows(&db, "failures_plain").await), (0, 0));
    } else {
        saved?;
        committed?;
        assert_eq!(rows(&db, "failures_plain").await, 2);
    }
    // The connection is as good as new.
    draft.save(&db).quiet().await
}

// D72: a later rollback does not reach the instance: it keeps its key, and the next save finds no row and
// inserts.
#[tokio::test]
async fn an_outer_rollback_leaves_the_key_in_memory() -> Result<()> {
    #[derive(Model)]
    #[model(table = "failures_rollback")]
    struct Note {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Note)]
    fn after(created: bool) {
        LOG.note(created);
    }

    let db = db().await;
    let mut note = Note { id: 0 };
    let tx = db.begin().await?;
    note.save(&tx).await?;
    tx.rollback().await?;
    assert_eq!((note.id, rows(&db, "failures_rollback").await), (1, 0));
    note.save(&db).await?;
    assert_eq!(LOG.take(), ["true", "true"]);
    assert_eq!(Note::get(&db, 1).await?.id, 1);
    Ok(())
}

// D84: Django recurses until the stack overflows. Here there is a limit, and the error shows the chain.
#[tokio::test]
async fn a_receiver_that_saves_what_it_hears_ends_at_the_limit() -> Result<()> {
    #[derive(Clone, Model)]
    #[model(table = "failures_recursion")]
    struct Loop {
        id: i64,
    }
    #[receiver(post_save, sender = Loop)]
    async fn save_again(instance: &Loop, tx: &Tx) -> Result<()> {
        instance.clone().save(tx).await
    }

    let db = database(|builder| builder.recursion_limit(4)).await;
    let error = Loop { id: 0 }.save(&db).await.unwrap_err();
    let Error::Recursion(recursion) = &error else { panic!("{error}") };
    assert_eq!((recursion.limit, recursion.chain.len()), (4, 4));
    let step = &recursion.chain[0];
    assert_eq!((step.signal, step.sender), ("post_save", "Loop"));
    assert!(error.to_string().contains("failures.rs:"), "{error}");
    assert_eq!(rows(&db, "failures_recursion").await, 0);
    Ok(())
}

// D84: the solution for a receiver that must save its own instance again.
#[tokio::test]
async fn a_quiet_save_in_a_receiver_does_not_recurse() -> Result<()> {
    #[derive(Clone, Model)]
    #[model(table = "failures_quiet")]
    struct Numbered {
        id: i64,
        label: String,
    }
    #[receiver(post_save, sender = Numbered)]
    async fn label(instance: &Numbered, tx: &Tx) -> Result<()> {
        let mut copy = instance.clone();
        copy.label = format!("no. {}", instance.id);
        copy.save(tx).update_fields([Numbered::LABEL]).quiet().await
    }

    let db = db().await;
    let mut numbered = Numbered { id: 0, label: String::new() };
    numbered.save(&db).await?;
    assert_eq!(numbered.label, "");
    numbered.refresh(&db).await?;
    assert_eq!(numbered.label, "no. 1");
    Ok(())
}

// D69: errors of nested saves keep the receiver's own error, whatever it went through.
#[tokio::test]
async fn a_receivers_own_error_is_found_through_nested_saves() -> Result<()> {
    #[derive(Model)]
    #[model(table = "failures_nested_outer")]
    struct Outer {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "failures_nested_inner")]
    struct Inner {
        id: i64,
    }
    #[receiver(post_save, sender = Outer)]
    async fn nest(tx: &Tx) -> Result<()> {
        Inner { id: 0 }.save(tx).await
    }
    #[receiver(post_save, sender = Inner)]
    fn refuse() -> Result<(), Refused> {
        Err(Refused("inner"))
    }

    let db = db().await;
    let error = Outer { id: 0 }.save(&db).await.unwrap_err();
    assert_eq!(refused(&error), Some("inner"));
    assert_eq!((rows(&db, "failures_nested_outer").await, rows(&db, "failures_nested_inner").await), (0, 0));
    Ok(())
}
