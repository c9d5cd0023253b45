//! The short forms: an insert that returns its instance, the only row of a condition, and errors of
//! receivers.

use std::fmt;

use signals::{BoxError, Error, Model, Result, pre_save, receiver};
use signals_test_behavior::{Refused, db, refused};

#[tokio::test]
async fn create_inserts_with_signals_and_hands_the_instance_back() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "everyday_created")]
    struct Note {
        id: i64,
        text: String,
    }
    let db = db().await;
    let recording = db.record();
    let first = Note { id: 0, text: "a".into() }.create(&db).await?;
    assert!(first.id > 0);
    assert_eq!(Note::get(&db, first.id).await?, first);
    let id = first.id;
    assert_eq!(recording.lines(), ["pre_save Note".to_owned(), format!("post_save Note {id} created")]);

    let second = Note { id: 0, text: "b".into() }.create(&db).quiet().await?;
    assert_eq!(recording.lines().len(), 2, "quiet");
    let raw = Note { id: 0, text: "c".into() }.create(&db).raw().await?;
    assert!(raw.id > second.id);
    assert_eq!(recording.lines().len(), 4, "raw");

    // It never updates, and in a transaction it goes with it.
    let taken = Note { id, text: "d".into() }.create(&db).await.unwrap_err();
    assert!(taken.is_unique_violation(), "{taken}");
    assert_eq!(Note::get(&db, id).await?.text, "a");
    let tx = db.begin().await?;
    let undone = Note { id: 0, text: "e".into() }.create(&tx).await?;
    tx.rollback().await?;
    assert!(Note::find(&db, undone.id).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn get_of_a_condition_is_the_one_row_or_an_error() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "everyday_got")]
    struct Note {
        id: i64,
        text: String,
    }
    let db = db().await;
    for text in ["one", "two", "two"] {
        Note { id: 0, text: text.into() }.create(&db).await?;
    }
    let of = |text: &'static str| Note::objects().filter(Note::TEXT.eq(text));
    assert_eq!(of("one").get(&db).await?.text, "one");
    let tx = db.begin().await?;
    assert_eq!(of("one").get(&tx).await?.text, "one");
    tx.rollback().await?;

    let none = of("three").get(&db).await.unwrap_err();
    assert!(matches!(none, Error::DoesNotExist { model: "Note", key: None }), "{none:?}");
    assert_eq!(none.to_string(), "no row of `Note` matches the conditions");
    let several = of("two").get(&db).await.unwrap_err();
    assert!(matches!(several, Error::MultipleObjects { model: "Note", at_least: 2 }), "{several:?}");
    // A limit counts, as for every call that reads.
    assert_eq!(of("two").limit(1).get(&db).await?.text, "two");
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "everyday_vetoed")]
struct Member {
    id: i64,
    name: String,
    age: String,
}

/// The application's own error.
#[receiver(pre_save, sender = Member)]
fn of_its_own(instance: &Member) -> Result<(), Refused> {
    if instance.name == "root" { Err(Refused("root")) } else { Ok(()) }
}

/// A text, of this library's `Result`.
#[receiver(pre_save, sender = Member)]
fn a_text(instance: &Member) -> Result<()> {
    if instance.name.is_empty() {
        return Err("a member has a name".into());
    }
    if instance.name.len() > 9 {
        return Err(format!("`{}` is too long", instance.name).into());
    }
    Ok(())
}

/// Converts any error by `?`, together with errors of this library.
#[receiver(pre_save, sender = Member)]
async fn any_error(instance: &Member, tx: &signals::Tx) -> Result<(), BoxError> {
    let age: i32 = instance.age.parse()?;
    if age < 18 && !Member::objects().filter(Member::NAME.eq("guardian")).exists(tx).await? {
        return Err("no adult".into());
    }
    Ok(())
}

#[tokio::test]
async fn a_receiver_vetoes_with_any_error() -> Result<()> {
    let db = db().await;
    let save = |name: &str, age: &str| Member { id: 0, name: name.into(), age: age.into() }.create(&db);
    let root = save("root", "30").await.unwrap_err();
    assert_eq!(refused(&root), Some("root"));
    let nameless = save("", "30").await.unwrap_err();
    assert!(nameless.to_string().ends_with("failed: a member has a name"), "{nameless}");
    let long = save("hieronymus", "30").await.unwrap_err();
    assert!(long.to_string().ends_with("failed: `hieronymus` is too long"), "{long}");
    let odd = save("ann", "x").await.unwrap_err();
    assert!(odd.find::<std::num::ParseIntError>().is_some(), "{odd}");
    let minor = save("ann", "17").await.unwrap_err();
    assert!(minor.to_string().ends_with("failed: no adult"), "{minor}");
    assert_eq!(Member::objects().count(&db).await?, 0);
    save("guardian", "40").await?;
    save("ann", "17").await?;
    Ok(())
}

#[test]
fn an_error_in_a_box_comes_out_of_it() {
    let inner: BoxError = Error::SavepointOpen.into();
    assert!(matches!(Error::from(inner), Error::SavepointOpen));
    let text: BoxError = "a text".into();
    assert!(matches!(Error::from(text), Error::Other(_)));
    let own: BoxError = fmt::Error.into();
    assert!(Error::from(own).find::<fmt::Error>().is_some());
}
