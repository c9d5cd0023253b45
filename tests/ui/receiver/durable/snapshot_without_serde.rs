#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Clone, Model)]
struct Order {
    id: i64,
    total: i64,
}

#[receiver(post_save, sender = Order, durable(snapshot))]
async fn audit(instance: &Order) {}

fn main() {}
