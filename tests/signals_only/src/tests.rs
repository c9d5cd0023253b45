#![allow(clippy::panic, reason = "a receiver of a test may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use signals::receivers::ConnectOptions;
use signals::{Error, Result};

use super::{OrderShipped, order_shipped};

async fn ship(order_id: i64) -> Result<Vec<String>> {
    let mut stops = Vec::new();
    order_shipped.send(OrderShipped { order_id, carrier: "DHL", stops: &mut stops }).await
}

const LINKED: [&str; 2] = ["DHL takes 7", "order 7 left warehouse"];

// This is one test, because the receivers of the signal are global to the program.
#[tokio::test]
async fn a_signal_calls_linked_and_connected_receivers() -> Result<()> {
    assert_eq!(ship(7).await?, LINKED);

    let last = ConnectOptions::uid("stats").priority(1);
    let id = order_shipped.connect(last.clone(), |event| Ok(event.carrier.to_lowercase()))?;
    assert_eq!(ship(7).await?, [LINKED[0], LINKED[1], "dhl"]);
    assert!(order_shipped.disconnect(id) && !order_shipped.disconnect(id));
    assert_eq!(ship(7).await?, LINKED);

    let waits = |event: &mut OrderShipped<'_>| {
        let order_id = event.order_id;
        async move { if order_id == 7 { Err("lost".into()) } else { Ok(String::from("found")) } }
    };
    let id = order_shipped.connect_async(last, move |event| Box::pin(waits(event)))?;
    assert_eq!(ship(8).await?.last().map(String::as_str), Some("found"));
    assert!(matches!(ship(7).await, Err(Error::Receiver(failure)) if failure.source.to_string() == "lost"));
    let outcomes =
        order_shipped.send_robust(OrderShipped { order_id: 7, carrier: "UPS", stops: &mut Vec::new() }).await;
    assert_eq!(outcomes.iter().map(|outcome| outcome.result.is_ok()).collect::<Vec<_>>(), [true, true, false]);
    order_shipped.disconnect(id);

    {
        let _guard = order_shipped.connect_scoped("guest", |_| Ok(String::from("for a while")))?;
        assert_eq!(ship(7).await?.len(), 3);
    }
    assert_eq!(ship(7).await?, LINKED);
    Ok(())
}

signals::signal! {
    /// Heard by receivers that harm.
    harmed { }
}

#[tokio::test]
async fn receivers_that_fail_or_panic_harm_no_other() -> Result<()> {
    assert_eq!(harmed.notify(Harmed {}).await, 0);
    let heard = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&heard);
    let _fails = harmed.connect_scoped("1", |_| Err("failed".into()))?;
    let _panics = harmed.connect_scoped("2", |_| panic!("panicked"))?;
    let _counts = harmed.connect_scoped("3", move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })?;
    assert_eq!(harmed.notify(Harmed {}).await, 2);
    assert_eq!(heard.load(Ordering::Relaxed), 1);
    Ok(())
}

#[test]
fn the_registry_lists_the_linked_receivers_in_their_order() -> Result<()> {
    signals::receivers::check_receivers()?;
    let linked = signals::registry().into_iter().filter(|it| it.receiver.file().ends_with("lib.rs"));
    let uids: Vec<_> = linked.map(|it| (it.signal, it.receiver.uid_or_path())).collect();
    let here = |name: &str| format!("signals_test_signals_only::{name}");
    assert_eq!(uids, [("order_shipped", here("book_the_truck")), ("order_shipped", String::from("mail"))]);
    Ok(())
}

#[test]
fn a_taken_uid_is_refused() {
    let refused = order_shipped.connect("mail", |_| Ok(String::new()));
    assert!(matches!(refused, Err(Error::DuplicateReceiver { uid, .. }) if uid == "mail"));
}
