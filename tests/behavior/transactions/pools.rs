//! Pools that the application made with sqlx, and connect options of sqlx.

use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use signals::db::{ExistingPool, connection_created};
use signals::{Db, Error, Model, Result, Tx, receiver};
use signals_test_behavior::{Kind, Refused, count, count_in, execute, kind, refused, url};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tempfile::TempDir;

/// Returns the URL of a database that allows several connections. If the tests run in memory, this one is in
/// a file.
async fn shared(dir: &TempDir) -> String {
    match kind() {
        Kind::Memory => format!("sqlite://{}?mode=rwc", dir.path().join("pools.db").display()),
        _ => url().await,
    }
}

/// Makes a pool as an application does. `checked` counts the connections that it checks before their use.
fn pool(url: &str, connections: u32, checked: Arc<AtomicU32>) -> ExistingPool {
    macro_rules! pool {
        ($options:ident) => {
            $options::new()
                .max_connections(connections)
                .before_acquire(move |_, _| {
                    checked.fetch_add(1, Ordering::Relaxed);
                    Box::pin(std::future::ready(Ok(true)))
                })
                .connect_lazy(url)
                .unwrap()
                .into()
        };
    }
    match kind() {
        Kind::Memory | Kind::File => pool!(SqlitePoolOptions),
        Kind::Postgres => pool!(PgPoolOptions),
        Kind::Mysql => pool!(MySqlPoolOptions),
    }
}

#[tokio::test]
async fn a_save_on_the_applications_pool_sends_its_signals() -> Result<()> {
    #[derive(Model)]
    #[model(table = "pools_guest")]
    struct Guest {
        id: i64,
        name: String,
    }
    #[derive(Model)]
    #[model(table = "pools_note")]
    struct Note {
        id: i64,
        text: String,
    }
    #[receiver(signals::post_save, sender = Guest)]
    async fn write_note(instance: &Guest, using: &str, tx: &Tx) -> Result<()> {
        Note { id: 0, text: format!("{} on {using}", instance.name) }.save(tx).await
    }
    let dir = TempDir::new().unwrap();
    let db = Db::from_pool(pool(&shared(&dir).await, 2, Arc::default())).name("pools.save").await?;
    db.create_tables_of(|model| model.is::<Guest>() || model.is::<Note>()).await?;

    Guest { id: 0, name: "Ann".into() }.save(&db).await?;

    assert_eq!(count(&db, "SELECT COUNT(*) FROM pools_note WHERE text = 'Ann on pools.save'").await, 1);
    let tx = db.begin().await?;
    Guest { id: 0, name: "Bob".into() }.save(&tx).await?;
    tx.rollback().await?;
    assert_eq!(Guest::objects().count(&db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn the_applications_pool_checks_each_connection_itself() -> Result<()> {
    let dir = TempDir::new().unwrap();
    let checked = Arc::<AtomicU32>::default();
    let db = Db::from_pool(pool(&shared(&dir).await, 1, Arc::clone(&checked))).await?;
    let before = checked.load(Ordering::Relaxed);
    for _ in 0..3 {
        db.begin().await?.rollback().await?;
    }
    assert_eq!(checked.load(Ordering::Relaxed) - before, 3);
    Ok(())
}

#[tokio::test]
async fn connection_created_is_sent_at_the_first_use_of_each_connection() -> Result<()> {
    static SENT: AtomicU32 = AtomicU32::new(0);
    #[receiver(connection_created)]
    fn count_first_uses(using: &str) {
        if using == "pools.first" {
            SENT.fetch_add(1, Ordering::Relaxed);
        }
    }
    let sent = || SENT.load(Ordering::Relaxed);
    let dir = TempDir::new().unwrap();
    let db = Db::from_pool(pool(&shared(&dir).await, 2, Arc::default())).name("pools.first").await?;
    assert_eq!(sent(), 1);
    // A use by plain sqlx is not noticed.
    execute(&db, "SELECT 1").await;
    assert_eq!(sent(), 1);

    let both = [db.begin().await?, db.begin().await?];
    assert_eq!(sent(), 2);
    for tx in both {
        tx.rollback().await?;
    }
    for _ in 0..4 {
        db.begin().await?.rollback().await?;
    }
    assert_eq!(sent(), 2);
    Ok(())
}

#[tokio::test]
async fn a_connection_whose_receiver_failed_is_closed() -> Result<()> {
    static FAIL: AtomicBool = AtomicBool::new(true);
    #[receiver(connection_created)]
    fn refuse_once(using: &str) -> Result<(), Refused> {
        let fails = using == "pools.refused" && FAIL.swap(false, Ordering::Relaxed);
        if fails { Err(Refused("not now")) } else { Ok(()) }
    }
    let dir = TempDir::new().unwrap();
    let url = shared(&dir).await;

    let error = Db::from_pool(pool(&url, 1, Arc::default())).name("pools.refused").await.unwrap_err();

    assert_eq!(refused(&error), Some("not now"));
    Db::from_pool(pool(&url, 1, Arc::default())).name("pools.refused").await.map(drop)
}

#[tokio::test]
async fn closing_the_db_closes_the_applications_pool() -> Result<()> {
    let dir = TempDir::new().unwrap();
    let url = shared(&dir).await;
    let db = Db::from_pool(pool(&url, 1, Arc::default())).await?;

    db.close().await?;

    assert!(matches!(db.begin().await, Err(Error::Closed { .. })));
    Ok(())
}

#[tokio::test]
async fn a_pool_that_cannot_connect_is_refused_with_its_address() {
    let pool: ExistingPool = match kind() {
        Kind::Memory | Kind::File => {
            SqlitePoolOptions::new().connect_lazy("sqlite:///nowhere/pools.db").unwrap().into()
        }
        Kind::Postgres => PgPoolOptions::new()
            .acquire_timeout(Duration::from_secs(1))
            .connect_lazy("postgres://ann:hunter2@127.0.0.1:9/pools")
            .unwrap()
            .into(),
        Kind::Mysql => MySqlPoolOptions::new()
            .acquire_timeout(Duration::from_secs(1))
            .connect_lazy("mysql://ann:hunter2@127.0.0.1:9/pools")
            .unwrap()
            .into(),
    };
    let error = Db::from_pool(pool).await.unwrap_err().to_string();
    assert!(error.contains("/pools"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

/// A worker has its own connections beside the pool, made with the pool's connect options.
#[tokio::test]
async fn a_second_pool_reaches_the_same_database() -> Result<()> {
    let dir = TempDir::new().unwrap();
    let db = Db::from_pool(pool(&shared(&dir).await, 1, Arc::default())).await?;
    execute(&db, "CREATE TABLE pools_second (id BIGINT)").await;

    let detached = db.detached(1)?.expect("the database is not in memory");

    execute(&detached, "INSERT INTO pools_second VALUES (7)").await;
    assert_eq!(count(&db, "SELECT id FROM pools_second").await, 7);
    detached.close().await?;
    db.close().await
}

#[tokio::test]
async fn a_pool_in_memory_has_no_second_one() -> Result<()> {
    let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy("sqlite::memory:").unwrap();
    assert!(Db::from_pool(pool).await?.detached(1)?.is_none());
    let options = SqliteConnectOptions::from_str("sqlite::memory:").unwrap();
    assert!(Db::builder(options).connect().await?.detached(1)?.is_none());
    Ok(())
}

#[tokio::test]
async fn connect_options_are_used_as_they_are() -> Result<()> {
    let dir = TempDir::new().unwrap();
    let url = shared(&dir).await;
    let (db, sql, expected) = match kind() {
        Kind::Memory | Kind::File => {
            let options = SqliteConnectOptions::from_str(&url).unwrap().busy_timeout(Duration::from_millis(1_234));
            (Db::builder(options), "SELECT timeout FROM pragma_busy_timeout", 1_234)
        }
        Kind::Postgres => {
            let options = PgConnectOptions::from_str(&url).unwrap().application_name("pools 77");
            (Db::builder(options), "SELECT substr(current_setting('application_name'), 7)::BIGINT", 77)
        }
        Kind::Mysql => {
            let options = MySqlConnectOptions::from_str(&url).unwrap().timezone(Some("+07:00".into()));
            (Db::builder(options), "SELECT CAST(LEFT(@@time_zone, 3) AS SIGNED)", 7)
        }
    };
    let db = db.max_connections(1).connect().await?;
    let tx = db.begin().await?;
    assert_eq!(count_in(&tx, sql).await, expected);
    tx.rollback().await
}
