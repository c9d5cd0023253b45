//! Endless signals are stopped, and the error shows the chain.

use signals::error::{ReceiverCall, RecursionError};
use signals::{Db, Error, Model, Result, Tx, post_save, receiver, signal};

use crate::support::{database, names_in, names_of};

#[derive(Debug, Clone, Model)]
#[model(table = "recursion_loop")]
struct Loop {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Loop)]
async fn save_again(instance: &Loop, tx: &Tx) -> Result<()> {
    Loop { id: 0, name: format!("{}+", instance.name) }.save(tx).await
}

fn recursion(error: Error) -> RecursionError {
    match error {
        Error::Recursion(recursion) => *recursion,
        other => panic!("{other}"),
    }
}

/// Asserts that each step of the chain is a registered receiver.
fn assert_registered(chain: &[ReceiverCall]) {
    for step in chain {
        let registry = signals::registry();
        let receiver = registry.iter().find(|one| one.receiver.path() == step.receiver).expect("it is registered");
        assert_eq!((receiver.signal, receiver.receiver.file()), (step.signal, step.file));
        assert_eq!(receiver.receiver.line(), step.line);
        assert!(step.file.ends_with("recursion.rs"), "{step}");
    }
}

#[tokio::test]
async fn a_receiver_that_saves_its_sender_is_stopped_with_its_chain() {
    let db = database("recursion_").await;
    let mut first = Loop { id: 0, name: String::new() };
    let error = recursion(first.save(&db).await.unwrap_err());
    assert_eq!((error.limit, error.chain.len()), (32, 32));
    assert_registered(&error.chain);
    for step in &error.chain {
        assert_eq!((step.signal, step.sender), ("post_save", "Loop"));
        assert_eq!(step.receiver, "faults::recursion::save_again");
    }
    let text = error.to_string();
    // The cycle is shown once, with the advice.
    assert_eq!(text.lines().count(), 3);
    assert!(text.ends_with("save with `.quiet()` in it, or only if something changed"), "{text}");
    assert!(
        text.starts_with("signals nested deeper than 32 levels; the chain was:\n  post_save of `Loop`: "),
        "{text}"
    );
    let ReceiverCall { file, line, .. } = &error.chain[0];
    let step = format!("receiver `faults::recursion::save_again` ({file}:{line}), 32 times\n");
    assert!(text.contains(&step), "{text}");
    assert_eq!(first.id, 0);
    assert_eq!(names_of(&db, "recursion_loop").await, [""; 0]);
}

#[tokio::test]
async fn the_limit_is_the_database_s() {
    let db = Db::builder("sqlite::memory:").recursion_limit(3).connect().await.unwrap();
    db.create_tables().await.unwrap();
    let tx = db.begin().await.unwrap();
    Loop { id: 0, name: "outer".into() }.save(&tx).quiet().await.unwrap();
    let error = recursion(Loop { id: 0, name: "a".into() }.save(&tx).await.unwrap_err());
    assert_eq!((error.limit, error.chain.len()), (3, 3));
    // The transaction is as before, and goes on.
    assert_eq!(names_in(&tx, "recursion_loop").await, ["outer"]);
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, "recursion_loop").await, ["outer"]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "recursion_descent")]
struct Descent {
    id: i64,
    left: i64,
}

#[receiver(post_save, sender = Descent)]
async fn descend(instance: &Descent, tx: &Tx) -> Result<()> {
    if instance.left > 1 {
        Descent { id: 0, left: instance.left - 1 }.save(tx).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_ends_at_the_limit_is_not_stopped() {
    let db = Db::builder("sqlite::memory:").recursion_limit(9).connect().await.unwrap();
    db.create_tables().await.unwrap();
    Descent { id: 0, left: 9 }.save(&db).await.unwrap();
    assert_eq!(recursion(Descent { id: 0, left: 10 }.save(&db).await.unwrap_err()).chain.len(), 9);
    // A second save starts to count from zero.
    Descent { id: 0, left: 9 }.save(&db).await.unwrap();
}

#[derive(Debug, Clone, Model)]
#[model(table = "recursion_ping")]
struct Ping {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "recursion_pong")]
struct Pong {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Ping)]
async fn answer(tx: &Tx) -> Result<()> {
    Pong { id: 0, name: String::new() }.save(tx).await
}

#[receiver(post_save, sender = Pong)]
async fn answer_back(tx: &Tx) -> Result<()> {
    Ping { id: 0, name: String::new() }.save(tx).await
}

#[tokio::test]
async fn two_models_that_answer_each_other_are_stopped() {
    let db = Db::builder("sqlite::memory:").recursion_limit(5).connect().await.unwrap();
    db.create_tables().await.unwrap();
    let error = recursion(Ping { id: 0, name: String::new() }.save(&db).await.unwrap_err());
    let receivers: Vec<&str> = error.chain.iter().map(|step| &*step.receiver).collect();
    let (one, other) = ("faults::recursion::answer", "faults::recursion::answer_back");
    assert_eq!(receivers, [one, other, one, other, one]);
    let senders: Vec<&str> = error.chain.iter().map(|step| step.sender).collect();
    assert_eq!(senders, ["Ping", "Pong", "Ping", "Pong", "Ping"]);
    assert_registered(&error.chain);
    assert_eq!(names_of(&db, "recursion_ping").await, [""; 0]);
}

signal! {
    /// Answered by itself.
    echo { times: u64 }

    /// Goes through a save and back.
    detour { tx: Tx }
}

#[receiver(echo)]
async fn shout_again(times: u64) -> Result<()> {
    echo.send(Echo { times: times + 1 }).await.map(drop)
}

#[tokio::test]
async fn a_custom_signal_that_sends_itself_is_stopped() {
    let error = recursion(echo.send(Echo { times: 0 }).await.unwrap_err());
    assert_eq!((error.limit, error.chain.len()), (32, 32));
    assert!(error.chain.iter().all(|step| step.receiver == "faults::recursion::shout_again"));
    assert_registered(&error.chain);
}

#[tokio::test]
async fn send_robust_reports_the_recursion_as_an_outcome() {
    let outcomes = echo.send_robust(Echo { times: 0 }).await;
    assert_eq!(outcomes.len(), 1);
    assert!(matches!(&outcomes[0].result, Err(Error::Recursion(error)) if error.chain.len() == 32));
}

#[derive(Debug, Clone, Model)]
#[model(table = "recursion_stop")]
struct Stop {
    id: i64,
    name: String,
}

#[receiver(detour)]
async fn stop_over(tx: &Tx) -> Result<()> {
    Stop { id: 0, name: String::new() }.save(tx).await
}

/// Returns nothing, so the innermost save is not undone.
#[receiver(post_save, sender = Stop)]
async fn drive_on(instance: &Stop, tx: &Tx) {
    let error = detour.send(Detour { tx: tx.clone() }).await.err();
    if let Some(error) = error {
        ERRORS.lock().unwrap().push((instance.id, error));
    }
}

static ERRORS: std::sync::Mutex<Vec<(i64, Error)>> = std::sync::Mutex::new(Vec::new());

#[tokio::test]
async fn custom_signals_and_saves_count_together() {
    let db = Db::builder("sqlite::memory:").recursion_limit(32).connect().await.unwrap();
    db.create_tables().await.unwrap();
    let tx = db.begin().await.unwrap();
    detour.send(Detour { tx }).await.unwrap();
    let mut errors = ERRORS.lock().unwrap();
    let (id, error) = errors.pop().expect("the innermost send was stopped");
    assert_eq!((id, errors.len()), (16, 0), "16 saves and 16 sends make 32 levels");
    assert!(matches!(error, Error::Recursion(error) if error.chain.is_empty()));
}
