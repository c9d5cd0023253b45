//! The statements over lists of composite keys find each row by the index of the key.

use std::fmt::{Debug, Write as _};
use std::sync::Mutex;

use signals::{Db, Model, Result, post_delete, post_save, receiver};
use signals_test_behavior::{Kind, db, execute, kind, read, sequence, texts};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

const TABLE: &str = "composite_plan";

#[derive(Debug, Clone, Model)]
#[model(table = "composite_plan")]
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

static STATEMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Collects the statements of sqlx on the table. Those of SQLite are logged on a thread of sqlx.
struct Watch;

impl<S: Subscriber> Layer<S> for Watch {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut text = Text::default();
            event.record(&mut text);
            // sqlx puts a short statement only in the summary.
            let statement = if text.statement.trim().is_empty() { text.summary } else { text.statement };
            if statement.contains(TABLE) {
                STATEMENTS.lock().unwrap().push(statement.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
    }
}

#[derive(Default)]
struct Text {
    statement: String,
    summary: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "db.statement" => value.clone_into(&mut self.statement),
            "summary" => value.clone_into(&mut self.summary),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Returns the plan of a statement whose keys are all (1, 'k1').
async fn plan(db: &Db, statement: &str) -> String {
    let rows = |statement: String| async move {
        match kind() {
            Kind::Memory | Kind::File => {
                let plan: Vec<(i64, i64, i64, String)> =
                    read(db, format!("EXPLAIN QUERY PLAN {statement}")).await.unwrap();
                plan.into_iter().map(|row| row.3).collect::<Vec<_>>().join("\n")
            }
            Kind::Postgres => texts(db, format!("EXPLAIN {statement}")).await.join("\n"),
            Kind::Mysql => texts(db, format!("EXPLAIN FORMAT=JSON {statement}")).await.join("\n"),
        }
    };
    rows(with_keys(statement)).await
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
            !plan.contains("Seq Scan") && plan.contains("composite_plan_pkey") && plan.contains("(item)::text = 'k1'")
        }
        Kind::Mysql => {
            plan.contains("\"access_type\": \"range\"") && plan.contains("\"used_key_parts\": [\"store\", \"item\"]")
        }
    }
}

#[tokio::test]
async fn lists_of_keys_are_found_by_the_index() -> Result<()> {
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Watch)).unwrap();
    let db = db().await;
    let text = if kind() == Kind::Mysql { "CONCAT('k', b.i)" } else { "'k' || b.i" };
    let (stores, items) = (sequence(100), sequence(200));
    let stores = stores.replace("AS sequence", "AS a");
    let items = items.replace("AS sequence", "AS b");
    execute(&db, format!("INSERT INTO {TABLE} SELECT a.i, {text}, 0 FROM {stores} CROSS JOIN {items}")).await;
    execute(&db, format!("ANALYZE {}{TABLE}", if kind() == Kind::Mysql { "TABLE " } else { "" })).await;
    STATEMENTS.lock().unwrap().clear();
    let some: Vec<_> = (1..=40).map(|store| Stock { store, item: format!("k{store}"), amount: 0 }).collect();
    Stock::bulk_update(&db, &mut some.clone(), [Stock::AMOUNT]).await?;
    Stock::objects().update(&db, [Stock::AMOUNT.set(1)]).await?;
    assert_eq!(Stock::bulk_delete(&db, &some).await?.rows(), 40);
    // SQLite logs a statement after it was answered.
    Stock::objects().count(&db).await?;
    let mut statements = std::mem::take(&mut *STATEMENTS.lock().unwrap());
    statements.retain(|sql| sql.contains(" OR ") || sql.contains(" IN ("));
    statements.dedup();
    for verb in ["SELECT", "UPDATE", "DELETE"] {
        assert!(statements.iter().any(|sql| sql.starts_with(verb)), "no {verb} of {}", statements.len());
    }
    for sql in statements {
        let plan = plan(&db, &sql).await;
        assert!(is_by_index(&plan), "{}\n{}", &sql[..200], &plan[..plan.len().min(2000)]);
    }
    Ok(())
}
