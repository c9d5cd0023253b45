#![allow(unused_variables)]

use signals::receiver;

signals::signal! {
    order_shipped { order_id: i64, carrier: String }
}

#[receiver(OrderShipped)]
fn notify(order_id: i64) {}

fn main() {}
