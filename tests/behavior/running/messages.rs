//! The texts of errors and logs: each cause once, on one line, with everything that the database reports.

use std::fmt;

use signals::{Db, Error, Model, Result, Tx, post_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, capture, db, elsewhere, kind, url};

/// An application's error that forwards to the library's, as most do.
#[derive(Debug)]
enum AppError {
    SoldOut,
    Signals(Error),
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoldOut => f.write_str("sold out"),
            Self::Signals(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AppError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::SoldOut => None,
            Self::Signals(error) => error.source(),
        }
    }
}

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        Self::Signals(error)
    }
}

#[derive(Debug, Clone, Model)]
#[model(table = "messages_name")]
struct Name {
    id: i64,
    #[model(unique)]
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "messages_inner")]
struct Inner {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "messages_outer")]
struct Outer {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Inner)]
async fn take_name(instance: &Inner, tx: &Tx) -> Result<(), AppError> {
    if instance.name == "sold out" {
        return Err(AppError::SoldOut);
    }
    Name { id: 0, name: instance.name.clone() }.save(tx).await?;
    Ok(())
}

#[receiver(post_save, sender = Outer)]
async fn save_inner(instance: &Outer, tx: &Tx) -> Result<(), AppError> {
    Inner { id: 0, name: instance.name.clone() }.save(tx).await?;
    Ok(())
}

fn outer(name: &str) -> Outer {
    Outer { id: 0, name: name.to_owned() }
}

/// The chain of causes, as `anyhow` logs it.
fn chain(error: Error) -> String {
    format!("{:#}", anyhow::Error::new(error))
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[tokio::test]
async fn each_cause_is_shown_once() -> Result<()> {
    let db = db().await;
    Name { id: 0, name: "ann".into() }.save(&db).await?;
    let errors = [
        Name { id: 0, name: "ann".into() }.save(&db).await.unwrap_err(),
        Inner { id: 0, name: "ann".into() }.save(&db).await.unwrap_err(),
        outer("ann").save(&db).await.unwrap_err(),
        Error::other(AppError::from(outer("ann").save(&db).await.unwrap_err())),
    ];
    for error in errors {
        let sqlx = error.find::<sqlx::Error>().expect("the database refused it");
        let message = sqlx.as_database_error().unwrap().message().to_owned();
        assert_eq!(count(&error.to_string(), &message), 1, "{error}");
        let (plain, chain) = (error.to_string(), chain(error));
        assert_eq!(count(&chain, &message), 1, "{chain}");
        assert_eq!(chain, plain, "there is nothing behind it");
    }
    // `source()` returns the causes that the text does not show.
    let context = anyhow::Error::new(Refused("no such key")).context("the lookup failed");
    assert_eq!(chain(Error::other(context)), "the lookup failed: refused: no such key");
    Ok(())
}

#[tokio::test]
async fn every_type_is_found_through_wrappers_and_the_innermost_too() -> Result<()> {
    let db = db().await;
    let error = outer("sold out").save(&db).await.unwrap_err();
    assert!(matches!(error.find::<AppError>(), Some(AppError::Signals(_))), "{error:?}");
    assert!(matches!(error.find_innermost::<AppError>(), Some(AppError::SoldOut)), "{error:?}");
    let steps =
        [error.find::<signals::error::ReceiverError>(), error.find_innermost::<signals::error::ReceiverError>()];
    assert_eq!(steps.map(|step| step.unwrap().step.sender), ["Outer", "Inner"]);
    assert!(error.find::<Refused>().is_none());
    Ok(())
}

#[tokio::test]
async fn the_detail_and_the_hint_of_postgres_are_shown_once() -> Result<()> {
    if elsewhere(&[Kind::Postgres]) {
        return Ok(());
    }
    let db = db().await;
    Name { id: 0, name: "ann".into() }.save(&db).await?;
    let text = chain(outer("ann").save(&db).await.unwrap_err());
    assert_eq!(count(&text, "(detail: Key (name)=(ann) already exists.)"), 1, "{text}");
    let raw = sqlx::query("SELECT nam FROM messages_name").fetch_all(db.postgres()?).await.unwrap_err();
    let text = chain(Error::from(raw));
    assert_eq!(count(&text, "hint: Perhaps you meant to reference the column"), 1, "{text}");
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "messages_logged")]
struct Logged {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Logged, robust)]
async fn take_the_name(instance: &Logged, tx: &Tx) -> Result<()> {
    Name { id: 0, name: instance.name.clone() }.save(tx).await
}

#[receiver(post_save, sender = Logged, robust)]
async fn refuse(created: bool) -> Result<(), Refused> {
    let _ = created;
    Err(Refused("line one\nERROR line two"))
}

#[derive(Debug, Clone, Model)]
#[model(table = "messages_keyed")]
struct Keyed {
    #[model(sql_type = "VARCHAR(50)")]
    id: String,
}

#[tokio::test]
async fn a_value_of_a_user_begins_no_line_of_a_log() -> Result<()> {
    let db = db().await;
    let name = "ann\nERROR all is lost\r\u{1b}[31m";
    Name { id: 0, name: name.into() }.save(&db).await?;
    let unique = outer(name).save(&db).await.unwrap_err();
    let missing = Keyed::get(&db, name).await.unwrap_err();
    for error in [unique, missing] {
        let text = error.to_string();
        assert!(!text.contains(char::is_control), "{text:?}");
        let text = chain(error);
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.contains("ann\\nERROR all is lost\\r") || kind().is_sqlite(), "{text:?}");
    }
    let recording = db.record();
    Keyed { id: name.into() }.save(&db).await?;
    let recorded = recording.to_string();
    assert!(!recorded.lines().any(|line| line.contains(char::is_control)), "{recorded:?}");
    assert_eq!(recorded.lines().count(), 2, "{recorded:?}");
    drop(recording);
    let (logged, _guard) = capture();
    Logged { id: 0, name: name.into() }.save(&db).await?;
    let lines = logged.take();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    Ok(())
}

/// Without a table in the database.
#[derive(Debug, Clone, Model)]
#[model(table = "messages_nowhere")]
struct Nowhere {
    id: i64,
}

#[tokio::test]
async fn debug_shows_the_advice_and_the_causes_as_main_and_unwrap_print_them() -> Result<()> {
    let db = Db::connect(&url().await).await?;
    let error = Nowhere::objects().count(&db).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.ends_with("; make the tables with `db.create_tables()` or with migrations, `db.migrate(..)`"),
        "{text}"
    );
    assert_eq!(format!("{error:?}"), text);
    assert_eq!(format!("{:?}", AppError::Signals(error)), format!("Signals({text})"));
    let error = Error::other(Hiding(Refused("bottom")));
    assert_eq!(format!("{error:?}"), format!("{error}\ncaused by: refused: bottom"));
    Ok(())
}

/// An error that does not show its cause.
#[derive(Debug)]
struct Hiding(Refused);

impl fmt::Display for Hiding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("top")
    }
}

impl std::error::Error for Hiding {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

static LOG: Log = Log::new();

#[derive(Debug, Clone, Model)]
#[model(table = "messages_ping")]
struct Ping {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "messages_pong")]
struct Pong {
    id: i64,
}

#[receiver(post_save, sender = Ping)]
async fn ping(tx: &Tx) -> Result<()> {
    LOG.note("ping");
    Pong { id: 0 }.save(tx).await
}

#[receiver(post_save, sender = Pong)]
async fn pong(tx: &Tx) -> Result<()> {
    Ping { id: 0 }.save(tx).await
}

#[tokio::test]
async fn a_recursion_error_shows_its_cycle_once_and_the_way_out() -> Result<()> {
    let db = signals_test_behavior::database(|builder| builder.recursion_limit(6)).await;
    let error = Ping { id: 0 }.save(&db).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(count(&text, "running::messages::ping"), 1, "{text}");
    assert_eq!(count(&text, "running::messages::pong"), 1, "{text}");
    assert_eq!(count(&text, "3 times"), 1, "{text}");
    assert!(text.contains("`.quiet()`"), "{text}");
    assert_eq!(chain(error), text);
    assert_eq!(LOG.take().len(), 3);
    Ok(())
}
