#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Model)]
struct Order {
    id: i64,
    total: i64,
}

#[receiver(post_save, sender = Order, on_commit)]
fn hear(instance: &Order) {}

fn main() {}
