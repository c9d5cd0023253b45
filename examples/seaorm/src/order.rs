//! An entity of SeaORM.

use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseConnection, Schema};

/// A sold piece.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub product_id: i64,
    pub customer: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Creates the table, as a migration of SeaORM would.
pub(crate) async fn create_table(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let statement = Schema::new(connection.get_database_backend()).create_table_from_entity(Entity);
    connection.execute(&statement).await.map(drop)
}
