//! The models and their first rows.

use signals::{Db, Model};

use crate::told;

/// Orders have the keys from 1 to this number, so that all tasks write the same ones.
pub const ORDERS: i64 = 8;
/// Tags have the keys from 1 to this.
pub const TAGS: i64 = 6;
const ACCOUNTS: i64 = 3;

/// Nobody deletes it, so that every wrong step stays in its totals.
#[derive(Debug, Clone, Model)]
#[model(table = "load_account")]
pub struct Account {
    id: i64,
    /// Kept: what its lines amount to.
    total: i64,
    /// Kept: how many lines it has.
    line_count: i64,
    /// Kept: how many orders it has.
    order_count: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "load_order", many_to_many(tags: Tag, related = orders))]
pub struct Order {
    pub id: i64,
    #[model(references = Account, on_delete = protect)]
    pub account_id: i64,
    pub note: i64,
    /// Kept: what its lines amount to.
    pub total: i64,
    /// Kept: how many lines it has.
    pub line_count: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "load_line", unique(order_id, slot))]
pub struct Line {
    pub id: i64,
    #[model(references = Order, on_delete = cascade)]
    pub order_id: i64,
    pub amount: i64,
    /// What `get_or_create` looks for.
    pub slot: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "load_tag")]
pub struct Tag {
    pub id: i64,
    pub color: i64,
    /// Kept: how many orders have it.
    pub uses: i64,
}

impl Order {
    pub fn new(id: i64, note: i64) -> Self {
        Self { id, account_id: account_of(id), note, total: 0, line_count: 0 }
    }
}

impl Tag {
    pub fn new(id: i64, color: i64) -> Self {
        Self { id, color, uses: 0 }
    }
}

/// The account of an order.
pub fn account_of(order: i64) -> i64 {
    1 + order % ACCOUNTS
}

/// Writes the first rows. From here on, this process counts what is committed.
pub async fn fill(db: &Db) {
    told::forget();
    for id in 1..=ACCOUNTS {
        Account { id, total: 0, line_count: 0, order_count: 0 }.save(db).force_insert().await.unwrap();
    }
    for id in 1..=ORDERS {
        Order::new(id, 0).save(db).force_insert().await.unwrap();
    }
    for id in 1..=TAGS {
        Tag::new(id, 0).save(db).force_insert().await.unwrap();
    }
}
