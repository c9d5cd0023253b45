//! A change and its signals happen together or not at all.

use signals::{Db, Error, M2mAction, Model, Result, Tx, m2m_changed, receiver};
use signals_test_behavior::{Log, Refused, db, refused, rows};

use super::pizzeria;

// F139: an error of a receiver at any action undoes the change and the writes of receivers. The caller's
// transaction continues.
#[tokio::test]
async fn a_failing_receiver_undoes_the_change() -> Result<()> {
    pizzeria!("m2m_undo_pizza", "m2m_undo_topping");
    #[derive(Debug, Model)]
    #[model(table = "m2m_undo_note")]
    struct Note {
        id: i64,
        text: String,
    }
    /// Fails at the action that the only note names.
    #[receiver(m2m_changed, sender = PizzaToppings)]
    async fn fail(action: M2mAction, tx: &Tx) -> Result<(), signals::BoxError> {
        let at = Note::get(tx, 1).await?.text;
        Note { id: 0, text: format!("{action:?}") }.save(tx).await?;
        if at == format!("{action:?}") { Err(Refused("here").into()) } else { Ok(()) }
    }
    async fn rows_in(tx: &Tx) -> Result<u64> {
        Note::objects().count(tx).await
    }
    async fn change(pizza: &Pizza, tx: &Tx, at: &str) -> Result<()> {
        if at.ends_with("Clear") {
            pizza.toppings().set(tx, [2, 3]).clear().await
        } else {
            pizza.toppings().set(tx, [2, 3]).await
        }
    }
    let db = db().await;
    let (pizza, [cheese, basil, _]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese, &basil]).quiet().await?;
    let mut note = Note { id: 0, text: String::new() };
    for at in ["PreRemove", "PostRemove", "PreAdd", "PostAdd", "PreClear", "PostClear"] {
        note.text = at.into();
        note.save(&db).await?;
        let tx = db.begin().await?;
        assert_eq!(refused(&change(&pizza, &tx, at).await.unwrap_err()), Some("here"), "{at}");
        assert_eq!((pizza.toppings().keys(&tx).await?, rows_in(&tx).await?), (vec![1, 2], 1), "{at}");
        pizza.toppings().add(&tx, [3]).quiet().await?;
        tx.commit().await?;
        assert_eq!(pizza.toppings().keys(&db).await?, [1, 2, 3], "{at}: the transaction went on");
        pizza.toppings().remove(&db, [3]).quiet().await?;
    }
    note.text = "PostAdd".into();
    note.save(&db).await?;
    assert_eq!(refused(&pizza.toppings().set(&db, [2, 3]).await.unwrap_err()), Some("here"));
    assert_eq!((pizza.toppings().keys(&db).await?, rows(&db, "m2m_undo_note").await), (vec![1, 2], 1));
    Ok(())
}

// F134: a key of no row is the database's error, and nothing of the change stays.
#[tokio::test]
async fn a_key_of_no_row_undoes_the_change() -> Result<()> {
    pizzeria!("m2m_nobody_pizza", "m2m_nobody_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn heard(action: M2mAction) {
        LOG.note(format!("{action:?}"));
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese]).quiet().await?;
    let unsaved_but_keyed = Topping { id: 77 };
    for outcome in [
        pizza.toppings().add(&db, [&basil, &unsaved_but_keyed]).await,
        pizza.toppings().add(&db, [basil.id, 77]).quiet().await,
        pizza.toppings().set(&db, [basil.id, 77]).await,
        pizza.toppings().set(&db, [basil.id, 77]).clear().await,
        Pizza { id: 77 }.toppings().add(&db, [&basil]).await,
    ] {
        let Err(Error::Database { doing, source }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(doing, "INSERT of `PizzaToppings`");
        assert!(source.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation));
        assert_eq!(pizza.toppings().keys(&db).await?, [cheese.id]);
    }
    assert_eq!(
        LOG.take(),
        ["PreAdd", "PreRemove", "PostRemove", "PreAdd", "PreClear", "PostClear", "PreAdd", "PreAdd"]
    );
    Ok(())
}

// F139: receivers and the write share one transaction: the receiver sees what is written, and its callbacks
// come after the commit.
#[tokio::test]
async fn receivers_run_in_the_transaction_of_the_change() -> Result<()> {
    pizzeria!("m2m_inside_pizza", "m2m_inside_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    async fn look(action: M2mAction, tx: &Tx) -> Result<()> {
        LOG.note(format!("{action:?} {}", PizzaToppings::objects().count(tx).await?));
        if action.is_post() {
            tx.on_commit(async { LOG.note("committed") }).unwrap();
        }
        Ok(())
    }
    async fn outer(db: &Db, pizza: &Pizza) -> Result<()> {
        let tx = db.begin().await?;
        pizza.toppings().clear(&tx).await?;
        LOG.note("not yet");
        tx.commit().await
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().set(&db, [&cheese]).await?;
    pizza.toppings().set(&db, [&basil]).await?;
    assert_eq!(
        LOG.take(),
        [
            "PreAdd 0",
            "PostAdd 1",
            "committed",
            "PreRemove 1",
            "PostRemove 0",
            "PreAdd 0",
            "PostAdd 1",
            "committed",
            "committed"
        ]
    );
    outer(&db, &pizza).await?;
    assert_eq!(LOG.take(), ["PreClear 1", "PostClear 0", "not yet", "committed"]);
    Ok(())
}

#[tokio::test]
async fn a_robust_receiver_undoes_only_what_it_wrote() -> Result<()> {
    pizzeria!("m2m_robust_pizza", "m2m_robust_topping");
    #[receiver(m2m_changed, sender = PizzaToppings, robust)]
    async fn fail(action: M2mAction, tx: &Tx) -> Result<(), signals::BoxError> {
        Topping { id: 50 }.save(tx).await?;
        Err(Refused(if action.is_pre() { "before" } else { "after" }).into())
    }
    let db = db().await;
    let (pizza, [cheese]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese]).await?;
    assert_eq!((pizza.toppings().keys(&db).await?, rows(&db, "m2m_robust_topping").await), (vec![1], 1));
    Ok(())
}
