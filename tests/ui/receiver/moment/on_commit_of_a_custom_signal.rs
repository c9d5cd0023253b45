#![allow(unused_variables)]

use signals::receiver;

signals::signal! {
    order_shipped { order_id: i64 }
}

#[receiver(order_shipped, on_commit)]
fn hear(order_id: i64) {}

fn main() {}
