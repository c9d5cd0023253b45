//! Tables whose keys have several columns.

use signals::{Model as _, Result, schema};
use signals_test_behavior::{Kind, kind};

use super::{adopted, assert_printed, name, round_trip};
use crate::composite::{mysql, postgres, sqlite};

#[tokio::test]
async fn keys_of_several_columns_become_fields_of_the_key() -> Result<()> {
    let db = adopted("composite", &format!("composite_{}", name())).await;
    assert_printed(&db, &format!("composite/{}.rs", name())).await
}

/// Loads, saves and deletes the rows of these models.
macro_rules! uses {
    ($db:ident, $module:ident) => {{
        use $module::{Actor, Film, FilmActor, OrderDetails, Shipment};

        round_trip::<Actor>(&$db).await?;
        round_trip::<Film>(&$db).await?;
        round_trip::<FilmActor>(&$db).await?;
        round_trip::<OrderDetails>(&$db).await?;
        round_trip::<Shipment>(&$db).await?;
        assert_eq!(OrderDetails::get(&$db, (1, 2)).await?.delete(&$db).await?.rows(), 1);
        assert_eq!(Shipment::get(&$db, 1).await?.order_id, None, "ON DELETE SET NULL is `set_null`");
        assert_eq!(Actor::get(&$db, 1).await?.delete(&$db).await?.rows(), 2, "ON DELETE CASCADE is `cascade`");
    }};
}

#[tokio::test]
async fn models_with_keys_of_several_columns_load_save_and_delete_rows() -> Result<()> {
    let db = adopted("composite_uses", &format!("composite_{}", name())).await;
    match kind() {
        Kind::Memory | Kind::File => uses!(db, sqlite),
        Kind::Postgres => uses!(db, postgres),
        Kind::Mysql => uses!(db, mysql),
    }
    Ok(())
}

#[tokio::test]
async fn models_with_keys_of_several_columns_have_no_difference() -> Result<()> {
    let db = adopted("composite_differs", &format!("composite_{}", name())).await;
    let module = format!("::composite::{}::", name());
    let differences = schema::check_of(&db, |model| model.path().contains(&module)).await?;
    let differences: Vec<_> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(differences, Vec::<String>::new());
    Ok(())
}
