#![allow(unused_variables)]

use signals::{Model, receiver};

signals::signal! {
    order_shipped { order_id: i64, carrier: String }
}

#[derive(Model)]
struct User {
    id: i64,
    email: String,
}

#[receiver(order_shipped, sender = User)]
fn notify(order_id: i64) {}

fn main() {}
