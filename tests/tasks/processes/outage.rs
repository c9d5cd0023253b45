//! The database is away, or loses packets: worker and beat come back by themselves.

use std::time::Duration;

use behavior::{Kind, Proxy, execute_in, kind};
use signals::{Db, Model as _, Result};
use signals_test_tasks::shop::{Call, Order, PULSE, settle};
use signals_test_tasks::{assert_pulse, caught_up, ticks, until};

use crate::worker::{Worker, database};

/// Places this number of orders.
async fn place(db: &Db, orders: u32) -> Result<()> {
    for _ in 0..orders {
        let tx = db.begin().await?;
        let order = Order { id: 0, settled: 0 }.create(&tx).await?;
        settle::enqueue(&tx, order.id).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Waits until all orders are settled, each once.
async fn all_settled(db: &Db, limit: Duration) -> Result<()> {
    let mut waited = until("every order is settled", limit);
    while waited(Order::objects().filter(Order::SETTLED.eq(0)).count(db).await? == 0).await {}
    let doubled = Order::objects().filter(Order::SETTLED.gt(1)).count(db).await?;
    assert_eq!(doubled, 0, "an effect was doubled");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker_and_beat_go_on_after_20_seconds_without_their_database() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let half = Duration::from_secs(10);
    let proxy = (kind() != Kind::File).then(|| Proxy::start(&url));
    let through = proxy.as_ref().map_or_else(|| url.clone(), |proxy| proxy.url(&url));
    let worker = Worker::start(&through, &["lease=60000", "with-beat"]);
    place(&db, 20).await?;
    all_settled(&db, Duration::from_secs(30)).await?;
    place(&db, 40).await?;
    if let Some(proxy) = &proxy {
        // At first packets are lost, and then the server refuses connections.
        proxy.swallow_all();
        place(&db, 20).await?;
        tokio::time::sleep(half).await;
        proxy.refuse();
        tokio::time::sleep(half).await;
        proxy.pass();
    } else {
        // Another process has locked the file.
        let tx = db.begin().await?;
        execute_in(&tx, "INSERT INTO shop_call (what, process) VALUES ('lock', 0)").await;
        tokio::time::sleep(half * 2).await;
        tx.commit().await?;
    }
    place(&db, 20).await?;
    all_settled(&db, Duration::from_mins(1)).await?;
    let before = ticks(&db, PULSE).await.len();
    let mut waited = until("the beat goes on", Duration::from_mins(1));
    // Missed ticks come in several transactions.
    while waited(ticks(&db, PULSE).await.len() >= before + 110).await {}
    caught_up(&db).await;
    assert_pulse(&db).await;
    let errors = worker.logged("ERROR");
    assert!((1..60).contains(&errors.len()), "at most one line a second: {errors:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker_and_beat_go_on_after_the_packets_of_their_connections_were_lost() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    if kind() == Kind::File {
        return Ok(()); // it has no packets
    }
    let proxy = Proxy::start(&url);
    let programs: [&[&str]; 2] = [&["beat"], &["lease=60000"]];
    let _programs = programs.map(|arguments| Worker::start(&proxy.url(&url), arguments));
    let mut waited = until("there are ticks", Duration::from_secs(30));
    while waited(ticks(&db, PULSE).await.len() > 3).await {}
    // As after a restart of a firewall: no end of a connection arrives, and new connections work.
    proxy.swallow_present();
    let before = ticks(&db, PULSE).await.len();
    place(&db, 20).await?;
    let mut waited = until("the beat goes on", Duration::from_mins(1));
    while waited(ticks(&db, PULSE).await.len() > before + 10).await {}
    all_settled(&db, Duration::from_mins(2)).await?;
    assert_eq!(Call::objects().count(&db).await?, 0);
    Ok(())
}
