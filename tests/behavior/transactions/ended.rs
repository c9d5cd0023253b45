//! Receivers that wait for the end of the transaction: `on_commit` and `on_rollback`.

mod net;

use signals::{Db, Error, Model, Result, Tx, post_delete, post_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, db, elsewhere, execute, refused, url};

#[tokio::test]
async fn an_on_commit_receiver_runs_after_the_outermost_commit() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_commit")]
    struct Order {
        id: i64,
        total: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Order, on_commit)]
    async fn told(instance: &Order, created: bool, using: &str, db: &Db) -> Result<()> {
        let stored = Order::get(db, instance.id).await?;
        LOG.note(format!("{} {} {created} {using} {}", instance.id, instance.total, stored.total));
        Ok(())
    }
    let db = db().await;
    let mut order = Order { id: 0, total: 1 };
    // Without a transaction of the caller's, the save is its own.
    order.save(&db).await?;
    assert_eq!(LOG.take(), ["1 1 true default 1"]);
    let tx = db.begin().await?;
    let savepoint = tx.begin().await?;
    order.total = 2;
    order.save(&savepoint).await?;
    savepoint.commit().await?;
    assert!(LOG.take().is_empty());
    tx.commit().await?;
    assert_eq!(LOG.take(), ["1 2 false default 2"]);
    Ok(())
}

#[tokio::test]
async fn the_instance_is_as_it_was_saved() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_as_saved")]
    struct Note {
        id: i64,
        text: String,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Note, on_commit)]
    fn told(instance: &Note) {
        LOG.note(&instance.text);
    }
    let db = db().await;
    let tx = db.begin().await?;
    let mut note = Note { id: 0, text: "saved".into() };
    note.save(&tx).await?;
    note.text = "changed in memory".into();
    tx.commit().await?;
    assert_eq!(LOG.take(), ["saved"]);
    Ok(())
}

#[tokio::test]
async fn a_rolled_back_savepoint_takes_exactly_its_own_along() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_savepoints")]
    struct Step {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Step, on_commit)]
    fn kept(instance: &Step) {
        LOG.note(format!("kept {}", instance.id));
    }
    #[receiver(post_save, sender = Step, on_rollback)]
    fn lost(instance: &Step) {
        LOG.note(format!("lost {}", instance.id));
    }
    let db = db().await;
    let tx = db.begin().await?;
    Step { id: 10 }.save(&tx).await?;
    let savepoint = tx.begin().await?;
    Step { id: 20 }.save(&savepoint).await?;
    let inner = savepoint.begin().await?;
    Step { id: 30 }.save(&inner).await?;
    inner.commit().await?;
    savepoint.rollback().await?;
    Step { id: 40 }.save(&tx).await?;
    drop(tx.begin().await?);
    assert!(LOG.take().is_empty());
    tx.commit().await?;
    assert_eq!(LOG.take(), ["kept 10", "kept 40", "lost 20", "lost 30"]);
    Ok(())
}

#[tokio::test]
async fn a_rolled_back_transaction_calls_only_on_rollback_receivers() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_rollback")]
    struct Row {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([post_save, post_delete], sender = Row, on_commit)]
    fn kept() {
        LOG.note("kept");
    }
    #[receiver([post_save, post_delete], sender = Row, on_rollback)]
    async fn lost(instance: &Row, signal: &str, db: &Db) -> Result<()> {
        LOG.note(format!("{signal} {} {:?}", instance.id, Row::find(db, instance.id).await?.map(|row| row.id)));
        Ok(())
    }
    let db = db().await;
    Row { id: 1 }.save(&db).quiet().await?;
    let tx = db.begin().await?;
    Row { id: 1 }.delete(&tx).await?;
    Row { id: 2 }.save(&tx).await?;
    tx.rollback().await?;
    assert_eq!(LOG.take(), ["post_delete on_rollback 1 Some(1)", "post_save on_rollback 2 None"]);
    // If it is dropped, receivers are called in the background.
    let tx = db.begin().await?;
    Row { id: 3 }.save(&tx).await?;
    drop(tx);
    let told = async {
        while LOG.lines_now() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), told).await.expect("a dropped one is notified too");
    assert_eq!(LOG.take(), ["post_save on_rollback 3 None"]);
    Ok(())
}

#[tokio::test]
async fn a_save_that_a_later_receiver_undoes_is_a_rollback() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_undone")]
    struct Bill {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Bill)]
    fn refuse() -> Result<(), Refused> {
        Err(Refused("no"))
    }
    #[receiver(post_save, sender = Bill, on_commit)]
    fn kept() {
        LOG.note("kept");
    }
    #[receiver(post_save, sender = Bill, on_rollback)]
    fn lost(created: bool) {
        LOG.note(format!("lost {created}"));
    }
    let db = db().await;
    let error = Bill { id: 0 }.save(&db).await.unwrap_err();
    assert_eq!(refused(&error), Some("no"));
    assert_eq!(LOG.take(), ["lost true"]);
    Ok(())
}

#[tokio::test]
async fn a_row_is_sent_once_with_its_net_change() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_net")]
    struct Stock {
        id: i64,
        count: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Stock, on_commit)]
    fn saved(instance: &Stock, created: bool, previous: Option<&Stock>) {
        let previous = previous.map(|stock| stock.count);
        LOG.note(format!("{} {previous:?} -> {} created={created}", instance.id, instance.count));
    }
    #[receiver(post_delete, sender = Stock, on_commit)]
    fn deleted(instance: &Stock) {
        LOG.note(format!("{} {} gone", instance.id, instance.count));
    }
    #[receiver(post_save, sender = Stock, on_commit, each)]
    fn step(instance: &Stock) {
        LOG.note(format!("step {} {}", instance.id, instance.count));
    }
    let db = db().await;
    for id in 1..=2 {
        Stock { id, count: 0 }.save(&db).quiet().await?;
    }
    let tx = db.begin().await?;
    // 1: updated twice; 2: updated, then deleted; 3: inserted, then updated; 4: inserted, then deleted; 5:
    // inserted.
    Stock { id: 1, count: 10 }.save(&tx).await?;
    Stock { id: 2, count: 20 }.save(&tx).await?;
    Stock { id: 3, count: 30 }.save(&tx).await?;
    Stock { id: 4, count: 40 }.save(&tx).await?;
    Stock { id: 1, count: 11 }.save(&tx).await?;
    Stock { id: 2, count: 21 }.delete(&tx).await?;
    Stock { id: 3, count: 31 }.save(&tx).await?;
    Stock { id: 4, count: 41 }.delete(&tx).await?;
    Stock { id: 5, count: 50 }.save(&tx).await?;
    tx.commit().await?;
    let (steps, net): (Vec<_>, Vec<_>) = LOG.take().into_iter().partition(|line| line.starts_with("step"));
    assert_eq!(steps, ["step 1 10", "step 2 20", "step 3 30", "step 4 40", "step 1 11", "step 3 31", "step 5 50"]);
    assert_eq!(
        net,
        ["1 Some(0) -> 11 created=false", "2 21 gone", "3 None -> 31 created=true", "5 None -> 50 created=true",]
    );
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_inserted_again_after_a_delete_is_another_row() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_again")]
    struct Seat {
        id: i64,
        name: String,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Seat, on_commit, changed(name))]
    fn saved(instance: &Seat, created: bool) {
        LOG.note(format!("{} {created}", instance.name));
    }
    #[receiver(post_delete, sender = Seat, on_commit)]
    fn deleted() {
        LOG.note("deleted");
    }
    let db = db().await;
    let old = Seat { id: 1, name: "old".into() };
    old.clone().save(&db).quiet().await?;
    let tx = db.begin().await?;
    old.delete(&tx).await?;
    Seat { id: 1, name: "new".into() }.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["deleted", "new true"]);
    // The net change is what conditions look at.
    let tx = db.begin().await?;
    Seat { id: 1, name: "other".into() }.save(&tx).await?;
    Seat { id: 1, name: "new".into() }.save(&tx).await?;
    tx.commit().await?;
    assert!(LOG.take().is_empty());
    Ok(())
}

#[tokio::test]
async fn failures_after_the_commit_are_counted_and_stop_no_receiver() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_failures")]
    struct Mail {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Mail, on_commit, priority = 1)]
    fn fail() -> Result<(), Refused> {
        Err(Refused("no mail"))
    }
    #[receiver(post_save, sender = Mail, on_commit, priority = 2)]
    fn send() {
        LOG.note("sent");
    }
    let db = db().await;
    Mail { id: 0 }.save(&db).await?;
    let tx = db.begin().await?;
    Mail { id: 0 }.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["sent", "sent"]);
    assert_eq!(db.failed_callbacks(), 2);
    Ok(())
}

#[tokio::test]
async fn a_refused_commit_is_a_rollback() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "ended_refused")]
    struct Child {
        id: i64,
        parent: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Child, on_commit)]
    fn kept() {
        LOG.note("kept");
    }
    #[receiver(post_save, sender = Child, on_rollback)]
    fn lost() {
        LOG.note("lost");
    }
    // MySQL looks at references with each statement, and refuses no commit.
    if elsewhere(&[Kind::Memory, Kind::File, Kind::Postgres]) {
        return Ok(());
    }
    let db = Db::connect(&url().await).await?;
    let sql = "CREATE TABLE ended_parent (id BIGINT PRIMARY KEY);
        CREATE TABLE ended_refused (id BIGINT PRIMARY KEY, parent BIGINT REFERENCES ended_parent DEFERRABLE INITIALLY DEFERRED)";
    execute(&db, sql).await;
    let tx: Tx = db.begin().await?;
    Child { id: 1, parent: 7 }.save(&tx).await?;
    assert!(matches!(tx.commit().await, Err(Error::Database { .. })));
    assert_eq!(LOG.take(), ["lost"]);
    Ok(())
}
