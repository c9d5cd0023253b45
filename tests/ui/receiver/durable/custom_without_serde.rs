#![allow(unused_variables)]

use signals::receiver;

signals::signal! { order_paid { order_id: i64 } }

#[receiver(order_paid, durable)]
async fn ship(order_id: i64) {}

fn main() {}
