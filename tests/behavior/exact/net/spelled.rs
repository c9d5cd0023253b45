//! Keys that the database stores in another spelling than the application: the row is still the one that was
//! written.

use signals::{Db, Model, Result, post_save, receiver};
use signals_test_behavior::{Kind, Log, elsewhere, execute, kind, url};
use tokio::sync::Mutex;

#[derive(Debug, Clone, Model)]
#[model(table = "exact_spelled")]
struct Coin {
    #[model(primary_key)]
    code: String,
    n: i64,
}

static LOG: Log = Log::new();
/// Held by each test, since they share the log.
static ALONE: Mutex<()> = Mutex::const_new(());

#[receiver(post_save, sender = Coin, on_commit)]
fn saved(instance: &Coin) {
    LOG.note(format!("{} {}", instance.code.trim_end(), instance.n));
}

fn coin(code: &str) -> Coin {
    Coin { code: code.into(), n: 1 }
}

async fn coins(sql_type: &str) -> Db {
    // The operators of an extension are found by the search path.
    let place = if kind() == Kind::Postgres { ",public" } else { "" };
    let db = Db::connect(&(url().await + place)).await.unwrap();
    execute(&db, format!("CREATE TABLE exact_spelled (code {sql_type} PRIMARY KEY, n BIGINT NOT NULL)")).await;
    db
}

#[tokio::test]
async fn a_row_of_a_padded_key_is_shown_as_it_is_committed() -> Result<()> {
    let _alone = ALONE.lock().await;
    let db = coins("CHAR(4)").await;
    let tx = db.begin().await?;
    coin("ab").save(&tx).await?;
    coin("c").save(&tx).await?;
    coin("d").save(&tx).await?;
    Coin::objects().update(&tx, [Coin::N.set(2)]).quiet().await?;
    Coin::objects().filter(Coin::CODE.eq("c")).delete(&tx).quiet().await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["ab 2", "d 2"]);
    Ok(())
}

#[tokio::test]
async fn a_row_of_a_folded_key_is_shown_as_it_is_committed() -> Result<()> {
    let _alone = ALONE.lock().await;
    let sql_type = match kind() {
        Kind::Postgres => "public.citext",
        Kind::Mysql => "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        Kind::Memory | Kind::File => "TEXT COLLATE NOCASE",
    };
    if kind() == Kind::Postgres {
        let sql = "SELECT pg_advisory_lock(7); CREATE EXTENSION IF NOT EXISTS citext SCHEMA public; SELECT pg_advisory_unlock(7)";
        execute(&Db::connect(&url().await).await?, sql).await;
    }
    let db = coins(sql_type).await;
    coin("Ann").save(&db).await?;
    assert_eq!(LOG.take(), ["Ann 1"]);
    let tx = db.begin().await?;
    coin("ANN").save(&tx).await?;
    coin("bob").save(&tx).await?;
    Coin::objects().update(&tx, [Coin::N.set(2)]).quiet().await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["Ann 2", "bob 2"]);
    Ok(())
}

#[tokio::test]
async fn a_quiet_delete_that_a_trigger_keeps_from_its_row_is_none() -> Result<()> {
    let _alone = ALONE.lock().await;
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return Ok(());
    }
    let db = coins("TEXT").await;
    execute(&db, "CREATE TRIGGER spelled_keep BEFORE DELETE ON exact_spelled BEGIN SELECT raise(IGNORE); END").await;
    let tx = db.begin().await?;
    let mut one = coin("one");
    one.save(&tx).await?;
    assert_eq!(one.delete(&tx).quiet().await?.rows(), 0);
    tx.commit().await?;
    assert_eq!(LOG.take(), ["one 1"]);
    Ok(())
}
