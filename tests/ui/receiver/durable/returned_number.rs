#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Clone, Model)]
struct Order {
    id: i64,
    total: i64,
}

#[receiver(post_save, sender = Order, durable)]
async fn index(instance: &Order) -> u8 {
    7
}

fn main() {}
