//! `connection_created`. Its receivers get the signals of every database of this binary, so each checks
//! `using` first.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use signals::db::{Connection, connection_created};
use signals::{Db, Error, Model, Result, Tx, receiver};
use signals_test_behavior::{Kind, Log, Refused, count_in, database, elsewhere, execute, kind, refused, url};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

/// Returns the URL of a database that allows several connections. If the tests run in memory, this one is in
/// a file.
async fn shared(dir: &TempDir) -> String {
    match kind() {
        Kind::Memory => format!("sqlite://{}?mode=rwc", dir.path().join("test.db").display()),
        _ => url().await,
    }
}

/// Changes a setting of a connection, to distinguish it from others.
async fn set_up(connection: &mut Connection<'_>, size: u32) -> Result<()> {
    let sql = AssertSqlSafe(match kind() {
        Kind::Memory | Kind::File => format!("PRAGMA cache_size = {size}"),
        Kind::Postgres => format!("SET signals.size = '{size}'"),
        Kind::Mysql => format!("SET @size = {size}"),
    });
    match kind() {
        Kind::Memory | Kind::File => _ = sqlx::query(sql).execute(connection.sqlite()?).await?,
        Kind::Postgres => _ = sqlx::query(sql).execute(connection.postgres()?).await?,
        Kind::Mysql => _ = sqlx::query(sql).execute(connection.mysql()?).await?,
    }
    Ok(())
}

/// What [`set_up`] set on the connection of a transaction.
async fn size(tx: &Tx) -> i64 {
    let sql = match kind() {
        Kind::Memory | Kind::File => "SELECT cache_size FROM pragma_cache_size",
        Kind::Postgres => "SELECT current_setting('signals.size')::BIGINT",
        Kind::Mysql => "SELECT @size",
    };
    count_in(tx, sql).await
}

/// Closes a connection of the pool.
async fn close_one(db: &Db) -> Result<()> {
    match kind() {
        Kind::Memory | Kind::File => db.sqlite()?.acquire().await?.close().await?,
        Kind::Postgres => db.postgres()?.acquire().await?.close().await?,
        Kind::Mysql => db.mysql()?.acquire().await?.close().await?,
    }
    Ok(())
}

/// Fails a test if the result comes only at the timeout of 30 seconds.
async fn promptly<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("the pool kept on trying")
}

// J188, J191: once for each physical connection, not for each checkout from the pool.
#[tokio::test]
async fn it_is_sent_once_for_each_physical_connection() -> Result<()> {
    static CONNECTIONS: AtomicU32 = AtomicU32::new(0);
    #[receiver(connection_created)]
    fn count(using: &str, signal: &str) {
        if using == "connections.count" {
            assert_eq!(signal, "connection_created");
            CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        }
    }

    let made = || CONNECTIONS.load(Ordering::Relaxed);
    let dir = TempDir::new().unwrap();
    let url = shared(&dir).await;
    let connect = |connections| Db::builder(&url).name("connections.count").max_connections(connections).connect();
    // The first is made at once, so that a failure shows here and not at the first save. (Django connects
    // lazily.)
    let db = connect(1).await?;
    assert_eq!(made(), 1);
    for _ in 0..5 {
        execute(&db, "SELECT 1").await;
    }
    assert_eq!(made(), 1);

    let db = connect(2).await?;
    let both = (db.begin().await?, db.begin().await?);
    assert_eq!(made(), 3);
    drop(both);
    for _ in 0..5 {
        execute(&db, "SELECT 1").await;
    }
    assert_eq!(made(), 3);
    Ok(())
}

// J188: a new connection replaces a closed one, and is announced too.
#[tokio::test]
async fn it_is_sent_again_when_a_connection_is_made_anew() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver(connection_created)]
    fn note_remade(using: &str) {
        if using == "connections.anew" {
            LOG.note("made");
        }
    }
    let dir = TempDir::new().unwrap();
    let db = Db::builder(&shared(&dir).await).name("connections.anew").max_connections(1).connect().await?;
    close_one(&db).await?;
    let tx = promptly(db.begin()).await?;
    tx.rollback().await?;
    assert_eq!(LOG.take(), ["made", "made"]);
    Ok(())
}

// J189: the receiver may run SQL on the connection before its first use.
#[tokio::test]
async fn a_receiver_may_set_the_connection_up() -> Result<()> {
    #[receiver(connection_created)]
    async fn set_it_up(connection: &mut Connection<'_>, using: &str) -> Result<()> {
        if using == "connections.setup" {
            if kind().is_sqlite() {
                let foreign_keys: bool =
                    sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(connection.sqlite()?).await?;
                assert!(foreign_keys, "the library's own settings come first");
            }
            set_up(connection, 1234).await?;
        }
        Ok(())
    }
    let dir = TempDir::new().unwrap();
    let db = Db::builder(&shared(&dir).await).name("connections.setup").max_connections(2).connect().await?;
    // Both connections are set up: the second transaction cannot have the first one's.
    let both = [db.begin().await?, db.begin().await?];
    for tx in both {
        assert_eq!(size(&tx).await, 1234);
        tx.rollback().await?;
    }
    Ok(())
}

// J189: also the database in memory is announced, once.
#[tokio::test]
async fn it_is_sent_for_a_database_in_memory() -> Result<()> {
    #[derive(Model)]
    #[model(table = "connections_memory")]
    struct Bubble {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(connection_created)]
    fn note_memory(event: &signals::db::ConnectionCreated<'_>) {
        if event.using == "connections.memory" {
            LOG.note(event.signal);
        }
    }
    if elsewhere(&[Kind::Memory]) {
        return Ok(());
    }
    let db = database(|builder| builder.name("connections.memory")).await;
    Bubble { id: 0 }.save(&db).await?;
    assert_eq!(LOG.take(), ["connection_created"]);
    Ok(())
}

// J190: a receiver's failure fails the connect at once, with the receiver's own error.
#[tokio::test]
async fn a_failing_receiver_fails_the_connect_promptly() {
    #[receiver(connection_created)]
    fn refuse(using: &str) -> Result<(), Refused> {
        if using == "connections.refused" { Err(Refused("wrong schema")) } else { Ok(()) }
    }
    let error = promptly(Db::builder(&url().await).name("connections.refused").connect()).await.unwrap_err();
    assert_eq!(refused(&error), Some("wrong schema"));
    let Error::Receiver(failure) = &error else { panic!("{error}") };
    assert_eq!(failure.step.signal, "connection_created");
    assert!(failure.step.receiver.ends_with("::refuse"), "{error}");
}

// J190: Django keeps a connection whose setup failed and does not send again. Here it is closed, its call
// fails, and the next call gets a new connection with a new signal.
#[tokio::test]
async fn a_connection_whose_setup_failed_is_never_used() -> Result<()> {
    #[derive(Model)]
    #[model(table = "connections_once")]
    struct Visit {
        id: i64,
    }
    static FAIL: AtomicBool = AtomicBool::new(false);
    static LOG: Log = Log::new();
    #[receiver(connection_created)]
    async fn fail_once(connection: &mut Connection<'_>, using: &str) -> Result<()> {
        if using == "connections.once" {
            if FAIL.swap(false, Ordering::Relaxed) {
                return Err(Error::other(Refused("not now")));
            }
            set_up(connection, 99).await?;
            LOG.note("ready");
        }
        Ok(())
    }

    let dir = TempDir::new().unwrap();
    let db = Db::builder(&shared(&dir).await).name("connections.once").max_connections(1).connect().await?;
    db.create_tables_of(|model| model.table() == "connections_once").await?;
    close_one(&db).await?;
    FAIL.store(true, Ordering::Relaxed);
    let error = promptly(async { Visit { id: 0 }.save(&db).await }).await.unwrap_err();
    assert_eq!(refused(&error), Some("not now"));
    assert_eq!(LOG.take(), ["ready"]);

    promptly(async { Visit { id: 0 }.save(&db).await }).await?;
    assert_eq!(LOG.take(), ["ready"]);
    assert_eq!(size(&db.begin().await?).await, 99);
    Ok(())
}

// J188: it can be connected at run time, before the database is.
#[tokio::test]
async fn it_can_be_connected_at_run_time() -> Result<()> {
    static LOG: Log = Log::new();
    let guard = connection_created.connect_scoped("connections.scoped", |event| {
        if event.using == "connections.run_time" {
            LOG.note("made");
        }
        Ok(())
    })?;
    let url = url().await;
    let connect = || Db::builder(&url).name("connections.run_time").connect();
    connect().await?;
    drop(guard);
    connect().await?;
    assert_eq!(LOG.take(), ["made"]);
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named_with_what_makes_it() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    let error = Db::connect(&url).await.unwrap_err().to_string();
    assert!(error.contains(&url) && error.contains("`?mode=rwc`"), "{error}");
    Db::connect(&format!("{url}?mode=rwc")).await.unwrap();
}

#[tokio::test]
async fn a_wait_for_the_only_connection_inside_a_transaction_is_an_error_with_the_fix() {
    let db = database(|builder| builder.max_connections(1).acquire_timeout(Duration::from_secs(5))).await;
    let inner = db.clone();
    let error = db.atomic(|_tx| async move { inner.begin().await.map(drop) }).await.unwrap_err();
    assert!(error.to_string().contains("the `Tx` and not the `Db`"), "{error}");
}
