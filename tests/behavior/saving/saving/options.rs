//! The options of a save: `update_fields`, `force_insert`, `force_update`, `raw`, `quiet`.

use signals::{Error, FieldSet, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Log, db, rows};

// D55: options that contradict each other are refused before any signal.
#[tokio::test]
async fn contradicting_options_are_refused_before_any_signal() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_contradiction")]
    struct Form {
        id: i64,
        text: String,
    }
    #[derive(Model)]
    #[model(table = "options_contradiction_other")]
    struct Other {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Form)]
    fn heard(signal: &str) {
        LOG.note(signal);
    }

    let db = db().await;
    let mut form = Form { id: 3, text: "x".into() };
    let refusals = [
        form.save(&db).force_insert().force_update().await,
        form.save(&db).force_insert().update_fields([Form::TEXT]).await,
        form.save(&db).update_fields([Form::ID]).await,
        form.save(&db).update_field_set(FieldSet::of::<Other>(&[Other::ID])).await,
    ];
    for refusal in refusals {
        let error = refusal.unwrap_err();
        assert!(matches!(error, Error::SaveOptions { model: "Form", .. }), "{error}");
    }
    assert!(LOG.take().is_empty());
    assert_eq!(rows(&db, "options_contradiction").await, 0);
    Ok(())
}

// D55, D56: Django sends pre_save before it detects the missing key. Here the save is refused before any
// signal.
#[tokio::test]
async fn an_update_without_a_key_is_refused_before_any_signal() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_no_key")]
    struct Draft {
        id: i64,
        text: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Draft)]
    fn heard() {
        LOG.note("pre");
    }

    let db = db().await;
    let mut draft = Draft { id: 0, text: String::new() };
    for refusal in [draft.save(&db).force_update().await, draft.save(&db).update_fields([Draft::TEXT]).await] {
        assert!(matches!(refusal, Err(Error::KeyMissing { operation: "update", .. })), "{refusal:?}");
    }
    assert!(LOG.take().is_empty());
    Ok(())
}

// D56, D63: pre_save without post_save is normal.
#[tokio::test]
async fn an_update_that_finds_no_row_fails_after_pre_save() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_not_updated")]
    struct Ghost {
        id: i64,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Ghost)]
    fn heard(signal: &str) {
        LOG.note(signal);
    }

    let db = db().await;
    let mut ghost = Ghost { id: 9, name: "boo".into() };
    let error = ghost.save(&db).force_update().await.unwrap_err();
    assert!(matches!(&error, Error::NotUpdated { model: "Ghost", key } if key == "9"), "{error}");
    let error = ghost.save(&db).update_fields([Ghost::NAME]).await.unwrap_err();
    assert!(matches!(error, Error::NotUpdated { .. }), "{error}");
    assert_eq!(LOG.take(), ["pre_save", "pre_save"]);
    assert_eq!(rows(&db, "options_not_updated").await, 0);
    Ok(())
}

// D57
#[tokio::test]
async fn an_empty_update_fields_does_nothing_and_sends_nothing() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_empty")]
    struct Blank {
        id: i64,
        text: String,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Blank)]
    fn heard(signal: &str) {
        LOG.note(signal);
    }

    let db = db().await;
    let mut blank = Blank { id: 0, text: "kept".into() };
    blank.save(&db).update_fields([]).await?;
    assert_eq!((blank.id, rows(&db, "options_empty").await), (0, 0));
    blank.save(&db).quiet().await?;
    blank.text = "changed".into();
    blank.save(&db).update_field_set(FieldSet::empty::<Blank>()).await?;
    assert_eq!(Blank::get(&db, blank.id).await?.text, "kept");
    assert!(LOG.take().is_empty());
    Ok(())
}

// D58: a set of typed columns, which a receiver queries by constant, by field name or by column name.
#[tokio::test]
async fn update_fields_is_a_typed_set() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_typed_set")]
    struct Account {
        id: i64,
        #[model(column = "mail_address")]
        email: String,
        age: i32,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Account)]
    fn after(update_fields: Option<&FieldSet>) {
        let Some(fields) = update_fields else { return };
        let (email, age) = (fields.contains(Account::EMAIL), fields.contains(Account::AGE));
        let names = (fields.contains_name("email"), fields.contains_name("mail_address"), fields.contains_name("age"));
        LOG.note(format!("{email} {age} {names:?} {:?} {}", fields.names().collect::<Vec<_>>(), fields.len()));
    }

    let db = db().await;
    let mut account = Account { id: 0, email: "a@b".into(), age: 3 };
    account.save(&db).await?;
    (account.email, account.age) = ("c@d".into(), 4);
    account.save(&db).update_fields([Account::EMAIL]).await?;
    account.save(&db).update_fields([Account::AGE, Account::EMAIL, Account::AGE]).await?;
    let heard = [
        r#"true false (true, true, false) ["email"] 1"#,
        // The names come in the order of the struct, whatever the order of the call.
        r#"true true (true, true, true) ["email", "age"] 2"#,
    ];
    assert_eq!(LOG.take(), heard);
    Ok(())
}

// D60: a field outside of update_fields keeps its value in the row. Fields that pre_save changes are written
// too.
#[tokio::test]
async fn update_fields_writes_those_columns_alone() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_limited")]
    struct Page {
        id: i64,
        title: String,
        views: i64,
        stars: i64,
    }
    #[receiver(pre_save, sender = Page)]
    fn shout(instance: &mut Page, update_fields: Option<&FieldSet>) {
        if update_fields.is_some() {
            instance.title.make_ascii_uppercase();
        }
    }

    let db = db().await;
    let mut page = Page { id: 0, title: "home".into(), views: 1, stars: 1 };
    page.save(&db).await?;
    (page.views, page.stars) = (2, 2);
    page.save(&db).update_fields([Page::VIEWS]).await?;
    let row = Page::get(&db, page.id).await?;
    assert_eq!((row.title.as_str(), row.views, row.stars), ("HOME", 2, 1));
    Ok(())
}

// D63: a forced INSERT never updates.
#[tokio::test]
async fn a_forced_insert_of_a_taken_key_is_an_error() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_force_insert")]
    struct Slot {
        id: i64,
        text: String,
    }
    let db = db().await;
    Slot { id: 4, text: "first".into() }.save(&db).await?;
    let error = Slot { id: 4, text: "second".into() }.save(&db).force_insert().await.unwrap_err();
    let Error::Database { doing, source } = &error else { panic!("{error}") };
    assert_eq!(doing, "INSERT of `Slot`");
    assert!(source.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation), "{error}");
    assert_eq!(Slot::get(&db, 4).await?.text, "first");
    Ok(())
}

// D74, D75: fixtures are saved raw, by the same method. Receivers without `raw` are not called; Django calls
// them and expects each to check `raw`.
#[tokio::test]
async fn a_raw_save_is_heard_by_raw_receivers_alone() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_raw")]
    struct Fixture {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Fixture)]
    fn a_normal() -> Result<(), String> {
        Err("not for fixtures".into())
    }
    #[receiver([pre_save, post_save], sender = Fixture, raw)]
    fn b_raw(signal: &str, raw: bool) {
        LOG.note(format!("{signal} {raw}"));
    }

    let db = db().await;
    Fixture { id: 5 }.save(&db).raw().await?;
    assert_eq!(LOG.take(), ["pre_save true", "post_save true"]);
    Fixture { id: 6 }.save(&db).await.unwrap_err();
    assert_eq!(rows(&db, "options_raw").await, 1);
    Ok(())
}

// D78: a create is one INSERT and one pair of signals.
#[tokio::test]
async fn a_forced_insert_is_one_pair_of_signals() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_create")]
    struct Member {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Member)]
    fn before(signal: &str, update_fields: Option<&FieldSet>) {
        LOG.note(format!("{signal} {update_fields:?}"));
    }
    #[receiver(post_save, sender = Member)]
    fn after(signal: &str, created: bool, update_fields: Option<&FieldSet>) {
        LOG.note(format!("{signal} {created} {update_fields:?}"));
    }
    Member { id: 0 }.save(&db().await).force_insert().await?;
    assert_eq!(LOG.take(), ["pre_save None", "post_save true None"]);
    Ok(())
}

// D87: a struct cannot override `save`; a save without signals is explicit.
#[tokio::test]
async fn a_quiet_save_sends_nothing() -> Result<()> {
    #[derive(Model)]
    #[model(table = "options_quiet")]
    struct Whisper {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Whisper)]
    fn heard(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let mut whisper = Whisper { id: 0 };
    whisper.save(&db).quiet().await?;
    assert!(LOG.take().is_empty());
    assert_eq!(Whisper::get(&db, whisper.id).await?.id, 1);
    whisper.save(&db).await?;
    assert_eq!(LOG.take(), ["pre_save", "post_save"]);
    Ok(())
}
