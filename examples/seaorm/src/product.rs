//! A model of Signals, and what its saves must hold.

use signals::{Model, Result, post_save, receiver};

use crate::audit::Audit;

/// A product and its stock.
#[derive(Debug, Clone, PartialEq, Model)]
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) stock: i64,
}

/// Refuses a sale without stock. The error also undoes what SeaORM wrote in the transaction.
#[receiver(signals::pre_save, sender = Product)]
fn refuse_negative_stock(instance: &Product) -> Result<()> {
    if instance.stock < 0 { Err(format!("there is no {} left", instance.name).into()) } else { Ok(()) }
}

#[receiver(post_save, sender = Product)]
async fn write_audit(instance: &Product, tx: &signals::Tx) -> Result<()> {
    Audit { id: 0, text: format!("{}: {} left", instance.name, instance.stock) }.create(tx).await.map(drop)
}
