//! Calls that find a row or create it, and a relation's `create`, leave nothing if they fail at any statement
//! or are dropped at any await. So do their quiet forms.

use signals::db::IntoHandle;
use signals::{Db, Error, M2mAction, Model, Result, Tx, m2m_changed, post_save, pre_save, receiver};
use sqlx::AssertSqlSafe;
use tokio::task::yield_now;

use crate::support::{ENOUGH, MOMENTS, database, drop_at, hold_back, names, note, noted, noted_in_time};

#[derive(Debug, Clone, Model)]
#[model(table = "creating_item")]
struct Item {
    id: i64,
    #[model(unique)]
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "creating_shelf", many_to_many(items: Item))]
struct Shelf {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "creating_audit")]
struct Audit {
    id: i64,
    name: String,
}

async fn audit(name: String, tx: &Tx) -> Result<()> {
    Audit { id: 0, name }.save(tx).await?;
    yield_now().await;
    Ok(())
}

#[receiver(pre_save, sender = Item)]
async fn before(instance: &mut Item, tx: &Tx) -> Result<()> {
    audit(format!("{} before", instance.name), tx).await
}

#[receiver(post_save, sender = Item)]
async fn after(instance: &Item, tx: &Tx) -> Result<()> {
    let name = instance.name.clone();
    tx.on_commit(async move { note(format!("creating/{name}")) })?;
    audit(format!("{} after", instance.name), tx).await
}

#[receiver(m2m_changed, sender = ShelfItems)]
async fn link(action: M2mAction, tx: &Tx) -> Result<()> {
    audit(format!("new {action:?}"), tx).await
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// `get_or_create` of a row that is not there.
    Get,
    /// `update_or_create` of a row that is not there.
    Create,
    /// `update_or_create` of the row `old`.
    Update,
    /// `create` of a relation.
    Link,
}

#[derive(Debug, Clone, Copy)]
struct Call {
    kind: Kind,
    quiet: bool,
}

/// Each kind, with and without signals.
fn calls() -> impl Iterator<Item = Call> {
    let kinds = [Kind::Get, Kind::Create, Kind::Update, Kind::Link];
    kinds.into_iter().flat_map(|kind| [false, true].map(|quiet| Call { kind, quiet }))
}

const SHELF: Shelf = Shelf { id: 1 };

fn item(name: &str) -> Item {
    Item { id: 0, name: name.into() }
}

macro_rules! run {
    ($quiet:expr, $call:expr) => {{
        let call = $call;
        if $quiet { call.quiet().await } else { call.await }
    }};
}

impl Call {
    /// Makes the call. The relation saves `row`.
    async fn make<'a>(self, on: impl IntoHandle<'a>, row: &'a mut Item) -> Result<()> {
        let named = |name: &str| Item::objects().filter(Item::NAME.eq(name));
        let (on, new) = (on.into_handle(), || item("new"));
        let edit = |row: &mut Item| row.name = "new".into();
        match self.kind {
            Kind::Get => run!(self.quiet, named("new").get_or_create(on, new)).map(drop),
            Kind::Create => run!(self.quiet, named("new").update_or_create(on, edit, new)).map(drop),
            Kind::Update => run!(self.quiet, named("old").update_or_create(on, edit, new)).map(drop),
            Kind::Link => run!(self.quiet, SHELF.items().create(on, row)),
        }
    }

    /// The state after the call.
    fn expected(self) -> State {
        let items = if self.kind == Kind::Update { vec!["new"] } else { vec!["new", "old"] };
        let audits = match self.kind {
            _ if self.quiet => vec![],
            Kind::Link => vec!["new PostAdd", "new PreAdd", "new after", "new before"],
            _ => vec!["new after", "new before"],
        };
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        State { items: owned(items), audits: owned(audits), links: usize::from(self.kind == Kind::Link) }
    }

    /// What `on_commit` callbacks note if the call is committed.
    fn notes(self) -> Vec<String> {
        if self.quiet { vec![] } else { vec!["creating/new".into()] }
    }
}

/// The names of the rows, and the number of links.
#[derive(Debug, Clone, PartialEq)]
struct State {
    items: Vec<String>,
    audits: Vec<String>,
    links: usize,
}

impl State {
    fn before() -> Self {
        Self { items: vec!["old".into()], audits: vec![], links: 0 }
    }

    async fn of(tx: &Tx) -> Result<Self> {
        let links = SHELF.items().keys(tx).await?.len();
        let mut connection = tx.sqlite().await?;
        let items = names(&mut connection, "creating_item").await;
        Ok(Self { items, audits: names(&mut connection, "creating_audit").await, links })
    }

    async fn committed(db: &Db) -> Self {
        let tx = db.begin().await.unwrap();
        let state = Self::of(&tx).await.unwrap();
        tx.rollback().await.unwrap();
        state
    }
}

/// A database with the shelf and the item `old`.
async fn begun() -> Db {
    let db = database("creating_").await;
    SHELF.clone().save(&db).await.unwrap();
    item("old").save(&db).quiet().await.unwrap();
    db
}

/// The statements of the calls.
const STATEMENTS: [(&str, &str, &str); 7] = [
    ("INSERT", "creating_item", "NEW.name = 'new'"),
    ("UPDATE", "creating_item", "NEW.name = 'new'"),
    ("INSERT", "creating_shelf_items", "true"),
    ("INSERT", "creating_audit", "NEW.name = 'new before'"),
    ("INSERT", "creating_audit", "NEW.name = 'new after'"),
    ("INSERT", "creating_audit", "NEW.name = 'new PreAdd'"),
    ("INSERT", "creating_audit", "NEW.name = 'new PostAdd'"),
];

fn assert_injected(error: &Error, context: &str) {
    let source = error.find::<sqlx::Error>().expect("the database's error is kept");
    assert!(source.to_string().contains("injected"), "{context}: {error}");
}

/// One test, since the callbacks of all of them are noted in one place.
#[tokio::test]
async fn a_call_that_creates_and_fails_or_is_dropped_leaves_nothing() {
    check_each_statement().await;
    check_dropped_in_a_transaction().await;
    check_dropped_on_the_database().await;
}

async fn check_each_statement() {
    let mut failed = 0;
    for ((verb, table, condition), moment) in
        STATEMENTS.into_iter().flat_map(|statement| ["BEFORE", "AFTER"].map(|moment| (statement, moment)))
    {
        for call in calls() {
            let db = begun().await;
            let sql = format!(
                "CREATE TRIGGER broken {moment} {verb} ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, 'injected'); END"
            );
            sqlx::query(AssertSqlSafe(sql)).execute(db.sqlite().unwrap()).await.unwrap();
            let context = format!("{call:?}, {moment} {verb} {table} {condition}");
            let mut row = item("new");
            if let Err(error) = call.make(&db, &mut row).await {
                failed += 1;
                assert_injected(&error, &context);
            } else {
                assert_eq!(
                    (State::committed(&db).await, noted("creating/")),
                    (call.expected(), call.notes()),
                    "{context}"
                );
                continue;
            }
            assert_eq!((row.id, State::committed(&db).await), (0, State::before()), "{context}");

            let tx = db.begin().await.unwrap();
            assert_injected(&call.make(&tx, &mut row).await.unwrap_err(), &context);
            assert_eq!((row.id, State::of(&tx).await.unwrap()), (0, State::before()), "{context}");
            item("more").save(&tx).quiet().await.unwrap();
            tx.commit().await.unwrap();
            let items = vec!["more".to_owned(), "old".to_owned()];
            assert_eq!(State::committed(&db).await, State { items, ..State::before() }, "{context}");
            assert_eq!(noted("creating/"), [""; 0], "{context}");
        }
    }
    // Twice each: 3 statements of the first three calls, and 6 of the last. Quiet: 1 of each, and 2 of the last.
    assert_eq!(failed, 2 * (3 * 3 + 6) + 2 * (3 + 2));
}

async fn check_dropped_in_a_transaction() {
    for call in calls() {
        let mut dropped = 0;
        for (when, look) in MOMENTS.into_iter().flat_map(|when| [(when, true), (when, false)]) {
            let mut completed = 0;
            for await_point in 0.. {
                let context = format!("{call:?} dropped at {await_point}, {when:?}");
                let db = begun().await;
                hold_back(&db).await;
                let tx = db.begin().await.unwrap();
                let mut row = item("new");
                if let Some(outcome) = drop_at(call.make(&tx, &mut row), await_point, when).await {
                    outcome.unwrap();
                    assert_eq!(State::of(&tx).await.unwrap(), call.expected(), "{context}");
                    completed += 1;
                    if completed == ENOUGH {
                        break;
                    }
                    continue;
                }
                dropped += 1;
                assert_eq!(row.id, 0, "{context}");
                let state = if look { State::of(&tx).await } else { Ok(State::before()) };
                match state {
                    Ok(state) => assert_eq!(state, State::before(), "{context}"),
                    Err(error) => assert_in_doubt(call, &error, &context),
                }
                if let Err(error) = tx.commit().await {
                    assert_in_doubt(call, &error, &context);
                }
                assert_eq!((State::committed(&db).await, noted("creating/")), (State::before(), vec![]), "{context}");
            }
        }
        assert!(dropped > 2, "{call:?}: {dropped}");
    }
}

/// Only the quiet UPDATE is a bare statement: after it is dropped in flight, the transaction refuses to go on.
fn assert_in_doubt(call: Call, error: &Error, context: &str) {
    let is_bare = call.quiet && call.kind == Kind::Update;
    assert!(is_bare && matches!(error, Error::InDoubt), "{context}: {error}");
}

/// On the database itself a dropped COMMIT may have happened; everything before it is undone.
async fn check_dropped_on_the_database() {
    for (call, when) in calls().flat_map(|call| MOMENTS.map(|when| (call, when))) {
        let mut completed = 0;
        for await_point in 0.. {
            let context = format!("{call:?} dropped at {await_point}, {when:?}");
            let db = begun().await;
            hold_back(&db).await;
            let mut row = item("new");
            let outcome = drop_at(call.make(&db, &mut row), await_point, when).await;
            let (state, is_saved) = (State::committed(&db).await, row.id != 0);
            let is_done = state != State::before();
            if is_done {
                let notes = call.notes();
                assert_eq!(
                    (state, noted_in_time("creating/", notes.len()).await),
                    (call.expected(), notes),
                    "{context}"
                );
                assert_eq!(
                    is_saved,
                    call.kind == Kind::Link,
                    "only a row that may be committed keeps its key: {context}"
                );
            } else {
                assert_eq!(noted("creating/"), [""; 0], "{context}");
            }
            if let Some(outcome) = outcome {
                outcome.unwrap();
                assert!(is_done, "{context}");
                completed += 1;
                if completed == ENOUGH {
                    assert!(await_point > 3, "{context}");
                    break;
                }
            }
        }
    }
}
