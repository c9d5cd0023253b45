#![allow(unused_variables)]

use signals::{Model, pre_save, receiver};

#[derive(Clone, Model)]
struct Order {
    id: i64,
    total: i64,
}

#[receiver(pre_save, sender = Order, durable)]
async fn index(instance: &Order) {}

fn main() {}
