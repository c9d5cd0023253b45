//! The settings of the builder have their documented effect, whatever their value.

use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use signals::{Db, Error, Model as _, Result};
use signals_test_behavior::{Kind, elsewhere, kind, url};
use tempfile::TempDir;
use tokio::time::sleep;

use super::{Item, item, shared, size, within};

/// Waits until the pool has no connection.
async fn emptied(db: &Db) {
    within(Duration::from_mins(1), async {
        while size(db) > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn idle_connections_are_closed_after_the_idle_timeout() -> Result<()> {
    let folder = TempDir::new().unwrap();
    let url = shared(&folder).await;
    let kept = Db::builder(&url).idle_timeout(None).max_lifetime(None).connect().await?;
    let db = Db::builder(&url).idle_timeout(Duration::from_millis(200)).connect().await?;
    let tx = db.begin().await?;
    within(Duration::from_mins(1), async {
        while size(&db) > 1 {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    sleep(Duration::from_millis(600)).await;
    assert_eq!(size(&db), 1, "one in use is kept");
    tx.rollback().await?;
    emptied(&db).await;
    assert_eq!(size(&kept), 1);
    db.create_tables_of(|model| model.table() == "connecting_item").await?;
    item("after").save(&db).await
}

#[tokio::test]
async fn connections_are_closed_after_their_longest_life() -> Result<()> {
    let folder = TempDir::new().unwrap();
    let builder = Db::builder(&shared(&folder).await).idle_timeout(None);
    let db = builder.max_lifetime(Duration::from_millis(300)).connect().await?;
    emptied(&db).await;
    db.begin().await?.rollback().await
}

#[tokio::test]
async fn a_database_in_memory_keeps_its_connection() -> Result<()> {
    if elsewhere(&[Kind::Memory]) {
        return Ok(());
    }
    let short = Duration::from_millis(50);
    let db = Db::builder("sqlite::memory:").idle_timeout(short).max_lifetime(short).connect().await?;
    db.create_tables_of(|model| model.table() == "connecting_item").await?;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(Item::objects().count(&db).await?, 0);
    Ok(())
}

#[tokio::test]
async fn sqlite_waits_for_a_lock_as_long_as_the_busy_timeout() -> Result<()> {
    if elsewhere(&[Kind::File]) {
        return Ok(());
    }
    let url = url().await;
    let holder = Db::connect(&url).await?;
    holder.create_tables_of(|model| model.table() == "connecting_item").await?;
    let tx = holder.begin().await?;
    item("holds the lock").save(&tx).await?;
    let db = Db::builder(&url).busy_timeout(Duration::from_millis(200)).connect().await?;
    // The fastest of some, because a busy machine may delay one.
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        let error = item("waits").save(&db).await.unwrap_err().to_string();
        assert!(error.contains("locked"), "{error}");
        fastest = fastest.min(started.elapsed());
    }
    // The default is 5 seconds.
    assert!(fastest > Duration::from_millis(150) && fastest < Duration::from_millis(4500), "{fastest:?}");
    tx.rollback().await
}

#[tokio::test]
async fn no_setting_panics() -> Result<()> {
    let folder = TempDir::new().unwrap();
    let url = shared(&folder).await;
    for time in [Duration::MAX, Duration::from_nanos(1)] {
        let patient = Db::builder(&url).acquire_timeout(time.max(Duration::from_mins(1)));
        // Connections that end at once would lock the file for each other.
        patient.clone().busy_timeout(time).idle_timeout(None).max_lifetime(None).connect().await?.close().await?;
        let db = patient.idle_timeout(time).max_lifetime(time).ping_idle_after(time).connect().await?;
        let both = [db.begin().await?, db.begin().await?];
        for tx in both {
            tx.rollback().await?;
        }
        db.close().await?;
    }
    assert!(Db::builder(&url).acquire_timeout(Duration::ZERO).connect().await.is_err());
    for connections in [0, 100_001, u32::MAX] {
        let error = Db::builder(&url).max_connections(connections).connect().await.unwrap_err();
        assert!(matches!(error, Error::Database { .. }), "{error:?}");
        assert!(error.to_string().contains("not in 1..=100000"), "{error}");
    }
    Ok(())
}

#[test]
fn without_a_runtime_connecting_is_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(url());
    let error = Db::connect(&url).now_or_never().unwrap().unwrap_err().to_string();
    assert!(error.contains("no reactor running"), "{error}");

    let db = runtime.block_on(Db::connect(&url)).unwrap();
    let tx = runtime.block_on(db.begin()).unwrap();
    let error = db.begin().now_or_never();
    if kind() == Kind::Memory {
        assert!(error.unwrap().unwrap_err().to_string().contains("no reactor running"));
    }
    drop(runtime);
    drop(tx);
}
