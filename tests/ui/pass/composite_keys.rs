//! Primary keys of several fields, and references to them, in every place that takes one.

#![deny(missing_docs, missing_debug_implementations, unreachable_pub, warnings)]
#![forbid(unsafe_code)]

use signals::model::{Entity as _, ModelKey as _};
use signals::{Db, Model, Result};

/// An order of a tenant.
#[derive(Debug, Clone, Model)]
pub struct Order {
    /// Whose order it is.
    #[model(primary_key, unique)]
    pub tenant: String,
    /// The number of the order.
    #[model(primary_key, column = "no")]
    pub r#type: i64,
    /// Not a part of the key, since others are marked.
    pub id: Option<i64>,
}

mod lines {
    use signals::Model;

    /// A line of an order, whose key begins with the order's.
    #[derive(Debug, Clone, Model)]
    #[model(references(super::Order, fields(tenant, r#type), on_delete = cascade))]
    #[model(references(Self, on_delete = set_null, fields(tenant, r#type, before)), index(tenant, before))]
    pub(crate) struct Line {
        #[model(primary_key)]
        pub(crate) tenant: String,
        #[model(primary_key)]
        pub(crate) r#type: i64,
        #[model(primary_key)]
        pub(crate) place: i32,
        pub(crate) before: Option<i32>,
    }
}

/// Reads an order and its first line.
///
/// # Errors
///
/// Those of the database.
pub async fn read(db: &Db) -> Result<i32> {
    let order = Order::get(db, ("acme", 7)).await?;
    let line = lines::Line::find(db, (order.tenant.as_str(), 7, 1)).await?;
    Ok(line.map_or(0, |line| line.place + line.before.unwrap_or_default()))
}

fn main() {
    let mut order = Order { tenant: "acme".into(), r#type: 0, id: None };
    order.set_key(("acme".into(), 7));
    assert!(order.key().key().is_some());
    let _ = lines::Line { tenant: order.tenant, r#type: 7, place: 1, before: None };
}
