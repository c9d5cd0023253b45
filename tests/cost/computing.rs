//! Round trips of updates with expressions, and of models with a version.

use signals::{Db, Model, Result, post_save, receiver};

use crate::watch::statements;

#[derive(Debug, Clone, Model)]
#[model(table = "computing_cost")]
struct Product {
    id: i64,
    stock: i32,
    #[model(version)]
    version: i32,
}

#[derive(Debug, Clone, Model)]
#[model(table = "computing_cost_seen")]
struct Seen {
    id: i64,
    stock: i64,
}

#[receiver(post_save, sender = Seen)]
fn after(instance: &Seen) {
    let _ = instance;
}

#[tokio::test]
async fn an_expression_adds_no_statement() -> Result<()> {
    let db = Db::connect("sqlite::memory:").await?;
    db.create_tables().await?;
    Product { id: 0, stock: 5, version: 0 }.create(&db).await?;
    Seen { id: 0, stock: 5 }.create(&db).await?;
    let sent = statements(&db, async {
        Product::objects().update(&db, Product::STOCK.set(Product::STOCK - 1)).await.unwrap();
    });
    let sent = sent.await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].contains(r#""version" = CASE WHEN "computing_cost"."version" < 2147483647 THEN "#), "{sent:?}");
    let sent = statements(&db, async {
        Seen::objects().update(&db, Seen::STOCK.set(Seen::STOCK - 1)).await.unwrap();
    });
    let sent = sent.await;
    let words: Vec<_> = sent.iter().filter_map(|text| text.split_whitespace().next()).collect();
    assert_eq!(words, ["BEGIN", "SELECT", "UPDATE", "COMMIT"], "{sent:?}");
    Ok(())
}
