//! SeaORM and Signals on one pool, and in one transaction: orders are SeaORM's, and the audit trail is made by
//! receivers of a model of Signals.

mod audit;
#[allow(unreachable_pub, reason = "SeaORM derives public types")]
mod order;
mod product;
mod sea;

use sea_orm::{ActiveModelTrait as _, DatabaseConnection, EntityTrait as _, Set, SqlxSqliteConnector};
use signals::{Db, Model as _, Result};
use sqlx::sqlite::SqlitePoolOptions;

use audit::Audit;
use product::Product;
use sea::SeaTx;

/// Sells one piece: the stock is a model of Signals, and the order an entity of SeaORM. Both are written, or none.
async fn sell(db: &Db, product: i64, customer: &str) -> Result<order::Model> {
    db.atomic(|tx| async move {
        let mut product = Product::get(&tx, product).await?;
        product.stock -= 1;
        product.save(&tx).await?;
        let order = order::ActiveModel {
            product_id: Set(product.id),
            customer: Set(customer.to_owned()),
            ..Default::default()
        };
        order.insert(&SeaTx(&tx)).await.map_err(signals::Error::other)
    })
    .await
}

/// Connects both to one pool, and creates the tables.
async fn connect() -> Result<(Db, DatabaseConnection)> {
    // The pool that the application has already.
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    let sea = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.clone());
    let db = Db::from_pool(pool).await?;
    db.create_tables().await?;
    order::create_table(&sea).await.map_err(signals::Error::other)?;
    Ok((db, sea))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (db, sea) = connect().await?;
    let pen = Product { id: 0, name: "pen".into(), stock: 1 }.create(&db).await?;
    let order = sell(&db, pen.id, "Ann").await?;
    println!("sold: {order:?}");
    if let Err(refused) = sell(&db, pen.id, "Bob").await {
        println!("refused: {refused}");
    }

    let orders = order::Entity::find().all(&sea).await.map_err(signals::Error::other)?;
    println!("orders: {orders:?}");
    println!("audit: {:?}", Audit::objects().all(&db).await?);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
mod tests {
    use sea_orm::{ConnectionTrait as _, SqlErr};

    use super::*;

    async fn with_pens(stock: i64) -> (Db, DatabaseConnection, Product) {
        let (db, sea) = connect().await.unwrap();
        let pen = Product { id: 0, name: "pen".into(), stock }.create(&db).await.unwrap();
        (db, sea, pen)
    }

    #[tokio::test]
    async fn the_writes_of_both_are_committed_together() {
        let (db, sea, pen) = with_pens(2).await;
        let order = sell(&db, pen.id, "Ann").await.unwrap();
        assert_eq!(order::Entity::find().all(&sea).await.unwrap(), [order]);
        assert_eq!(Product::get(&db, pen.id).await.unwrap().stock, 1);
        assert_eq!(Audit::objects().count(&db).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_refused_save_undoes_what_seaorm_wrote() {
        let (db, sea, pen) = with_pens(0).await;
        let sold = db.atomic(|tx| async move {
            let order =
                order::ActiveModel { product_id: Set(pen.id), customer: Set("Bob".into()), ..Default::default() };
            order.insert(&SeaTx(&tx)).await.map_err(signals::Error::other)?;
            assert_eq!(order::Entity::find().all(&SeaTx(&tx)).await.unwrap().len(), 1);
            Product { stock: -1, ..pen }.save(&tx).await
        });
        assert!(sold.await.unwrap_err().to_string().ends_with("there is no pen left"));
        assert_eq!(order::Entity::find().all(&sea).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_failed_call_of_seaorm_undoes_the_save() {
        let (db, _sea, pen) = with_pens(2).await;
        let sold = db.atomic(|tx| async move {
            let mut pen = Product::get(&tx, pen.id).await?;
            pen.stock -= 1;
            pen.save(&tx).await?;
            SeaTx(&tx).execute_unprepared("CREATE UNIQUE INDEX customer ON \"order\" (customer)").await.unwrap();
            for _ in 0..2 {
                let order =
                    order::ActiveModel { product_id: Set(pen.id), customer: Set("Ann".into()), ..Default::default() };
                order.insert(&SeaTx(&tx)).await.map_err(signals::Error::other)?;
            }
            Ok(())
        });
        let error = sold.await.unwrap_err();
        let of_seaorm = error.find::<sea_orm::DbErr>().expect("the source is kept");
        assert!(matches!(of_seaorm.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))), "{error:?}");
        assert_eq!(Product::get(&db, 1).await.unwrap().stock, 2);
    }
}
