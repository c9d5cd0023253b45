//! Models of the tables of a PostgreSQL database, printed by `inspectdb`.

use signals::Model;

/// A row of the table `Order Details`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Order Details")]
pub struct OrderDetails {
    #[model(primary_key, column = "TenantID")]
    pub tenant_id: i64,
    #[model(primary_key, column = "OrderID")]
    pub order_id: i64,
    #[model(column = "Quantity")]
    pub quantity: i64,
}

/// A row of the table `actor`.
// A delete of a row on either side also deletes its links in `film_actor`, which the database refuses.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(film: Film, related = actor, table = "film_actor", columns(actor_id, film_id)))]
pub struct Actor {
    #[model(primary_key)]
    pub actor_id: i64,
    pub name: String,
}

/// A row of the table `film`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Film {
    #[model(primary_key)]
    pub film_id: i64,
    pub title: String,
}

/// A row of the table `shipment`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(index(tenant_id, order_id))]
#[model(references(OrderDetails, fields(tenant_id, order_id), on_delete = set_null))]
pub struct Shipment {
    pub id: i64,
    pub order_id: Option<i64>,
    pub tenant_id: Option<i64>,
}

// `wide` is not a model: its key has 6 columns, and that of a model has at most 5.
// /// A row of the table `wide`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct Wide {
//     pub a: i64,
//     pub b: i64,
//     pub c: i64,
//     pub d: i64,
//     pub e: i64,
//     pub f: i64,
// }
