//! The context of a run: the request, the actor and the trace of the call that enqueued it.

use std::sync::Mutex;
use std::time::Duration;

use signals::context::{self, Context as Cause, Propagator};
use signals::tasks::{Context, DbTasks as _, Task, Worker, task};
use signals::{Db, Model, Result, Tx, m2m_changed, post_delete, post_save, pre_save, receiver};
use signals_test_tasks::{db, run, started, until};
use tokio::sync::Notify;
use tracing::Span;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn cause() -> Cause {
    Cause::new().with_actor("user:7").with_request_id("request 7").with_traceparent(TRACE)
}

#[tokio::test]
async fn a_run_and_the_runs_it_enqueues_have_the_context_of_the_first_call() -> Result<()> {
    static SEEN: Mutex<Vec<(String, Option<String>)>> = Mutex::new(Vec::new());
    fn note(context: &Cause, what: &str) {
        SEEN.lock().unwrap().push((what.to_owned(), context.actor().map(str::to_owned)));
    }

    #[derive(Model)]
    #[model(table = "context_written")]
    struct Written {
        id: i64,
    }

    #[receiver(post_save, sender = Written)]
    fn in_the_run(context: &Cause) {
        assert_eq!(context.request_id(), Some("request 7"));
        note(context, "receiver");
    }

    #[task]
    async fn first(tx: &Tx, ctx: &Context) -> Result<()> {
        assert_eq!((ctx.actor(), ctx.request_id()), (Some("user:7"), Some("request 7")));
        assert_eq!(ctx.traceparent(), Some(TRACE));
        note(&context::current(), "first");
        Written { id: 0 }.save(tx).await?;
        second::enqueue(tx).await.map(drop)
    }

    #[task]
    async fn second() {
        note(&context::current(), "second");
    }

    let db = db().await;
    let id = context::scope(cause(), async { first::enqueue(&db).await }).await?;
    assert_eq!(run(&db, id).await.context(), cause());
    // The worker has no context of its own, and the caller's does not count.
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_millis(20)));
    let mut wait = until("both runs are done", Duration::from_secs(30));
    let seen = || SEEN.lock().unwrap().len();
    while wait(seen() == 3).await {}
    drop(stop);
    worker.await.unwrap()?;
    let actor = Some("user:7".to_owned());
    let expected = ["first", "receiver", "second"].map(|what| (what.to_owned(), actor.clone()));
    assert_eq!(*SEEN.lock().unwrap(), expected);
    Ok(())
}

#[tokio::test]
async fn a_run_that_is_enqueued_without_a_context_has_none() -> Result<()> {
    #[task]
    async fn look(ctx: &Context) {
        assert_eq!((ctx.actor(), ctx.request_id(), ctx.traceparent()), (None, None, None));
        assert!(context::current().is_empty());
    }

    let db = db().await;
    let id = look::enqueue(&db).await?;
    assert_eq!(run(&db, id).await.trace, None);
    assert_eq!(context::scope(cause(), db.drain_tasks()).await?.done, 1);
    Ok(())
}

#[tokio::test]
async fn a_durable_receiver_has_the_context_of_the_save() -> Result<()> {
    static SEEN: Mutex<Vec<Cause>> = Mutex::new(Vec::new());

    #[derive(Model)]
    #[model(table = "context_order")]
    struct Order {
        id: i64,
        total: i64,
    }

    #[receiver(post_save, sender = Order, durable, coalesce)]
    async fn reindex(instance: &Order, context: &Cause) {
        assert!(instance.total > 0);
        assert_eq!(*context, context::current());
        SEEN.lock().unwrap().push(context.clone());
    }

    let db = db().await;
    db.create_tables_of(|model| model.name() == "Order").await?;
    let mut rows = [Order { id: 0, total: 1 }, Order { id: 0, total: 2 }];
    context::scope(cause(), Order::bulk_create(&db, &mut rows)).await?;
    // The two runs of the second row are merged, and the last write counts.
    let later = Cause::new().with_actor("user:8");
    context::scope(later.clone(), rows[1].save(&db)).await?;
    assert_eq!(db.drain_tasks().await?.done, 2);
    assert_eq!(*SEEN.lock().unwrap(), [cause(), later]);
    Ok(())
}

#[tokio::test]
async fn receivers_of_every_model_signal_take_the_context() -> Result<()> {
    static SEEN: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    fn note(context: &Cause, what: &'static str) {
        assert_eq!(context.actor(), Some("user:7"), "{what}");
        SEEN.lock().unwrap().push(what);
    }

    #[derive(Debug, Clone, Model)]
    #[model(table = "context_pizza", many_to_many(toppings: Topping))]
    struct Pizza {
        id: i64,
    }

    #[derive(Debug, Clone, Model)]
    #[model(table = "context_topping")]
    struct Topping {
        id: i64,
    }

    #[receiver(pre_save, sender = Pizza)]
    fn before(context: &Cause) {
        note(context, "pre_save");
    }

    #[receiver(post_save, sender = Pizza, set)]
    fn of_set(context: &Cause) {
        note(context, "set");
    }

    #[receiver(post_save, sender = Pizza, on_commit)]
    async fn committed(context: &Cause, db: &Db) {
        let _name = db.name();
        note(context, "on_commit");
    }

    #[receiver(m2m_changed, sender = PizzaToppings)]
    fn linked(context: &Cause) {
        note(context, "m2m_changed");
    }

    #[receiver(post_delete)]
    fn of_any(context: &Cause) {
        if !context.is_empty() {
            note(context, "post_delete of any");
        }
    }

    let db = db().await;
    db.create_tables_of(|model| model.path().starts_with(module_path!())).await?;
    let basil = Topping { id: 0 }.create(&db).await?;
    context::scope(Cause::new().with_actor("user:7"), async {
        let pizza = Pizza { id: 0 }.create(&db).await?;
        pizza.toppings().add(&db, [&basil]).await?;
        pizza.delete(&db).await
    })
    .await?;
    let seen = SEEN.lock().unwrap().clone();
    for what in ["pre_save", "set", "on_commit", "m2m_changed", "post_delete of any"] {
        assert!(seen.contains(&what), "{what} of {seen:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_end_of_a_transaction_keeps_the_context_if_its_future_is_dropped() -> Result<()> {
    static SEEN: Mutex<Vec<Cause>> = Mutex::new(Vec::new());

    let db = db().await;
    let tx = db.begin().await?;
    Task::objects().count(&tx).await?;
    tx.on_commit(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        SEEN.lock().unwrap().push(context::current());
        Ok::<_, signals::Error>(())
    })?;
    let commit = context::scope(cause(), tx.commit());
    let dropped = tokio::time::timeout(Duration::from_millis(20), commit).await;
    let mut wait = until("the callback ran", Duration::from_secs(30));
    let is_seen = || !SEEN.lock().unwrap().is_empty();
    while wait(is_seen()).await {}
    assert_eq!(*SEEN.lock().unwrap(), [cause()], "{dropped:?}");
    Ok(())
}

#[tokio::test]
async fn receivers_after_the_end_of_a_transaction_have_the_context_of_the_write() -> Result<()> {
    static SEEN: Mutex<Vec<(&'static str, i64, Option<String>)>> = Mutex::new(Vec::new());
    fn note(context: &Cause, end: &'static str, seats: i64) {
        assert_eq!(*context, context::current());
        SEEN.lock().unwrap().push((end, seats, context.actor().map(str::to_owned)));
    }
    fn by(actor: &str) -> Cause {
        Cause::new().with_actor(actor)
    }

    #[derive(Debug, Clone, Model)]
    #[model(table = "context_booking")]
    struct Booking {
        id: i64,
        seats: i64,
    }

    #[receiver(post_save, sender = Booking, on_commit)]
    fn committed(instance: &Booking, context: &Cause) {
        note(context, "committed", instance.seats);
    }

    #[receiver(post_save, sender = Booking, on_rollback)]
    async fn rolled_back(instance: &Booking, context: &Cause, db: &Db) {
        let _name = db.name();
        note(context, "rolled back", instance.seats);
    }

    let db = db().await;
    db.create_tables_of(|model| model.name() == "Booking").await?;
    let tx = db.begin().await?;
    let mut first = context::scope(by("ann"), Booking { id: 0, seats: 1 }.create(&tx)).await?;
    context::scope(by("bob"), Booking { id: 0, seats: 2 }.create(&tx)).await?;
    Booking { id: 0, seats: 3 }.create(&tx).await?;
    first.seats = 4;
    context::scope(by("eve"), first.save(&tx)).await?;
    context::scope(by("the commit"), tx.commit()).await?;
    let of = |end, seats, actor: Option<&str>| (end, seats, actor.map(str::to_owned));
    let expected = [of("committed", 4, Some("eve")), of("committed", 2, Some("bob")), of("committed", 3, None)];
    assert_eq!(std::mem::take(&mut *SEEN.lock().unwrap()), expected, "the last write of each row counts");

    // As when a client disconnects: the scope is dropped outside of its polls.
    let written = Notify::new();
    let scope = context::scope(by("gone"), async {
        let tx = db.begin().await?;
        Booking { id: 0, seats: 5 }.create(&tx).await?;
        written.notify_one();
        std::future::pending::<()>().await;
        tx.commit().await
    });
    tokio::select! {
        ended = scope => ended?,
        () = written.notified() => {}
    }
    let mut wait = until("the rollback", Duration::from_secs(30));
    let is_seen = || !SEEN.lock().unwrap().is_empty();
    while wait(is_seen()).await {}
    assert_eq!(*SEEN.lock().unwrap(), [of("rolled back", 5, Some("gone"))]);
    Ok(())
}

/// The actor for whose runs the propagator has no trace, and panics.
const NO_TRACE: &str = "user:panic";
/// The trace to which the propagator cannot link a run, and panics.
const NO_LINK: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-ffffffffffffffff-01";

/// Connects the process to a tracing system that has errors of its own.
struct Broken;

impl Propagator for Broken {
    fn traceparent(&self) -> Option<String> {
        assert_ne!(context::current().actor(), Some(NO_TRACE), "the propagator has no trace");
        None
    }

    fn link(&self, _run: &Span, traceparent: &str) {
        assert_ne!(traceparent, NO_LINK, "the propagator cannot link");
    }
}

#[task]
async fn traced() {}

#[tokio::test]
async fn a_panic_of_the_propagator_does_not_reach_the_call_that_enqueues() -> Result<()> {
    context::set_propagator(Broken);
    let db = db().await;
    let cause = Cause::new().with_actor(NO_TRACE).with_traceparent(TRACE);
    let id = context::scope(cause.clone(), traced::enqueue(&db)).await?;
    assert_eq!(run(&db, id).await.context(), cause);
    Ok(())
}

#[tokio::test]
async fn a_panic_of_the_propagator_does_not_reach_the_run() -> Result<()> {
    context::set_propagator(Broken);
    let db = db().await;
    let id = context::scope(Cause::new().with_traceparent(NO_LINK), traced::enqueue(&db)).await?;
    assert_eq!(db.drain_tasks().await?.done, 1);
    assert_eq!(run(&db, id).await.claims, 1);
    Ok(())
}
