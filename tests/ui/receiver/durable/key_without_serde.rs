#![allow(unused_variables)]

use signals::model::{Key, PrimaryKey};
use signals::{Model, post_save, receiver};

#[derive(Debug, Clone, sqlx::Type)]
#[sqlx(transparent)]
struct OrderId(i64);

impl PrimaryKey for OrderId {
    type Lookup<'a> = OrderId;
    const GENERATED: bool = i64::GENERATED;

    fn key(&self) -> Option<Key<'_>> {
        self.0.key()
    }
    fn from_lookup(lookup: OrderId) -> Self {
        lookup
    }
}

#[derive(Clone, Model)]
struct Order {
    id: OrderId,
}

#[receiver(post_save, sender = Order, durable)]
async fn index(instance: &Order) {}

fn main() {}
