//! Many rows at once.

use signals::{Error, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, db, execute, kind, url};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "composite_bulk")]
struct Stock {
    #[model(primary_key, sql_type = "VARCHAR(20)")]
    store: String,
    #[model(primary_key)]
    item: i64,
    amount: i64,
}

fn stock(store: &str, item: i64, amount: i64) -> Stock {
    Stock { store: store.into(), item, amount }
}

/// Two stores with the same three items.
fn stocks() -> Vec<Stock> {
    ["a", "b"].iter().flat_map(|store| (0..3).map(|item| stock(store, item, 1))).collect()
}

#[tokio::test]
async fn rows_are_inserted_and_updated_by_their_whole_keys() -> Result<()> {
    let db = db().await;
    let mut all = stocks();
    Stock::bulk_create(&db, &mut all).await?;
    assert_eq!(all, stocks());
    let mut changed = [stock("a", 0, 5), stock("b", 2, 6)];
    Stock::bulk_update(&db, &mut changed, [Stock::AMOUNT]).await?;
    let amounts: Vec<_> = Stock::objects().order_by([Stock::STORE.asc(), Stock::ITEM.asc()]).all(&db).await?;
    assert_eq!(amounts.iter().map(|stock| stock.amount).collect::<Vec<_>>(), [5, 1, 1, 1, 1, 6]);
    let error = Stock::bulk_create(&db, &mut [stock("a", 0, 7)]).await.unwrap_err();
    assert!(error.is_unique_violation(), "{error}");
    let error = Stock::bulk_update(&db, &mut [stock("a", 0, 7), stock("c", 0, 7)], [Stock::AMOUNT]).await.unwrap_err();
    assert!(matches!(&error, Error::NotUpdated { key, .. } if key == r#"["c", 0]"#), "{error}");
    let error = Stock::bulk_update(&db, &mut [stock("a", 0, 7), stock("a", 0, 8)], [Stock::AMOUNT]).await.unwrap_err();
    assert!(error.to_string().contains(r#"the key ["a", 0] is in the list twice"#), "{error}");
    let error = Stock::bulk_update(&db, &mut [stock("a", 0, 7)], [Stock::ITEM]).await.unwrap_err();
    assert!(error.to_string().contains("the primary key `item` cannot be updated"), "{error}");
    assert_eq!(Stock::get(&db, ("a", 0)).await?.amount, 5);
    Ok(())
}

#[tokio::test]
async fn rows_are_deleted_by_their_whole_keys() -> Result<()> {
    let db = db().await;
    Stock::bulk_create(&db, &mut stocks()).await?;
    let gone = [stock("a", 0, 0), stock("b", 2, 0), stock("c", 0, 0)];
    assert_eq!(Stock::bulk_delete(&db, &gone).await?.rows(), 2);
    assert_eq!(Stock::objects().filter(Stock::ITEM.eq(1)).delete(&db).await?.rows(), 2);
    let left = Stock::objects().order_by([Stock::STORE.asc()]).all(&db).await?;
    assert_eq!(left, [stock("a", 2, 1), stock("b", 0, 1)]);
    Ok(())
}

#[tokio::test]
async fn a_query_set_is_updated_with_the_signals_of_each_row() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_set")]
    struct Stock {
        #[model(primary_key, sql_type = "VARCHAR(20)")]
        store: String,
        #[model(primary_key)]
        item: i64,
        amount: i64,
        seen: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Stock)]
    fn see(instance: &mut Stock) {
        if instance.item == 2 {
            instance.seen += 1;
        }
    }
    #[receiver(post_save, sender = Stock)]
    fn saved(instance: &Stock, previous: Option<&Stock>) {
        let before = previous.map(|stock| stock.amount);
        LOG.note(format!("{} {} {before:?} {}", instance.store, instance.item, instance.amount));
    }
    let db = db().await;
    for (store, item) in [("b", 1), ("a", 2), ("a", 1), ("b", 2), ("b", 3)] {
        Stock { store: store.into(), item, amount: item, seen: 0 }.create(&db).quiet().await?;
    }
    let few = Stock::objects().filter(Stock::ITEM.lt(3)).update(&db, [Stock::AMOUNT.set(7)]).await?;
    assert_eq!(few, 4);
    assert_eq!(LOG.take(), ["a 1 Some(1) 7", "a 2 Some(2) 7", "b 1 Some(1) 7", "b 2 Some(2) 7"]);
    // In parts, which are read by their keys.
    let all = Stock::objects().update(&db, [Stock::AMOUNT.set(8)]).batch_size(2).await?;
    assert_eq!(all, 5);
    let expected = ["a 1 Some(7) 8", "a 2 Some(7) 8", "b 1 Some(7) 8", "b 2 Some(7) 8", "b 3 Some(3) 8"];
    assert_eq!(LOG.take(), expected);
    let rows = Stock::objects().filter(Stock::SEEN.eq(2)).all(&db).await?;
    assert!(rows.len() == 2 && rows.iter().all(|stock| stock.item == 2 && stock.amount == 8), "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn parts_that_the_database_compares_in_its_own_way_find_their_rows() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_padded")]
    struct Coin {
        #[model(primary_key)]
        code: String,
        #[model(primary_key)]
        year: i64,
        amount: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Coin)]
    fn saved(instance: &Coin, previous: Option<&Coin>) {
        LOG.note(format!("{} {:?}", instance.amount, previous.map(|coin| coin.amount)));
    }
    // A padded text on the servers, and one without case in SQLite.
    let (sql_type, stored, asked) = match kind() {
        Kind::Memory | Kind::File => ("TEXT COLLATE NOCASE", "Ab", "aB"),
        Kind::Postgres | Kind::Mysql => ("CHAR(4)", "ab", "ab"),
    };
    let db = signals::Db::connect(&url().await).await?;
    let columns = format!("code {sql_type} NOT NULL, year BIGINT NOT NULL, amount BIGINT NOT NULL");
    execute(&db, format!("CREATE TABLE composite_padded ({columns}, PRIMARY KEY (code, year))")).await;
    execute(&db, format!("INSERT INTO composite_padded VALUES ('{stored}', 1, 1), ('{stored}', 2, 1)")).await;
    let coin = |year, amount| Coin { code: asked.into(), year, amount };
    coin(1, 2).save(&db).await?;
    let mut both = [coin(1, 3), coin(2, 3)];
    Coin::bulk_update(&db, &mut both, [Coin::AMOUNT]).await?;
    assert_eq!(LOG.take(), ["2 Some(1)", "3 Some(2)", "3 Some(1)"]);
    assert_eq!((Coin::get(&db, (asked, 1)).await?.amount, Coin::bulk_delete(&db, &both).await?.rows()), (3, 2));
    Ok(())
}
