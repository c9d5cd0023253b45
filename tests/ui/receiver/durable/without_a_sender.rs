#![allow(unused_variables)]

use signals::{Model, post_save, receiver};

#[derive(Clone, Model)]
struct Order {
    id: i64,
    total: i64,
}

#[receiver(post_save, durable)]
async fn index(created: bool) {}

fn main() {}
