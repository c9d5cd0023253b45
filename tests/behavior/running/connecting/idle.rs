//! Idle connections: servers and firewalls close them, and the network fails silently.

use std::time::{Duration, Instant};

use signals::{Db, Error, Model as _, Result};
use signals_test_behavior::{Kind, address, elsewhere, execute, kind, numbers, until_gone, url};
use tokio::time::sleep;

use super::proxy::Proxy;
use super::{Item, item, until_idle, within};

const CONNECTIONS: u32 = 10;

/// A pool whose connections have all been opened and given back.
async fn filled(
    url: &str,
    connections: u32,
    build: impl FnOnce(signals::db::DbBuilder) -> signals::db::DbBuilder,
) -> Result<Db> {
    let db = build(Db::builder(url).max_connections(connections)).connect().await?;
    db.create_tables_of(|model| model.table() == "connecting_item").await?;
    let mut open = Vec::new();
    for _ in 0..connections {
        let tx = db.begin().await?;
        Item::objects().count(&tx).await?;
        open.push(tx);
    }
    for tx in open {
        tx.rollback().await?;
    }
    until_idle(&db, connections).await;
    Ok(db)
}

/// Closes the connections that a query finds, as an administrator does, and waits until the server has closed them.
async fn kill(db: &Db, name: &str) {
    let (own, ended) = if kind() == Kind::Postgres {
        let own = format!(
            "SELECT pid::BIGINT FROM pg_stat_activity WHERE application_name = '{name}' AND datname = current_database()"
        );
        (own, "SELECT pg_terminate_backend({})")
    } else {
        let own = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = DATABASE()";
        (own.to_owned(), "KILL {}")
    };
    // The connection that tried the address may still be there.
    let mut ids = numbers(db, &*own).await;
    let deadline = Instant::now() + Duration::from_mins(1);
    while ids.len() != CONNECTIONS as usize {
        assert!(Instant::now() < deadline, "{ids:?}");
        sleep(Duration::from_millis(20)).await;
        ids = numbers(db, &*own).await;
    }
    let administrator = Db::builder(address()).max_connections(1).connect().await.unwrap();
    for id in &ids {
        execute(&administrator, ended.replace("{}", &id.to_string())).await;
    }
    until_gone(&administrator, &ids).await;
}

/// The URL of a database whose connections [`kill`] finds.
async fn killable(name: &str) -> String {
    let url = url().await;
    if kind() == Kind::Postgres { format!("{url}&application_name={name}") } else { url }
}

#[tokio::test]
async fn connections_that_the_server_closed_while_they_were_idle_are_replaced() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = filled(&killable("idle_closed").await, CONNECTIONS, |builder| builder).await?;
    kill(&db, "idle_closed").await;
    sleep(Duration::from_millis(1100)).await;
    for number in 0..30 {
        match number % 4 {
            0 => item("saved").save(&db).await?,
            1 => drop(Item::objects().all(&db).await?),
            2 => db.atomic(|tx| async move { item("in a transaction").save(&tx).await }).await?,
            _ => drop(Item::find(&db, 1).await?),
        }
    }
    Ok(())
}

// sqlx resets the idle time of a connection when it looks for old ones. It does so as often as connections
// may become too old.
#[tokio::test]
async fn a_look_for_old_connections_does_not_make_them_fresh() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let started = Instant::now();
    let url = killable("idle_looked").await;
    let db = filled(&url, CONNECTIONS, |builder| builder.idle_timeout(Duration::from_secs(4))).await?;
    sleep(Duration::from_millis(1500).saturating_sub(started.elapsed())).await;
    kill(&db, "idle_looked").await;
    // The look comes about 4 seconds after the pool was made, when they had been idle for less than that. A
    // connection is pinged if it was idle for a second.
    sleep(Duration::from_millis(4400).saturating_sub(started.elapsed()).max(Duration::from_millis(1100))).await;
    for _ in 0..30 {
        item("saved").save(&db).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_that_was_just_used_is_not_pinged() -> Result<()> {
    const CALLS: usize = 40;
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let proxy = Proxy::start().await;
    let mut packets = Vec::new();
    for idle in [Duration::ZERO, Duration::from_secs(10)] {
        let db = filled(proxy.url(), 1, |builder| builder.ping_idle_after(idle)).await?;
        item("prepared").save(&db).await?;
        sleep(Duration::from_millis(100)).await;
        let before = proxy.sent();
        for _ in 0..CALLS {
            item("saved").save(&db).await?;
        }
        packets.push(proxy.sent() - before);
        db.close().await?;
    }
    // One more for each call.
    assert!(packets[0] >= packets[1] + CALLS - 2, "{packets:?}");
    Ok(())
}

#[tokio::test]
async fn calls_on_a_silent_network_end_at_the_timeout() -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(4);
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let proxy = Proxy::start().await;
    let build =
        |builder: signals::db::DbBuilder| builder.acquire_timeout(LIMIT).ping_idle_after(Duration::from_millis(300));
    let db = filled(proxy.url(), 4, build).await?;
    proxy.silence_all();
    sleep(Duration::from_millis(350)).await;
    for call in 0..6 {
        let error = within(LIMIT + Duration::from_secs(20), async {
            match call % 3 {
                0 => item("saved").save(&db).await,
                1 => Item::find(&db, 1).await.map(drop),
                _ => db.atomic(|tx| async move { item("saved").save(&tx).await }).await,
            }
        });
        let error = error.await.unwrap_err();
        assert!(matches!(error, Error::Database { .. }), "{error}");
        assert!(error.to_string().starts_with("waiting 4s for the database to answer"), "{error}");
        assert!(error.is_connection_lost(), "{error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_that_a_firewall_forgot_is_replaced_within_the_timeout() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let proxy = Proxy::start().await;
    let build = |builder: signals::db::DbBuilder| builder.acquire_timeout(Duration::from_secs(30));
    let db = filled(proxy.url(), 2, build).await?;
    proxy.silence_open();
    sleep(Duration::from_millis(1100)).await;
    for _ in 0..6 {
        item("saved").save(&db).await?;
    }
    execute(&db, "SELECT 1").await;
    Ok(())
}

/// The database behind a proxy, with one connection.
async fn only_place(proxy: &Proxy) -> Result<Db> {
    filled(proxy.url(), 1, |builder| builder.acquire_timeout(Duration::from_mins(1))).await
}

#[tokio::test]
async fn a_connection_whose_rollback_is_not_answered_leaves_its_place_to_another() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let proxy = Proxy::start().await;
    let db = only_place(&proxy).await?;
    let tx = db.begin().await?;
    Item::objects().count(&tx).await?;
    proxy.silence_open();
    drop(tx);
    item("saved").save(&db).await
}

// sqlx pings a connection that goes back to its pool.
#[tokio::test]
async fn a_connection_whose_return_is_not_answered_leaves_its_place_to_another() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let proxy = Proxy::start().await;
    let db = only_place(&proxy).await?;
    let tx = db.begin().await?;
    proxy.silence_open();
    drop(tx);
    item("saved").save(&db).await?;
    // The pool of an application.
    let db = match kind() {
        Kind::Postgres => Db::from_pool(db.postgres()?.clone()).await?,
        _ => Db::from_pool(db.mysql()?.clone()).await?,
    };
    let tx = db.begin().await?;
    proxy.silence_open();
    drop(tx);
    item("saved").save(&db).await
}

#[tokio::test]
async fn a_connection_whose_dropped_statement_is_not_answered_leaves_its_place_to_another() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let proxy = Proxy::start().await;
    let db = only_place(&proxy).await?;
    proxy.silence_open();
    let mut dropped = item("dropped");
    let call = tokio::time::timeout(Duration::from_millis(100), dropped.save(&db).into_future());
    assert!(call.await.is_err());
    item("saved").save(&db).await
}
