//! Rows that a call on a relation creates.

use signals::model::Key;
use signals::payload::M2mChanged;
use signals::{Error, M2mAction, Model, Result, m2m_changed, post_save, pre_save, receiver};
use signals_test_behavior::{Log, Refused, db, refused, rows};

use super::{line, pizzeria};

// F132: a row that is created by the call sends the signals of its save, then those of the change. Both
// happen, or neither.
#[tokio::test]
async fn a_row_is_made_and_added_at_once() -> Result<()> {
    pizzeria!("m2m_create_pizza", "m2m_create_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn changed(event: &M2mChanged<'_, PizzaToppings>) -> Result<(), Refused> {
        LOG.note(line(event));
        let has_the_second = event.keys.as_deref().is_some_and(|keys| keys.contains(&Key::Int(2)));
        if event.action.is_post() && has_the_second { Err(Refused("the second")) } else { Ok(()) }
    }
    #[receiver([pre_save, post_save], sender = Topping)]
    fn saved(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let (pizza, []) = menu(&db).await;
    let mut cheese = Topping { id: 0 };
    pizza.toppings().create(&db, &mut cheese).await?;
    assert_eq!(
        LOG.take(),
        ["pre_save", "post_save", "PreAdd Pizza 1 -> Topping [1]", "PostAdd Pizza 1 -> Topping [1]"]
    );
    let mut basil = Topping { id: 0 };
    let error = pizza.toppings().create(&db, &mut basil).await.unwrap_err();
    assert_eq!((refused(&error), basil.id), (Some("the second"), 0));
    assert_eq!((rows(&db, "m2m_create_topping").await, pizza.toppings().keys(&db).await?), (1, vec![1]));
    LOG.take();
    let error = Pizza { id: 0 }.toppings().create(&db, &mut basil).await.unwrap_err();
    assert!(matches!(error, Error::KeyMissing { model: "Pizza", .. }) && LOG.take().is_empty(), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_made_quietly_sends_nothing_and_a_raw_one_says_so() -> Result<()> {
    pizzeria!("m2m_create_quiet_pizza", "m2m_create_quiet_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn changed(action: M2mAction) {
        LOG.note(format!("{action:?}"));
    }
    #[receiver(m2m_changed, sender = PizzaToppings, raw)]
    fn changed_raw(action: M2mAction, raw: bool) {
        LOG.note(format!("{action:?} raw = {raw}"));
    }
    #[receiver([pre_save, post_save], sender = Topping)]
    fn saved(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let (pizza, []) = menu(&db).await;
    let mut cheese = Topping { id: 0 };
    pizza.toppings().create(&db, &mut cheese).quiet().await?;
    assert_eq!((pizza.toppings().keys(&db).await?, LOG.take()), (vec![cheese.id], Vec::new()));
    let mut basil = Topping { id: 0 };
    pizza.toppings().create(&db, &mut basil).raw().await?;
    assert_eq!(LOG.take(), ["PreAdd raw = true", "PostAdd raw = true"]);
    assert_eq!(pizza.toppings().keys(&db).await?, [cheese.id, basil.id]);
    Ok(())
}
