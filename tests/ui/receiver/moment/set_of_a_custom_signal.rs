#![allow(unused_variables)]

use signals::{Model, receiver};

signals::signal! {
    order_shipped { order_id: i64 }
}

#[derive(Clone, Model)]
struct Order {
    id: i64,
    total: i64,
}

#[receiver(order_shipped, sender = Order, set)]
fn hear(order_id: i64) {}

fn main() {}
