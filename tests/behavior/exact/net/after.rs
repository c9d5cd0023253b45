//! The context of receivers that are called after a transaction: the caller's span and task-locals, and one
//! event for each failure.

use std::fmt;
use std::time::Duration;

use signals::{Model, Result, post_save, receiver};
use signals_test_behavior::{Log, capture, db};
use tokio::sync::Notify;
use tracing::{Instrument as _, Span, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan as _;

/// Returns the names of the current spans, outermost first, without those of the library.
fn spans() -> Vec<&'static str> {
    let names = Span::current().with_subscriber(|(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>().expect("the registry of the test");
        let span = registry.span(id).expect("an open span");
        span.scope().from_root().filter(|span| span.metadata().target() != "signals").map(|span| span.name()).collect()
    });
    names.unwrap_or_default()
}

#[tokio::test]
async fn receivers_after_the_end_are_in_the_callers_span_and_task() -> Result<()> {
    tokio::task_local! { static USER: &'static str; }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_after_span")]
    struct Order {
        id: i64,
        slow: bool,
    }
    static LOG: Log = Log::new();
    static HAS_BEGUN: Notify = Notify::const_new();
    static IS_DROPPED: Notify = Notify::const_new();
    #[receiver(post_save, sender = Order, on_commit)]
    async fn committed(instance: &Order) {
        let first = (spans(), USER.try_with(|user| *user).ok());
        if instance.slow {
            HAS_BEGUN.notify_one();
            IS_DROPPED.notified().await;
        } else {
            tokio::task::yield_now().await;
        }
        LOG.note(format!("commit {:?} {:?}", first, (spans(), USER.try_with(|user| *user).ok())));
    }
    #[receiver(post_save, sender = Order, on_rollback)]
    async fn rolled_back() {
        tokio::task::yield_now().await;
        LOG.note(format!("rollback {:?}", (spans(), USER.try_with(|user| *user).ok())));
    }
    let db = db().await;
    let (_events, _guard) = capture();
    let order = |slow| Order { id: 0, slow };
    USER.scope("ann", async {
        order(false).save(&db).instrument_with("save").await?;
        let seen = "([\"save\"], Some(\"ann\"))";
        assert_eq!(LOG.take(), [format!("commit {seen} {seen}")]);

        let tx = db.begin().await?;
        order(false).save(&tx).await?;
        tx.commit().instrument(info_span!("commit")).await?;
        let seen = "([\"commit\"], Some(\"ann\"))";
        assert_eq!(LOG.take(), [format!("commit {seen} {seen}")]);

        let tx = db.begin().await?;
        order(false).save(&tx).await?;
        tx.rollback().instrument(info_span!("rollback")).await?;
        assert_eq!(LOG.take(), ["rollback ([\"rollback\"], Some(\"ann\"))"]);

        // What a dropped commit leaves goes on in a task of its own: in the span, but without task-locals.
        let tx = db.begin().await?;
        order(true).save(&tx).await?;
        let commit = tx.commit().instrument(info_span!("dropped"));
        tokio::select! {
            biased;
            _ = commit => panic!("it waits for its receiver"),
            () = HAS_BEGUN.notified() => {}
        }
        assert!(LOG.take().is_empty());
        IS_DROPPED.notify_one();
        let goes_on = async {
            while LOG.lines_now() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), goes_on).await.expect("the receiver goes on");
        assert_eq!(LOG.take(), ["commit ([\"dropped\"], Some(\"ann\")) ([\"dropped\"], None)"]);
        Ok(())
    })
    .await
}

/// Awaits a save within a span. A save is not a future before it is awaited.
trait InstrumentWith: IntoFuture + Sized {
    async fn instrument_with(self, name: &'static str) -> Self::Output {
        let span = if name == "save" { info_span!("save") } else { Span::none() };
        self.into_future().instrument(span).await
    }
}

impl<F: IntoFuture> InstrumentWith for F {}

#[tokio::test]
async fn a_failure_after_the_end_is_one_event_with_its_cause() -> Result<()> {
    #[derive(Debug)]
    struct Mail;
    impl fmt::Display for Mail {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("sending the mail")
        }
    }
    impl std::error::Error for Mail {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&signals_test_behavior::Refused("the server"))
        }
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_after_event")]
    struct Order {
        id: i64,
    }
    #[receiver(post_save, sender = Order, on_commit)]
    async fn mail() -> Result<(), Mail> {
        Err(Mail)
    }
    let db = db().await;
    let (events, _guard) = capture();
    Order { id: 0 }.save(&db).await?;
    let told = events.take();
    assert_eq!(told.len(), 1, "{told:#?}");
    for part in ["ERROR", "post_save on_commit", "mail", "after.rs", "sending the mail: refused: the server"] {
        assert!(told[0].contains(part), "{part} is missing in {}", told[0]);
    }
    assert_eq!(db.failed_callbacks(), 1);

    let tx = db.begin().await?;
    tx.on_commit(async { Err::<(), _>(Mail) }).unwrap();
    tx.commit().await?;
    let told = events.take();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("sending the mail: refused: the server"), "{told:?}");
    assert_eq!(db.failed_callbacks(), 2);
    Ok(())
}
