//! A failing receiver undoes the whole save or delete, and nothing more.

use std::fmt;

use signals::{Error, Model, Result, Tx, post_delete, post_save, pre_delete, pre_save, receiver};

use crate::support::{database, names_in, names_of, note, noted};

/// A receiver's own error, to be found again by its type.
#[derive(Debug, PartialEq)]
struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused in {}", self.0)
    }
}

impl std::error::Error for Refused {}

#[derive(Debug, Clone, Model)]
#[model(table = "atomicity_log")]
struct Log {
    id: i64,
    name: String,
}

async fn log(name: &str, tx: &Tx) -> Result<()> {
    Log { id: 0, name: name.into() }.save(tx).await
}

/// A document whose name is the position of the failure.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "atomicity_doc")]
struct Doc {
    id: i64,
    name: String,
}

fn refuse(name: &str, at: &'static str) -> Result<(), Refused> {
    if name.ends_with(at) { Err(Refused(at)) } else { Ok(()) }
}

#[receiver(pre_save, sender = Doc)]
async fn before_save(instance: &mut Doc, tx: &Tx) -> Result<(), signals::BoxError> {
    log("pre_save", tx).await?;
    tx.on_commit(async { note("atomicity/pre_save") }).unwrap();
    Ok(refuse(&instance.name, "pre_save")?)
}

#[receiver(post_save, sender = Doc)]
async fn after_save(instance: &Doc, tx: &Tx) -> Result<(), signals::BoxError> {
    log("post_save", tx).await?;
    tx.on_commit(async { note("atomicity/post_save") }).unwrap();
    Ok(refuse(&instance.name, "post_save")?)
}

#[receiver(pre_delete, sender = Doc)]
async fn before_delete(instance: &Doc, tx: &Tx) -> Result<(), signals::BoxError> {
    log("pre_delete", tx).await?;
    tx.on_commit(async { note("atomicity/pre_delete") }).unwrap();
    Ok(refuse(&instance.name, "pre_delete")?)
}

#[receiver(post_delete, sender = Doc)]
async fn after_delete(instance: &Doc, tx: &Tx) -> Result<(), signals::BoxError> {
    log("post_delete", tx).await?;
    tx.on_commit(async { note("atomicity/post_delete") }).unwrap();
    Ok(refuse(&instance.name, "post_delete")?)
}

const DOC: &str = "atomicity_doc";
const LOG: &str = "atomicity_log";
const NOTHING: [&str; 0] = [];

fn doc(name: &str) -> Doc {
    Doc { id: 0, name: name.into() }
}

fn assert_refused(error: &Error, at: &'static str) {
    assert_eq!(error.find::<Refused>(), Some(&Refused(at)));
    let Error::Receiver(failure) = error else { panic!("{error}") };
    assert_eq!((failure.step.signal, failure.step.sender), (at, "Doc"));
    assert!(failure.step.receiver.starts_with("faults::atomicity::"), "{}", failure.step.receiver);
    assert!(failure.step.file.ends_with("atomicity.rs") && failure.step.line > 40, "{}", failure.step);
}

/// What each signal does to each kind of save is tried on the database itself and in a transaction.
#[tokio::test]
async fn a_failing_receiver_undoes_an_insert() {
    for at in ["pre_save", "post_save"] {
        let db = database("atomicity_").await;
        let mut failing = doc(at);
        assert_refused(&failing.save(&db).await.unwrap_err(), at);
        assert_eq!(failing.id, 0, "the key is as it was");
        assert_eq!(names_of(&db, DOC).await, NOTHING);
        assert_eq!(names_of(&db, LOG).await, NOTHING);

        let mut keyed = Doc { id: 7, name: at.into() };
        assert_refused(&keyed.save(&db).force_insert().await.unwrap_err(), at);
        assert_eq!(keyed.id, 7);
        assert_eq!(names_of(&db, DOC).await, NOTHING);

        let tx = db.begin().await.unwrap();
        doc("outer").save(&tx).quiet().await.unwrap();
        assert_refused(&failing.save(&tx).await.unwrap_err(), at);
        assert_eq!(failing.id, 0);
        assert_eq!(names_in(&tx, DOC).await, ["outer"]);
        assert_eq!(names_in(&tx, LOG).await, NOTHING);
        doc("after").save(&tx).quiet().await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(names_of(&db, DOC).await, ["after", "outer"]);
    }
}

#[tokio::test]
async fn a_failing_receiver_undoes_an_update() {
    for at in ["pre_save", "post_save"] {
        let db = database("atomicity_").await;
        let mut saved = doc("before");
        saved.save(&db).quiet().await.unwrap();
        saved.name = at.into();
        assert_refused(&saved.save(&db).await.unwrap_err(), at);
        assert_refused(&saved.save(&db).update_fields([Doc::NAME]).await.unwrap_err(), at);
        assert_eq!(names_of(&db, DOC).await, ["before"]);

        let tx = db.begin().await.unwrap();
        assert_refused(&saved.save(&tx).await.unwrap_err(), at);
        assert_refused(&saved.save(&tx).force_update().await.unwrap_err(), at);
        assert_eq!(saved.id, 1);
        saved.refresh(&tx).await.unwrap();
        assert_eq!(saved, Doc { id: 1, name: "before".into() });
        tx.commit().await.unwrap();
        assert_eq!(names_of(&db, LOG).await, NOTHING);
    }
}

#[tokio::test]
async fn a_failing_receiver_undoes_a_delete() {
    for at in ["pre_delete", "post_delete"] {
        let db = database("atomicity_").await;
        let mut saved = doc(at);
        saved.save(&db).quiet().await.unwrap();
        assert_refused(&saved.delete(&db).await.unwrap_err(), at);
        assert_eq!(names_of(&db, DOC).await, [at]);

        let tx = db.begin().await.unwrap();
        assert_refused(&saved.delete(&tx).await.unwrap_err(), at);
        assert_eq!(names_in(&tx, DOC).await, [at]);
        assert_eq!(names_in(&tx, LOG).await, NOTHING);
        assert_eq!(saved.delete(&tx).quiet().await.unwrap().rows(), 1);
        tx.commit().await.unwrap();
        assert_eq!(names_of(&db, DOC).await, NOTHING);
    }
}

/// The counterpart of the tests above: if the same receivers succeed, everything is kept.
#[tokio::test]
async fn receivers_that_succeed_keep_everything() {
    let db = database("atomicity_").await;
    let mut good = doc("good");
    good.save(&db).await.unwrap();
    assert_eq!(noted("atomicity/"), ["atomicity/pre_save", "atomicity/post_save"]);
    let tx = db.begin().await.unwrap();
    good.delete(&tx).await.unwrap();
    assert_eq!(noted("atomicity/"), NOTHING);
    tx.commit().await.unwrap();
    assert_eq!(noted("atomicity/"), ["atomicity/pre_delete", "atomicity/post_delete"]);
    assert_eq!(names_of(&db, LOG).await, ["post_delete", "post_save", "pre_delete", "pre_save"]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "atomicity_unique")]
struct Unique {
    id: i64,
    #[model(unique)]
    name: String,
}

#[receiver(post_save, sender = Unique)]
async fn log_unique(instance: &Unique, tx: &Tx) -> Result<()> {
    log(&format!("unique {}", instance.name), tx).await
}

#[tokio::test]
async fn an_error_of_the_database_leaves_the_transaction_usable() {
    let db = database("atomicity_").await;
    let tx = db.begin().await.unwrap();
    let unique = |name: &str| Unique { id: 0, name: name.into() };
    unique("a").save(&tx).await.unwrap();
    let mut twin = unique("a");
    let error = twin.save(&tx).await.unwrap_err();
    assert!(error.to_string().starts_with("INSERT of `Unique` failed: "), "{error}");
    assert!(
        matches!(&error, Error::Database { source: sqlx::Error::Database(source), .. } if source.is_unique_violation())
    );
    assert_eq!(twin.id, 0);
    unique("b").save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, "atomicity_unique").await, ["a", "b"]);
    assert_eq!(names_of(&db, LOG).await, ["unique a", "unique b"]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "atomicity_parent")]
struct Parent {
    id: i64,
    name: String,
}

/// Saves a document that fails, and goes on.
#[receiver(post_save, sender = Parent)]
async fn survive_a_failing_child(instance: &Parent, tx: &Tx) -> Result<()> {
    let failed = doc("child post_save").save(tx).await;
    assert!(failed.is_err());
    log(&format!("{} survived", instance.name), tx).await
}

#[tokio::test]
async fn an_error_that_a_receiver_catches_undoes_the_inner_save_alone() {
    let db = database("atomicity_").await;
    Parent { id: 0, name: "parent".into() }.save(&db).await.unwrap();
    assert_eq!(names_of(&db, "atomicity_parent").await, ["parent"]);
    assert_eq!(names_of(&db, DOC).await, NOTHING);
    assert_eq!(names_of(&db, LOG).await, ["parent survived"]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "atomicity_robust")]
struct Robust {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Robust, robust, priority = -1)]
async fn fail_robustly(tx: &Tx) -> Result<()> {
    log("robust", tx).await?;
    tx.on_commit(async { note("robust/never") }).unwrap();
    Err(Error::other("robust"))
}

#[receiver(post_save, sender = Robust)]
async fn after_the_robust_one(tx: &Tx) -> Result<()> {
    log("plain", tx).await?;
    tx.on_commit(async { note("robust/plain") }).unwrap();
    Ok(())
}

#[tokio::test]
async fn a_failing_robust_receiver_loses_its_own_writes_alone() {
    let db = database("atomicity_").await;
    Robust { id: 0, name: "on db".into() }.save(&db).await.unwrap();
    let tx = db.begin().await.unwrap();
    Robust { id: 0, name: "in tx".into() }.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, "atomicity_robust").await, ["in tx", "on db"]);
    assert_eq!(names_of(&db, LOG).await, ["plain", "plain"]);
    assert_eq!(noted("robust/"), ["robust/plain", "robust/plain"]);
}
