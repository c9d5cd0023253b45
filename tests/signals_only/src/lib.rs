//! A program without models and without a database. It only has custom signals.
//!
//! It is built separately, because the features of packages that are built together are combined:
//! `cargo test --package signals-test-signals-only`.

#[cfg(test)]
mod tests;

use std::convert::Infallible;

use signals::{Result, receiver};

signals::signal! {
    /// Sent when an order leaves the warehouse. Each receiver returns what it did.
    pub order_shipped<'a> { order_id: i64, carrier: &'a str, stops: &'a mut Vec<String> } -> String
}

signals::expect_receivers!["signals_test_signals_only::book_the_truck", "mail"];

/// Waits, and goes first.
#[receiver(order_shipped, priority = -1)]
async fn book_the_truck(carrier: &str, order_id: i64, stops: &mut Vec<String>) -> Result<String, Infallible> {
    other_work().await;
    stops.push(String::from("warehouse"));
    Ok(format!("{carrier} takes {order_id}"))
}

/// Answers at once.
#[receiver(order_shipped, uid = "mail")]
fn write_to_the_customer(event: &OrderShipped<'_>) -> String {
    format!("order {} left {}", event.order_id, event.stops.join(", "))
}

/// Lets others go on for once.
async fn other_work() {
    let mut asked = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
