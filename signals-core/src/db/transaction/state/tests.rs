//! Tests of the state of a transaction, on a connection that only records what is sent.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::pending;
use sqlx::SqlSafeStr as _;
use sqlx::error::{DatabaseError, ErrorKind};

use super::*;

/// The replies of a [`Fake`], and what it was sent.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    sent: Vec<String>,
    /// The reply to a text that begins so. All other texts succeed.
    answers: Vec<(&'static str, Answer)>,
    status: Option<TransactionStatus>,
    defers: bool,
}

#[derive(Clone, Copy)]
enum Answer {
    /// There is no reply.
    Never,
    /// The database rejects it with this message.
    Error(&'static str),
    /// The connection is lost.
    Lost,
}

impl Script {
    fn answer(&self, text: &'static str, answer: Answer) {
        self.0.lock().unwrap().answers.push((text, answer));
    }

    fn forget_answers(&self) {
        self.0.lock().unwrap().answers.clear();
    }

    fn status(&self, status: TransactionStatus) {
        self.0.lock().unwrap().status = Some(status);
    }

    /// Returns what was sent since the last call.
    fn sent(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().sent)
    }

    fn state(&self, mode: Mode) -> TransactionState<Fake> {
        TransactionState::new(Backend::Sqlite, Some(Fake(self.clone())), mode)
    }
}

struct Fake(Script);

impl Fake {
    fn send(&self, text: Text) -> impl Future<Output = Result<(), sqlx::Error>> + Send + use<> {
        let text = text.into_sql_str().as_str().to_owned();
        let mut shared = self.0.0.lock().unwrap();
        let answer = shared.answers.iter().find(|(begin, _)| text.starts_with(begin)).map(|(_, answer)| *answer);
        shared.sent.push(text);
        async move {
            match answer {
                None => Ok(()),
                Some(Answer::Never) => pending().await,
                Some(Answer::Lost) => Err(sqlx::Error::WorkerCrashed),
                Some(Answer::Error(message)) => Err(sqlx::Error::Database(Box::new(Refusal(message)))),
            }
        }
    }
}

impl StateConnection for Fake {
    async fn run(&mut self, text: Text, _: Args, _: usize) -> Result<Done, Failed> {
        self.send(text).await.map(|()| Done::default()).map_err(|source| Failed { completed: 0, source })
    }

    fn control(&mut self, text: Text) -> impl Future<Output = Result<(), sqlx::Error>> + Send {
        self.send(text)
    }

    async fn transaction_status(&mut self) -> Result<TransactionStatus, sqlx::Error> {
        Ok(self.0.0.lock().unwrap().status.unwrap_or(TransactionStatus::Open))
    }

    async fn defers_references(&mut self) -> Result<bool, sqlx::Error> {
        Ok(self.0.0.lock().unwrap().defers)
    }

    async fn free(&mut self) -> Result<(), sqlx::Error> {
        Ok(())
    }

    fn abandon(self, undo: Text, unchecked: bool) {
        let text = format!("abandoned: {}, {unchecked}", undo.into_sql_str().as_str());
        self.0.0.lock().unwrap().sent.push(text);
    }

    fn discard(self) {
        self.0.0.lock().unwrap().sent.push("discarded".into());
    }
}

/// Returns an error of a database with this message.
#[derive(Debug)]
struct Refusal(&'static str);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for Refusal {}

impl DatabaseError for Refusal {
    fn message(&self) -> &str {
        self.0
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

const DOING: Doing = Doing { verb: "INSERT", model: "Note" };

async fn insert(state: &mut TransactionState<Fake>, level: usize) -> Result<Done> {
    state.run(level, &Statement::built("INSERT".into()), Args::new(Backend::Sqlite, 0), DOING).await
}

#[tokio::test]
async fn levels_are_opened_with_the_first_statement_and_kept_or_undone_before_the_next() {
    let script = Script::default();
    let mut state = script.state(Mode::default());
    assert_eq!(script.sent(), Vec::<String>::new(), "nothing is sent before a statement");
    insert(&mut state, 2).await.unwrap();
    assert_eq!(script.sent(), ["BEGIN IMMEDIATE", "SAVEPOINT s1", "SAVEPOINT s2", "INSERT"]);

    state.keep(2);
    assert_eq!(script.sent(), Vec::<String>::new(), "a savepoint that ends sends nothing");
    state.release().await.unwrap();
    insert(&mut state, 1).await.unwrap();
    assert_eq!(script.sent(), ["RELEASE SAVEPOINT s2", "INSERT"]);

    state.undo_if_open(1).await.unwrap();
    state.release().await.unwrap();
    insert(&mut state, 0).await.unwrap();
    assert_eq!(script.sent(), ["ROLLBACK TO SAVEPOINT s1", "RELEASE SAVEPOINT s1", "INSERT"]);

    state.commit().await.unwrap();
    assert_eq!(script.sent(), ["COMMIT"]);
    drop(state);
    assert_eq!(script.sent(), Vec::<String>::new(), "the connection was given back");
}

#[tokio::test]
async fn a_statement_that_is_kept_is_sent_with_its_begin() {
    let script = Script::default();
    let mut state = script.state(Mode::default());
    let statement = Statement::kept("INSERT".into());
    state.run(0, &statement, Args::new(Backend::Sqlite, 0), DOING).await.unwrap();
    assert_eq!(script.sent(), ["BEGIN IMMEDIATE; INSERT"]);
}

#[tokio::test]
async fn a_write_that_was_dropped_leaves_its_level_in_doubt() {
    let script = Script::default();
    let mut state = script.state(Mode::default());
    state.open(2).await.unwrap();
    script.answer("INSERT", Answer::Never);
    assert!(insert(&mut state, 1).now_or_never().is_none());
    assert_eq!(state.resolve_in_flight().await.unwrap(), Some(1));
    assert_eq!(state.resolve_in_flight().await.unwrap(), None, "it is said once");
}

#[tokio::test]
async fn a_level_whose_opening_was_dropped_is_undone() {
    let script = Script::default();
    let mut state = script.state(Mode::default());
    state.open(1).await.unwrap();
    script.answer("SAVEPOINT", Answer::Never);
    assert!(insert(&mut state, 1).now_or_never().is_none());
    script.forget_answers();
    script.answer("ROLLBACK TO", Answer::Error("no such savepoint: s1"));
    script.sent();
    assert_eq!(state.resolve_in_flight().await.unwrap(), None, "nothing was written in it");
    state.release().await.unwrap();
    insert(&mut state, 0).await.unwrap();
    assert_eq!(script.sent(), ["ROLLBACK TO SAVEPOINT s1", "INSERT"]);
}

#[tokio::test]
async fn a_failed_statement_may_abort_its_level_or_end_the_transaction() {
    let script = Script::default();
    let mut state = script.state(Mode::default());
    script.answer("INSERT", Answer::Error("no"));
    script.status(TransactionStatus::Aborted);
    insert(&mut state, 1).await.unwrap_err();
    assert!(state.check().is_err());
    assert!(state.check_level(0, None).is_ok(), "only the savepoint is aborted");
    assert!(state.check_level(1, None).is_err());
    assert!(state.check_level(1, Some(1)).is_ok(), "it is about to be undone");
    state.undo_if_open(1).await.unwrap();
    assert!(state.check().is_ok());

    script.status(TransactionStatus::Ended);
    insert(&mut state, 0).await.unwrap_err();
    let Err(Error::TransactionEnded { source: Some(why), .. }) = state.check() else { unreachable!("it has ended") };
    assert!(why.to_string().contains("INSERT of `Note`"), "{why}");
    script.sent();
    drop(state);
    assert_eq!(script.sent(), Vec::<String>::new(), "nothing is left to undo");
}

#[tokio::test]
async fn references_are_deferred_until_their_level_is_undone() {
    let script = Script::default();
    let mut state = script.state(Mode::default());
    state.open(1).await.unwrap();
    state.defer_references(1).await.unwrap();
    assert_eq!(script.sent(), ["BEGIN IMMEDIATE", "SAVEPOINT s1", "PRAGMA defer_foreign_keys = ON"]);
    state.keep(1);
    state.recheck_references(1).await.unwrap();
    assert_eq!(script.sent(), Vec::<String>::new(), "they belong to the level around it now");
    state.undo_if_open(0).await.unwrap();
    assert_eq!(script.sent(), ["ROLLBACK"], "the end of the transaction ends the deferral");
}

#[tokio::test]
async fn an_open_transaction_that_is_dropped_is_abandoned() {
    let script = Script::default();
    let mut state = script.state(Mode { read_only: true, ..Mode::default() });
    insert(&mut state, 0).await.unwrap();
    assert_eq!(script.sent(), ["BEGIN; PRAGMA query_only = ON", "INSERT"]);
    drop(state.take());
    assert_eq!(script.sent(), ["abandoned: PRAGMA query_only = OFF; ROLLBACK, false"]);
    assert!(state.conn().is_err(), "someone else has ended it");
}

#[tokio::test]
async fn a_commit_that_is_refused_is_rolled_back() {
    let script = Script::default();
    let mut state = script.state(Mode::default());
    insert(&mut state, 0).await.unwrap();
    script.answer("COMMIT", Answer::Error("a constraint failed"));
    assert!(matches!(state.commit().await, Err(Error::Database { doing, .. }) if doing == "COMMIT"));
    assert_eq!(script.sent(), ["BEGIN IMMEDIATE", "INSERT", "COMMIT", "ROLLBACK"]);
}

#[tokio::test]
async fn a_commit_is_unknown_if_it_and_the_rollback_have_no_answer() {
    let script = Script::default();
    let mut state = script.state(Mode::default());
    insert(&mut state, 0).await.unwrap();
    script.answer("COMMIT", Answer::Lost);
    script.answer("ROLLBACK", Answer::Lost);
    assert!(matches!(state.commit().await, Err(Error::CommitUnknown { .. })));
}
