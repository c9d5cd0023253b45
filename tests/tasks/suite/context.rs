//! The context of a run: the request, the actor and the trace of the call that enqueued it.

use std::sync::Mutex;
use std::time::Duration;

use signals::context::{self, Context as Cause};
use signals::tasks::{Context, DbTasks as _, Task, Worker, task};
use signals::{Db, Model, Result, Tx, m2m_changed, post_delete, post_save, pre_save, receiver};
use signals_test_tasks::{db, run, started, until};

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
