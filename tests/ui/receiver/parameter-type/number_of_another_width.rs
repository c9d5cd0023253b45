#![allow(unused_variables)]

use signals::receiver;

signals::signal! {
    order_shipped { order_id: i64, carrier: String }
}

#[receiver(order_shipped)]
fn notify(order_id: i32) {}

fn main() {}
