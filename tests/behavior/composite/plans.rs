//! The statements over lists of composite keys find each row by the index of the key.

use std::fmt::Write as _;

use signals::{Model, Result, post_delete, post_save, receiver};
use signals_test_behavior::{Kind, db, elsewhere, execute, kind, plan, sequence, statements};

const STOCK: &str = "composite_plan_stock";

#[derive(Debug, Clone, Model)]
#[model(table = "composite_plan_stock")]
struct Stock {
    #[model(primary_key)]
    store: i64,
    #[model(primary_key, sql_type = "VARCHAR(20)")]
    item: String,
    amount: i64,
}

// Both make the library read the rows by their keys.
#[receiver([post_save, post_delete], sender = Stock)]
fn written(instance: &Stock, previous: Option<&Stock>) {
    let _ = (instance, previous);
}

/// Writes keys in place of the parameters of a statement, whose last ones are keys.
fn with_keys(statement: &str) -> String {
    let parameters = statement.matches(['?', '$']).count();
    let mut number = 0;
    let mut text = String::new();
    let mut letters = statement.chars().peekable();
    while let Some(letter) = letters.next() {
        if !matches!(letter, '?' | '$') {
            text.push(letter);
            continue;
        }
        while letters.next_if(char::is_ascii_digit).is_some() {}
        number += 1;
        // A value that is set may come first.
        let is_item = (parameters - number).is_multiple_of(2) && number > parameters % 2;
        let quote = if is_item { "'" } else { "" };
        let letter = if is_item { "k" } else { "" };
        write!(text, "{quote}{letter}{}{quote}", number / 2 % 40).unwrap();
    }
    text
}

fn is_by_index(plan: &str) -> bool {
    match kind() {
        Kind::Memory | Kind::File => !plan.contains("SCAN") && plan.contains("store=? AND item=?"),
        Kind::Postgres => {
            !plan.contains("Seq Scan")
                && plan.contains("composite_plan_stock_pkey")
                && plan.contains("(item)::text = 'k1'")
        }
        Kind::Mysql => {
            plan.contains("\"access_type\": \"range\"") && plan.contains("\"used_key_parts\": [\"store\", \"item\"]")
        }
    }
}

#[tokio::test]
async fn lists_of_keys_are_found_by_the_index() -> Result<()> {
    let db = db().await;
    let text = if kind() == Kind::Mysql { "CONCAT('k', b.i)" } else { "'k' || b.i" };
    let (stores, items) = (sequence(100), sequence(200));
    let stores = stores.replace("AS sequence", "AS a");
    let items = items.replace("AS sequence", "AS b");
    execute(&db, format!("INSERT INTO {STOCK} SELECT a.i, {text}, 0 FROM {stores} CROSS JOIN {items}")).await;
    execute(&db, format!("ANALYZE {}{STOCK}", if kind() == Kind::Mysql { "TABLE " } else { "" })).await;
    let some: Vec<_> = (1..=40).map(|store| Stock { store, item: format!("k{store}"), amount: 0 }).collect();
    let write = async || {
        Stock::bulk_update(&db, &mut some.clone(), [Stock::AMOUNT]).await?;
        Stock::objects().update(&db, [Stock::AMOUNT.set(1)]).await?;
        assert_eq!(Stock::bulk_delete(&db, &some).await?.rows(), 40);
        Stock::bulk_create(&db, &mut some.clone()).await.map(drop)
    };
    let mut statements = statements(write).await;
    statements.retain(|sql| sql.contains(" OR ") || sql.contains(" IN ("));
    statements.dedup();
    for verb in ["SELECT", "UPDATE", "DELETE"] {
        assert!(statements.iter().any(|sql| sql.starts_with(verb)), "no {verb} of {}", statements.len());
    }
    for sql in statements {
        let plan = plan(&db, &with_keys(&sql)).await;
        assert!(is_by_index(&plan), "{}\n{}", &sql[..200], &plan[..plan.len().min(2000)]);
    }
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(
    table = "composite_plan_shelf",
    many_to_many(items: Item, table = "composite_plan_link", columns(shelf_id, item_store, item_item))
)]
struct Shelf {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "composite_plan_item")]
struct Item {
    #[model(primary_key)]
    store: i64,
    #[model(primary_key)]
    item: i64,
}

#[tokio::test]
async fn sqlite_finds_each_link_of_a_row_with_many_by_the_index() -> Result<()> {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return Ok(());
    }
    let db = db().await;
    let shelf = Shelf { id: 0 }.create(&db).await?;
    for keys in [1, 2, 3, 40] {
        let mut items: Vec<_> = (0..keys).map(|item| Item { store: keys, item }).collect();
        Item::bulk_create(&db, &mut items).await?;
        let change = async || {
            shelf.items().add(&db, &items).await?;
            shelf.items().remove(&db, &items).await.map(drop)
        };
        let mut statements = statements(change).await;
        statements.retain(|sql| {
            let is_of_keys = sql.contains("\"item_store\" = ?") || sql.contains(" IN ");
            is_of_keys && sql.contains("composite_plan_link")
        });
        assert!(statements.iter().any(|sql| sql.starts_with("DELETE")), "{statements:#?}");
        for sql in statements {
            let plan = plan(&db, &sql).await;
            for step in plan.lines().filter(|step| step.contains("composite_plan_link")) {
                assert!(step.contains("(shelf_id=? AND item_store=? AND item_item=?)"), "{keys}: {sql}\n{plan}");
            }
        }
    }
    assert_eq!(shelf.items().count(&db).await?, 0);
    Ok(())
}
