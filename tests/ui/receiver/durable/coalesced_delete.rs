#![allow(unused_variables)]

use signals::{Model, post_delete, receiver};

#[derive(Clone, Model, serde::Serialize, serde::Deserialize)]
struct Order {
    id: i64,
    total: i64,
}

#[receiver(post_delete, sender = Order, durable(snapshot), coalesce)]
async fn close(instance: &Order) {}

fn main() {}
