//! Many-to-many relations, and `m2m_changed`.

mod atomicity;
mod keys;
mod made;
mod reading;
mod selves;
mod sequences;
mod throughs;

use signals::model::Key;
use signals::payload::M2mChanged;
use signals::{
    AnyModel, Error, KeySet, M2mAction, Model, ModelMeta, Result, Tx, m2m_changed, post_delete, post_save, pre_delete,
    pre_save, receiver,
};
use signals_test_behavior::{Log, db, named_db, rows};

/// Returns a change as one line: `PreAdd Pizza 1 -> Topping 1, 2`. The arrow is reversed if the relation is
/// followed in reverse.
fn line<T: ?Sized>(event: &M2mChanged<'_, T>) -> String {
    let pk = event.instance.pk().map(|key| key.to_string()).unwrap_or_default();
    let arrow = if event.reverse { "<-" } else { "->" };
    let keys = event.keys.as_deref().map_or("all".to_owned(), |keys| format!("[{keys}]"));
    format!("{:?} {} {pk} {arrow} {} {keys}", event.action, event.instance.meta().name(), event.model.name())
}

/// Declares `Pizza` and `Topping`, related by `PizzaToppings`, with the tables of a test's own and ways to
/// make rows.
macro_rules! pizzeria {
    ($pizzas:literal, $toppings:literal) => {
        #[derive(Debug, Clone, PartialEq, signals::Model)]
        #[model(table = $pizzas, many_to_many(toppings: Topping, related = pizzas))]
        struct Pizza {
            id: i64,
        }
        #[derive(Debug, Clone, PartialEq, signals::Model)]
        #[model(table = $toppings)]
        struct Topping {
            id: i64,
        }

        /// Saves a pizza and so many toppings.
        #[allow(dead_code, reason = "not every test wants the same rows")]
        async fn menu<const N: usize>(db: &signals::Db) -> (Pizza, [Topping; N]) {
            let mut pizza = Pizza { id: 0 };
            pizza.save(db).await.unwrap();
            let mut toppings = [(); N].map(|()| Topping { id: 0 });
            for topping in &mut toppings {
                topping.save(db).await.unwrap();
            }
            (pizza, toppings)
        }
    };
}
use pizzeria;

// F124, F145: the whole payload; `using` is the database of the call.
#[tokio::test]
async fn receivers_get_the_whole_payload() -> Result<()> {
    pizzeria!("m2m_payload_pizza", "m2m_payload_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    #[expect(clippy::too_many_arguments, reason = "it names every field there is")]
    async fn heard(
        action: M2mAction,
        reverse: bool,
        instance: &dyn AnyModel,
        model: &ModelMeta,
        keys: Option<&KeySet>,
        raw: bool,
        using: &str,
        tx: &Tx,
        sender: &'static ModelMeta,
        signal: &str,
    ) -> Result<()> {
        let links = PizzaToppings::objects().count(tx).await?;
        let pizza = instance.downcast_ref::<Pizza>().expect("a pizza");
        let (model, sender) = (model.name(), sender.name());
        LOG.note(format!(
            "{signal} {sender} {action:?} {reverse} {} {model} {keys:?} {raw} {using}: {links}",
            pizza.id
        ));
        Ok(())
    }
    let db = named_db("kitchen").await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese, &basil]).await?;
    assert_eq!(
        LOG.take(),
        [
            "m2m_changed PizzaToppings PreAdd false 1 Topping Some({Int(1), Int(2)}) false kitchen: 0",
            "m2m_changed PizzaToppings PostAdd false 1 Topping Some({Int(1), Int(2)}) false kitchen: 2",
        ]
    );
    Ok(())
}

// F125, F126: two signals around each write. The instance is on either side, and the model is that of the
// other side.
#[tokio::test]
async fn each_change_is_a_pair_and_tells_its_direction() -> Result<()> {
    pizzeria!("m2m_pairs_pizza", "m2m_pairs_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn heard(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(line(event));
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;

    pizza.toppings().add(&db, [&cheese, &basil]).await?;
    pizza.toppings().remove(&db, [&basil]).await?;
    pizza.toppings().clear(&db).await?;
    assert_eq!(
        LOG.take(),
        [
            "PreAdd Pizza 1 -> Topping [1, 2]",
            "PostAdd Pizza 1 -> Topping [1, 2]",
            "PreRemove Pizza 1 -> Topping [2]",
            "PostRemove Pizza 1 -> Topping [2]",
            "PreClear Pizza 1 -> Topping all",
            "PostClear Pizza 1 -> Topping all",
        ]
    );
    basil.pizzas().add(&db, [&pizza]).await?;
    basil.pizzas().remove(&db, [&pizza]).await?;
    basil.pizzas().clear(&db).await?;
    assert_eq!(
        LOG.take(),
        [
            "PreAdd Topping 2 <- Pizza [1]",
            "PostAdd Topping 2 <- Pizza [1]",
            "PreRemove Topping 2 <- Pizza [1]",
            "PostRemove Topping 2 <- Pizza [1]",
            "PreClear Topping 2 <- Pizza all",
            "PostClear Topping 2 <- Pizza all",
        ]
    );
    Ok(())
}

// F127: existing links are not sent again, and the two signals are sent even if no key is left.
#[tokio::test]
async fn adding_tells_only_the_keys_that_were_missing() -> Result<()> {
    pizzeria!("m2m_again_pizza", "m2m_again_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn heard(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(line(event));
    }
    let db = db().await;
    let (pizza, [cheese, basil, olives]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese]).await?;
    LOG.take();
    pizza.toppings().add(&db, [&olives, &cheese, &basil, &olives]).await?;
    pizza.toppings().add(&db, [&cheese, &basil]).await?;
    assert_eq!(
        LOG.take(),
        [
            "PreAdd Pizza 1 -> Topping [2, 3]",
            "PostAdd Pizza 1 -> Topping [2, 3]",
            "PreAdd Pizza 1 -> Topping []",
            "PostAdd Pizza 1 -> Topping []",
        ]
    );
    assert_eq!(rows(&db, "m2m_again_pizza_toppings").await, 3);
    Ok(())
}

// F128: a removal sends all the given keys, whether linked or not.
#[tokio::test]
async fn removing_tells_every_key_that_was_asked_for() -> Result<()> {
    pizzeria!("m2m_remove_pizza", "m2m_remove_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn heard(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(line(event));
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese]).quiet().await?;
    pizza.toppings().remove(&db, [basil.id, cheese.id, 77]).await?;
    assert_eq!(LOG.take(), ["PreRemove Pizza 1 -> Topping [1, 2, 77]", "PostRemove Pizza 1 -> Topping [1, 2, 77]"]);
    assert_eq!(rows(&db, "m2m_remove_pizza_toppings").await, 0);
    Ok(())
}

// F129: a clear has no keys, and is sent even if there are no links. Before it, the links still exist.
#[tokio::test]
async fn clearing_tells_no_keys() -> Result<()> {
    pizzeria!("m2m_clear_pizza", "m2m_clear_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    async fn heard(event: &mut M2mChanged<'_, PizzaToppings>) -> Result<()> {
        let pizza = event.instance.downcast_ref::<Pizza>().expect("a pizza");
        let related = pizza.toppings().keys(&event.tx).await?;
        LOG.note(format!("{:?} {} {related:?}", event.action, event.keys.is_none()));
        Ok(())
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese, &basil]).quiet().await?;
    pizza.toppings().clear(&db).await?;
    pizza.toppings().clear(&db).await?;
    assert_eq!(LOG.take(), ["PreClear true [1, 2]", "PostClear true []", "PreClear true []", "PostClear true []"]);
    Ok(())
}

// F130: a set removes and then adds, each only if there are links to change; an empty call does nothing.
#[tokio::test]
async fn setting_removes_and_adds_what_differs() -> Result<()> {
    pizzeria!("m2m_set_pizza", "m2m_set_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn heard(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(line(event));
    }
    let db = db().await;
    let (pizza, [cheese, basil, olives]) = menu(&db).await;
    pizza.toppings().set(&db, [&cheese, &basil]).await?;
    assert_eq!(LOG.take(), ["PreAdd Pizza 1 -> Topping [1, 2]", "PostAdd Pizza 1 -> Topping [1, 2]"]);
    pizza.toppings().set(&db, [&olives, &basil]).await?;
    assert_eq!(
        LOG.take(),
        [
            "PreRemove Pizza 1 -> Topping [1]",
            "PostRemove Pizza 1 -> Topping [1]",
            "PreAdd Pizza 1 -> Topping [3]",
            "PostAdd Pizza 1 -> Topping [3]",
        ]
    );
    pizza.toppings().set(&db, [&basil, &olives]).await?;
    assert!(LOG.take().is_empty(), "nothing differs");
    pizza.toppings().set(&db, [] as [i64; 0]).await?;
    assert_eq!(LOG.take(), ["PreRemove Pizza 1 -> Topping [2, 3]", "PostRemove Pizza 1 -> Topping [2, 3]"]);
    pizza.toppings().add(&db, [] as [&Topping; 0]).await?;
    pizza.toppings().remove(&db, Vec::<i64>::new()).await?;
    assert!(LOG.take().is_empty(), "nothing is named");
    Ok(())
}

// F131: with `clear` all links are removed and added again, even if nothing differs.
#[tokio::test]
async fn setting_anew_is_a_clear_and_an_add() -> Result<()> {
    pizzeria!("m2m_anew_pizza", "m2m_anew_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn heard(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(line(event));
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese, &basil]).quiet().await?;
    pizza.toppings().set(&db, [&cheese, &basil]).clear().await?;
    assert_eq!(
        LOG.take(),
        [
            "PreClear Pizza 1 -> Topping all",
            "PostClear Pizza 1 -> Topping all",
            "PreAdd Pizza 1 -> Topping [1, 2]",
            "PostAdd Pizza 1 -> Topping [1, 2]",
        ]
    );
    pizza.toppings().set(&db, [] as [i64; 0]).clear().await?;
    assert_eq!(LOG.take(), ["PreClear Pizza 1 -> Topping all", "PostClear Pizza 1 -> Topping all"]);
    Ok(())
}

// D77, F142, F143: links that are saved as rows send no m2m_changed, and a change of a relation sends no save
// signals of either side.
#[tokio::test]
async fn a_change_is_not_a_save_and_a_save_is_not_a_change() -> Result<()> {
    pizzeria!("m2m_saves_pizza", "m2m_saves_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn changed(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(line(event));
    }
    #[receiver([pre_save, post_save], sender = Pizza)]
    #[receiver([pre_save, post_save], sender = Topping)]
    #[receiver([pre_save, post_save], sender = PizzaToppings)]
    fn saved(signal: &str, sender: &ModelMeta) {
        LOG.note(format!("{signal} {}", sender.name()));
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    LOG.take();
    pizza.toppings().add(&db, [&cheese]).await?;
    pizza.toppings().clear(&db).await?;
    assert!(LOG.take().iter().all(|line| !line.contains("save")));

    let mut link = PizzaToppings { id: 0, pizza_id: pizza.id, topping_id: basil.id };
    link.save(&db).await?;
    assert_eq!(LOG.take(), ["pre_save PizzaToppings", "post_save PizzaToppings"]);
    assert_eq!(pizza.toppings().keys(&db).await?, [basil.id]);
    link.delete(&db).await?;
    pizza.toppings().add(&db, [&cheese, &basil]).quiet().await?;
    basil.delete(&db).await?;
    assert_eq!(pizza.toppings().keys(&db).await?, [cheese.id]);
    pizza.toppings().objects().delete(&db).await?;
    assert_eq!(pizza.toppings().count(&db).await?, 0);
    assert!(LOG.take().is_empty());
    Ok(())
}

// E116: the links of a row are deleted with it, for either side. Each is a row with its own delete signals,
// and no change is sent.
#[tokio::test]
async fn links_go_with_either_end_and_send_their_own_deletes() -> Result<()> {
    pizzeria!("m2m_ends_pizza", "m2m_ends_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn changed(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(line(event));
    }
    #[receiver([pre_delete, post_delete], sender = PizzaToppings)]
    fn deleted(instance: &PizzaToppings, signal: &str) {
        LOG.note(format!("{signal} {}", instance.topping_id));
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese, &basil]).quiet().await?;
    cheese.delete(&db).await?;
    assert_eq!(LOG.take(), [format!("pre_delete {}", cheese.id), format!("post_delete {}", cheese.id)]);
    pizza.delete(&db).await?;
    assert_eq!(LOG.take(), [format!("pre_delete {}", basil.id), format!("post_delete {}", basil.id)]);
    assert_eq!(PizzaToppings::objects().count(&db).await?, 0);
    Ok(())
}

// F145: raw changes are sent only to receivers with `raw`; each of their actions has `raw` set.
#[tokio::test]
async fn raw_changes_are_heard_by_raw_receivers_alone() -> Result<()> {
    pizzeria!("m2m_raw_pizza", "m2m_raw_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn not_raw(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(format!("not for raw: {}", line(event)));
    }
    #[receiver(m2m_changed, sender = PizzaToppings, raw)]
    fn raw(raw: bool, action: M2mAction) {
        LOG.note(format!("{action:?} {raw}"));
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().set(&db, [&cheese]).raw().await?;
    pizza.toppings().set(&db, [&basil]).raw().await?;
    pizza.toppings().set(&db, [&cheese]).clear().raw().await?;
    let actions: Vec<_> = LOG.take();
    let raw = ["Add", "Remove", "Add", "Clear", "Add"].iter();
    let expected: Vec<_> = raw.flat_map(|what| [format!("Pre{what} true"), format!("Post{what} true")]).collect();
    assert_eq!(actions, expected);
    Ok(())
}

#[tokio::test]
async fn quiet_changes_call_no_receiver() -> Result<()> {
    pizzeria!("m2m_quiet_pizza", "m2m_quiet_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn heard(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(line(event));
    }
    #[receiver([signals::pre_delete, signals::post_delete], sender = PizzaToppings)]
    fn deleted(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese]).quiet().await?;
    pizza.toppings().set(&db, [&basil, &cheese]).quiet().await?;
    pizza.toppings().remove(&db, [&cheese]).quiet().await?;
    assert_eq!(pizza.toppings().keys(&db).await?, [basil.id]);
    pizza.toppings().clear(&db).quiet().await?;
    assert_eq!((pizza.toppings().count(&db).await?, LOG.take()), (0, vec![]));
    Ok(())
}

// Sent signals are recorded even without receivers; muted ones are not sent.
#[tokio::test]
async fn a_recording_keeps_each_change() -> Result<()> {
    pizzeria!("m2m_recorded_pizza", "m2m_recorded_topping");
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    let recording = db.record();
    pizza.toppings().add(&db, [&cheese, &basil]).await?;
    basil.pizzas().clear(&db).raw().await?;
    assert_eq!(
        recording.lines(),
        [
            "m2m_changed PizzaToppings 1 PreAdd [1, 2]",
            "m2m_changed PizzaToppings 1 PostAdd [1, 2]",
            "m2m_changed PizzaToppings 2 PreClear reverse raw",
            "pre_delete PizzaToppings 2",
            "post_delete PizzaToppings 2",
            "m2m_changed PizzaToppings 2 PostClear reverse raw",
        ]
    );
    Ok(())
}

// A8, F124: a receiver without a sender receives the changes of every relation, and distinguishes them by the
// sender.
#[tokio::test]
async fn a_receiver_without_a_sender_hears_every_relation() -> Result<()> {
    pizzeria!("m2m_any_pizza", "m2m_any_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed)]
    fn heard(event: &mut M2mChanged<'_, dyn AnyModel>) {
        if event.sender.table() == "m2m_any_pizza_toppings" {
            if let (M2mAction::PreAdd, Some(keys)) = (event.action, &mut event.keys) {
                keys.retain(|key| *key != Key::Int(2));
            }
            LOG.note(line(event));
        }
    }
    let db = db().await;
    let (pizza, [cheese, basil]) = menu(&db).await;
    pizza.toppings().add(&db, [&cheese, &basil]).await?;
    assert_eq!(LOG.take(), ["PreAdd Pizza 1 -> Topping [1]", "PostAdd Pizza 1 -> Topping [1]"]);
    assert_eq!(pizza.toppings().keys(&db).await?, [cheese.id]);
    Ok(())
}

// F134: an unsaved instance is refused before any signal, on either side.
#[tokio::test]
async fn what_is_not_saved_is_refused_before_any_signal() -> Result<()> {
    pizzeria!("m2m_unsaved_pizza", "m2m_unsaved_topping");
    static LOG: Log = Log::new();
    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn heard(event: &M2mChanged<'_, PizzaToppings>) {
        LOG.note(line(event));
    }
    let db = db().await;
    let (pizza, [cheese]) = menu(&db).await;
    let (new_pizza, new_topping) = (Pizza { id: 0 }, Topping { id: 0 });
    let owner = new_pizza.toppings();
    for outcome in [
        owner.add(&db, [&cheese]).await,
        owner.remove(&db, [&cheese]).await,
        owner.set(&db, [&cheese]).await,
        owner.clear(&db).await,
        owner.all(&db).await.map(drop),
        owner.count(&db).await.map(drop),
        owner.keys(&db).await.map(drop),
        owner.contains(&db, &cheese).await.map(drop),
        owner.objects().all(&db).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(Error::KeyMissing { model: "Pizza", .. })), "{outcome:?}");
    }
    let toppings = pizza.toppings();
    for outcome in [
        toppings.add(&db, [&cheese, &new_topping]).await,
        toppings.remove(&db, [&new_topping]).await,
        toppings.set(&db, [&new_topping]).await,
        toppings.set(&db, [&new_topping]).clear().await,
        toppings.contains(&db, &new_topping).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(Error::KeyMissing { model: "Topping", .. })), "{outcome:?}");
    }
    assert_eq!((LOG.take(), pizza.toppings().count(&db).await?), (vec![], 0));
    Ok(())
}
