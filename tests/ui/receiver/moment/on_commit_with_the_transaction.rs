#![allow(unused_variables)]

use signals::{Model, Tx, post_save, receiver};

#[derive(Clone, Model)]
struct Order {
    id: i64,
    total: i64,
}

#[receiver(post_save, sender = Order, on_commit)]
fn hear(tx: &Tx) {}

fn main() {}
