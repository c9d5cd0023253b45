//! The forms of a receiver: its parameters, its return type, its options, and receivers without a sender.

mod options;

use std::error::Error as StdError;

use signals::model::Key;
use signals::{AnyModel, FieldSet, Model, ModelMeta, PostSave, PreSave, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Log, Refused, db, refused};

// A1, D53: parameters are payload fields by name, in any order, by value or by reference.
#[tokio::test]
async fn parameters_are_payload_fields_by_name_in_any_order() -> signals::Result<()> {
    #[derive(Model)]
    #[model(table = "parameters_any_order")]
    struct Cat {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Cat)]
    async fn a_async(tx: &Tx, signal: &str, created: bool, instance: &Cat, using: &str) -> signals::Result<()> {
        let found = Cat::find(tx, instance.id).await?.is_some();
        LOG.note(format!("{signal} {created} {} {using} {found}", instance.id));
        Ok(())
    }
    #[receiver(post_save, sender = Cat)]
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "any field can be taken by reference")]
    fn b_sync(raw: &bool, update_fields: Option<&FieldSet>, sender: &'static ModelMeta) {
        LOG.note(format!("{raw} {} {}", update_fields.is_none(), sender.table()));
    }
    #[receiver(post_save, sender = Cat)]
    fn c_takes_nothing() {
        LOG.note("nothing");
    }
    #[receiver(pre_save, sender = Cat)]
    async fn d_may_change(mut raw: bool, instance: &mut Cat) {
        raw |= instance.id == 0;
        instance.id = if raw { 40 } else { 41 };
    }

    Cat { id: 0 }.save(&db().await).await?;
    assert_eq!(LOG.take(), ["post_save true 40 default true", "false true parameters_any_order", "nothing"]);
    Ok(())
}

// A1: a parameter named `event` takes the whole payload.
#[tokio::test]
async fn event_takes_the_whole_payload() -> signals::Result<()> {
    #[derive(Model)]
    #[model(table = "parameters_event")]
    struct Dog {
        id: i64,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Dog)]
    fn rename(event: &mut PreSave<'_, Dog>) {
        event.instance.name.push_str(event.signal);
    }
    #[receiver(post_save, sender = Dog)]
    async fn look(event: &PostSave<'_, Dog>) -> signals::Result<()> {
        let row = Dog::get(&event.tx, event.instance.id).await?;
        LOG.note(format!("{} {} {}", row.name, event.created, event.sender.is::<Dog>()));
        Ok(())
    }
    Dog { id: 0, name: "rex, ".into() }.save(&db().await).await?;
    assert_eq!(LOG.take(), ["rex, pre_save true true"]);
    Ok(())
}

// A13: the compiler checks a receiver's signature (tests/ui); the function itself stays an ordinary function.
#[tokio::test]
async fn a_receiver_is_called_directly_in_a_unit_test() -> signals::Result<()> {
    #[derive(Model)]
    #[model(table = "parameters_direct")]
    struct Fish {
        id: i64,
        scales: i32,
    }
    #[receiver(pre_save, sender = Fish)]
    fn polish(instance: &mut Fish) {
        instance.scales += 1;
    }
    #[receiver(post_save, sender = Fish)]
    async fn check(instance: &Fish, created: bool, tx: &Tx) -> Result<(), Refused> {
        let there = Fish::find(tx, instance.id).await.is_ok_and(|row| row.is_some());
        if created && !there { Err(Refused("no row")) } else { Ok(()) }
    }

    let db = db().await;
    let mut fish = Fish { id: 5, scales: 0 };
    polish(&mut fish);
    assert_eq!(fish.scales, 1);
    let tx = db.begin().await?;
    assert_eq!(check(&fish, true, &tx).await, Err(Refused("no row")));
    fish.save(&tx).await?;
    assert_eq!(check(&fish, true, &tx).await, Ok(()));
    Ok(())
}

// A13: any error that can be boxed, and whatever the names in scope mean.
#[tokio::test]
async fn a_receiver_returns_nothing_or_any_error_that_can_be_boxed() {
    mod answers {
        signals::signal! { pub answer { of: &'static str } }
        pub type Outcome = std::result::Result<(), anyhow::Error>;
    }
    use answers::{Answer, Outcome, answer};
    /// An application may have types of these names.
    #[expect(dead_code, reason = "what counts is that the names are taken")]
    mod shadows {
        pub struct Result;
        pub struct Box;
    }
    #[expect(unused_imports, reason = "what counts is that the names are taken")]
    use shadows::{Box, Result};

    #[receiver(answer)]
    fn text(of: &str) -> std::result::Result<(), String> {
        if of == "text" { Err("a string".into()) } else { Ok(()) }
    }
    #[receiver(answer)]
    async fn slice(of: &str) -> std::result::Result<(), &'static str> {
        if of == "slice" { Err("a slice") } else { Ok(()) }
    }
    #[receiver(answer)]
    fn boxed(of: &str) -> std::result::Result<(), std::boxed::Box<dyn StdError + Send + Sync>> {
        if of == "boxed" { Err(Refused("boxed").into()) } else { Ok(()) }
    }
    #[receiver(answer)]
    async fn any(of: &str) -> Outcome {
        if of == "anyhow" { Err(anyhow::Error::new(Refused("anyhow")).context("with context")) } else { Ok(()) }
    }

    for (of, message) in
        [("text", "a string"), ("slice", "a slice"), ("boxed", "refused: boxed"), ("anyhow", "with context")]
    {
        let error = answer.send(Answer { of }).await.unwrap_err();
        assert!(error.to_string().ends_with(message), "{error}");
    }
    assert_eq!(refused(&answer.send(Answer { of: "boxed" }).await.unwrap_err()), Some("boxed"));
    assert_eq!(refused(&answer.send(Answer { of: "anyhow" }).await.unwrap_err()), Some("anyhow"));
    assert!(answer.send(Answer { of: "none" }).await.is_ok());
}

// A8: without a sender a receiver is called for every model, and reads it without its type.
#[tokio::test]
async fn a_receiver_without_a_sender_hears_every_model() -> signals::Result<()> {
    #[derive(Model)]
    #[model(table = "parameters_heard_one")]
    struct Apple {
        id: i64,
        #[model(column = "hue")]
        color: String,
    }
    #[derive(Model)]
    #[model(table = "parameters_heard_two")]
    struct Pear {
        #[model(primary_key)]
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save)]
    fn audit(instance: &dyn AnyModel, sender: &ModelMeta, created: bool) {
        // This receiver receives every test's models.
        if !sender.table().starts_with("parameters_heard_") {
            return;
        }
        assert_eq!(instance.meta(), sender);
        let color = instance.field_as::<String>("color").or(instance.field_as("hue"));
        LOG.note(format!("{} {:?} {created} {color:?}", sender.name(), instance.pk()));
        assert!(instance.field_as::<i32>("color").is_none() && instance.field("flavor").is_none());
        assert_eq!(instance.downcast_ref::<Pear>().is_some(), instance.as_any().is::<Pear>());
    }

    let db = db().await;
    Apple { id: 0, color: "red".into() }.save(&db).await?;
    Pear { name: "williams".into() }.save(&db).await?;
    let heard = [r#"Apple Some(Int(1)) true Some("red")"#, r#"Pear Some(Text("williams")) true None"#];
    assert_eq!(LOG.take(), heard);
    assert_eq!(Key::Int(1).to_string(), "1");
    Ok(())
}

// A8, D60: in pre_save it may change what it finds.
#[tokio::test]
async fn a_receiver_without_a_sender_may_change_the_instance() -> signals::Result<()> {
    #[derive(Model)]
    #[model(table = "parameters_any_mut")]
    struct Plum {
        id: i64,
        weight: i32,
    }
    #[receiver(pre_save)]
    fn weigh(instance: &mut dyn AnyModel) {
        if let Some(plum) = instance.downcast_mut::<Plum>() {
            plum.weight *= 2;
        }
    }
    let db = db().await;
    let mut plum = Plum { id: 0, weight: 21 };
    plum.save(&db).await?;
    assert_eq!((plum.weight, Plum::get(&db, plum.id).await?.weight), (42, 42));
    Ok(())
}

// A10: a custom signal has no sender, and its receivers name none. Its fields may have any name, and so
// may the function.
#[tokio::test]
async fn names_that_need_care_are_names_like_any_other() -> signals::Result<()> {
    signals::signal! { r#match<'a> { r#type: &'a str, __event: u8, signals: u8 } -> String }
    #[receiver(r#match)]
    fn event(r#type: &str, __event: u8, signals: u8) -> String {
        format!("{type} {__event} {signals}", r#type = r#type)
    }
    #[receiver(r#match, priority = 1)]
    #[expect(clippy::elidable_lifetime_names, reason = "a receiver may have lifetimes")]
    async fn r#async<'a>(event: &Match<'a>) -> String {
        event.r#type.to_uppercase()
    }
    let answers = r#match.send(Match { r#type: "draw", __event: 1, signals: 2 }).await?;
    assert_eq!(answers, ["draw 1 2", "DRAW"]);
    Ok(())
}

// A24: a receiver that is not compiled is not registered.
#[tokio::test]
async fn a_receiver_under_a_cfg_that_is_off_is_not_there() -> signals::Result<()> {
    signals::signal! { season {} -> &'static str }
    #[receiver(season)]
    #[cfg(not(test))]
    fn autumn() -> &'static str {
        "autumn"
    }
    #[cfg(test)]
    #[receiver(season)]
    fn spring() -> &'static str {
        "spring"
    }
    assert_eq!(season.send(Season {}).await?, ["spring"]);
    Ok(())
}

// A24: models and signals are named by paths, from wherever they are.
mod shop {
    #[derive(signals::Model)]
    #[model(table = "parameters_paths")]
    pub struct Order {
        pub id: i64,
    }
}

mod billing {
    use signals_test_behavior::Log;

    pub static LOG: Log = Log::new();

    #[signals::receiver([signals::pre_save, signals::post_save], sender = super::shop::Order)]
    fn hear(signal: &str, instance: &super::shop::Order) {
        LOG.note(format!("{signal} {}", instance.id));
    }
}

#[tokio::test]
async fn senders_and_signals_are_named_by_paths() -> signals::Result<()> {
    shop::Order { id: 0 }.save(&db().await).await?;
    assert_eq!(billing::LOG.take(), ["pre_save 0", "post_save 1"]);
    Ok(())
}
