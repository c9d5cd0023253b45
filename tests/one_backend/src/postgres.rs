use serde::{Deserialize, Serialize};
use signals::db::Backend;
use signals::model::Entity as _;
use signals::{Db, Model, Result};
use sqlx::types::Decimal;
use uuid::Uuid;

use crate::support::{is_own, server};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Size {
    width: u64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "one_backend_parcel")]
struct Parcel {
    id: i64,
    price: Decimal,
    labels: Vec<String>,
    weights: Option<Vec<i32>>,
    token: Uuid,
    #[model(json)]
    size: Size,
}

// SQLite has neither the one nor the other, and MySQL no arrays.
#[tokio::test]
async fn decimals_and_arrays_are_columns_of_postgres() -> Result<()> {
    let types: Vec<_> = Parcel::meta().columns().iter().map(|it| it.sql_type_on(Backend::Postgres)).collect();
    assert_eq!(types, ["INT8", "NUMERIC", "TEXT[]", "INT4[]", "UUID", "JSONB"]);

    let db = Db::connect(&server("SIGNALS_TEST_POSTGRES_URL")?).await?;
    sqlx::query("DROP TABLE IF EXISTS one_backend_parcel").execute(db.postgres()?).await?;
    db.create_tables_of(is_own).await?;
    let mut parcel = Parcel {
        id: 0,
        price: Decimal::new(1_995, 2),
        labels: vec!["fragile".into(), "gift".into()],
        weights: Some(vec![3, -4]),
        token: Uuid::from_u128(7),
        size: Size { width: u64::MAX },
    };
    parcel.save(&db).await?;
    assert_eq!(Parcel::get(&db, parcel.id).await?, parcel);
    parcel.price = Decimal::new(6, 0);
    Parcel { id: 0, ..parcel.clone() }.save(&db).await?;
    let parcels = Parcel::objects();
    assert_eq!(parcels.sum(&db, Parcel::PRICE).await?, Some(Decimal::new(2_595, 2)));
    assert_eq!(parcels.avg(&db, Parcel::PRICE).await?, Some(Decimal::new(12_975, 3)));
    assert_eq!(parcels.min(&db, Parcel::PRICE).await?, Some(parcel.price));
    assert_eq!(parcels.values(&db, Parcel::LABELS).await?[0], parcel.labels);
    sqlx::query("DROP TABLE one_backend_parcel").execute(db.postgres()?).await?;
    Ok(())
}
