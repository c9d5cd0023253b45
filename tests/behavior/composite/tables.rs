//! The tables of composite keys.

use signals::{Db, Model, Result};
use signals_test_behavior::{count, db, kind, quoted, url};

#[derive(Debug, Model)]
#[model(table = "composite_tables_order")]
struct Order {
    #[model(primary_key)]
    tenant: i64,
    #[model(primary_key)]
    number: i64,
}

#[derive(Debug, Model)]
#[model(table = "composite_tables_line", references(Order, fields(tenant, order_number), on_delete = cascade))]
struct Line {
    id: i64,
    tenant: i64,
    #[model(column = "order number")]
    order_number: Option<i64>,
}

/// A part of another order, whose reference is the beginning of its own key.
#[derive(Debug, Model)]
#[model(table = "composite_tables_part", references(Order, fields(tenant, number), on_delete = database))]
struct Part {
    #[model(primary_key)]
    tenant: i64,
    #[model(primary_key)]
    number: i64,
    #[model(primary_key)]
    place: i64,
}

#[test]
fn the_sql_of_the_tables_names_all_columns() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let statements = runtime.block_on(async {
        let db = Db::connect(&url().await).await.unwrap();
        db.table_definitions(|model| model.is::<Line>() || model.is::<Part>()).unwrap()
    });
    let all = statements.join("\n");
    let [tenant, number, order, table] = ["tenant", "number", "order number", "composite_tables_order"].map(quoted);
    let is_there = |sql: String| assert!(all.contains(&sql), "{sql}\n{all}");
    is_there(format!("PRIMARY KEY ({tenant}, {number})"));
    is_there(format!("PRIMARY KEY ({tenant}, {number}, {})", quoted("place")));
    let references = format!("REFERENCES {table} ({tenant}, {number})");
    is_there(format!("FOREIGN KEY ({tenant}, {order}) {references}"));
    is_there(format!("FOREIGN KEY ({tenant}, {number}) {references} ON DELETE CASCADE"));
    // An index for the lookups of deletes, unless the key begins with the columns.
    assert_eq!(all.matches("__idx").count(), 1, "{all}");
    is_there(quoted("composite_tables_line__tenant__order number__idx"));
    assert!(!all.contains("AUTOINCREMENT") || kind().is_sqlite(), "{all}");
    assert_eq!(all.to_uppercase().matches("AUTO").count() + all.matches("IDENTITY").count(), 1, "{all}");
}

#[tokio::test]
async fn the_database_checks_the_whole_reference() -> Result<()> {
    let db = db().await;
    Order { tenant: 1, number: 1 }.create(&db).await?;
    Line { id: 0, tenant: 1, order_number: Some(1) }.create(&db).await?;
    Line { id: 0, tenant: 2, order_number: None }.create(&db).await?;
    let error = Line { id: 0, tenant: 2, order_number: Some(1) }.create(&db).await.unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error}");
    // The tables exist, and nothing is created twice.
    db.create_tables_of(signals::ModelMeta::is::<Line>).await?;
    Part { tenant: 1, number: 1, place: 1 }.create(&db).await?;
    Order { tenant: 1, number: 1 }.delete(&db).await?;
    assert_eq!(count(&db, "SELECT count(*) FROM composite_tables_part").await, 0);
    Ok(())
}
