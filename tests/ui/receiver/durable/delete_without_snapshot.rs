#![allow(unused_variables)]

use signals::{Model, post_delete, receiver};

#[derive(Clone, Model)]
struct Order {
    id: i64,
    total: i64,
}

#[receiver(post_delete, sender = Order, durable)]
async fn close(instance: &Order) {}

fn main() {}
