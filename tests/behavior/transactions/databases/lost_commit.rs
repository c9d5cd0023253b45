//! A connection that is lost during a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use signals::query::Objects;
use signals::{Db, Error, Model, Result, Tx, post_save, receiver};
use signals_test_behavior::{Kind, elsewhere, url};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::log::{note, take};

/// What becomes of the next COMMIT.
const PASS: u8 = 0;
const LOSE_THE_ANSWER: u8 = 1;
const LOSE_THE_COMMIT: u8 = 2;

/// Runs a proxy between a program and its server that cuts the connection on command. Returns its address.
async fn line_to(server: String, fate: Arc<AtomicU8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (from_client, mut to_client) = client.into_split();
            let (mut from_server, to_server) = TcpStream::connect(&server).await.unwrap().into_split();
            let fate = Arc::clone(&fate);
            tokio::spawn(async move {
                // Whichever side ends first takes the other with it.
                tokio::select! {
                    () = forward(from_client, to_server, fate) => {}
                    _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
                }
            });
        }
    });
    address
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, fate: Arc<AtomicU8>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let is_commit = buffer[..count].windows(6).any(|bytes| bytes == b"COMMIT");
        match if is_commit { fate.swap(PASS, Ordering::Relaxed) } else { PASS } {
            LOSE_THE_COMMIT => return,
            LOSE_THE_ANSWER => {
                // The server's answer is on the way to the client, and is dropped here with all other
                // traffic.
                let mut stopped = to;
                stopped.write_all(&buffer[..count]).await.unwrap();
                return;
            }
            _ => to.write_all(&buffer[..count]).await.unwrap(),
        }
    }
}

/// Returns the database's URL through a proxy that cuts connections as `fate` requires.
async fn url_that_loses_commits() -> (String, Arc<AtomicU8>) {
    let url = url().await;
    let server = url.split("://").nth(1).unwrap().rsplit('@').next().unwrap().split('/').next().unwrap().to_owned();
    let fate = Arc::new(AtomicU8::new(PASS));
    let line = line_to(server.clone(), Arc::clone(&fate)).await;
    (url.replace(&server, &line), fate)
}

#[derive(Debug, Clone, Model)]
#[model(table = "lost_commit_order")]
struct Order {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Order)]
fn take_a_transaction(tx: &Tx) {
    let _ = tx;
}

#[receiver(post_save, sender = Order, on_commit)]
fn committed(instance: &Order, using: &str) {
    note(using, format!("{} is committed", instance.name));
}

#[receiver(post_save, sender = Order, on_rollback)]
fn rolled_back(instance: &Order, using: &str) {
    note(using, format!("{} is rolled back", instance.name));
}

/// Waits for a row: the server may still be in the middle of its COMMIT.
async fn until_there<M: Model>(row: &Objects<M>, db: &Db) -> Result<()> {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !row.clone().exists(db).await? {
        assert!(Instant::now() < deadline, "the row should be there");
    }
    Ok(())
}

#[tokio::test]
async fn a_commit_without_an_answer_is_an_error_of_its_own_and_calls_no_receiver() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let (url, fate) = url_that_loses_commits().await;
    let db = Db::builder(&url).name("lost commit").connect().await?;
    db.create_tables_of(|model| model.table() == "lost_commit_order").await?;
    Order { id: 0, name: "first".into() }.save(&db).await?;
    for (how, name) in [(LOSE_THE_ANSWER, "answer"), (LOSE_THE_COMMIT, "commit")] {
        fate.store(how, Ordering::Relaxed);
        let mut order = Order { id: 0, name: name.into() };
        let error = order.save(&db).await.unwrap_err();
        assert!(matches!(error, Error::CommitUnknown { .. }), "{error:?}");
        assert_eq!(fate.load(Ordering::Relaxed), PASS);
        let row = Order::objects().filter(Order::ID.eq(order.id));
        if how == LOSE_THE_ANSWER {
            until_there(&row, &db).await?;
        } else {
            assert!(!row.exists(&db).await?);
        }
        Order { id: 0, name: format!("after {name}") }.save(&db).await?;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let stored = Order::objects().order_by([Order::ID.asc()]).all(&db).await?;
    let names: Vec<_> = stored.iter().map(|order| order.name.as_str()).collect();
    assert_eq!(names, ["first", "answer", "after answer", "after commit"]);
    assert_eq!(take(&db), ["first is committed", "after answer is committed", "after commit is committed"]);
    Ok(())
}

/// It has no receivers.
#[derive(Debug, Clone, Model)]
#[model(table = "lost_commit_silent")]
struct Silent {
    id: Uuid,
}

#[tokio::test]
async fn a_save_without_receivers_keeps_the_key_it_made_if_its_commit_has_no_answer() -> Result<()> {
    if elsewhere(&[Kind::Postgres]) {
        return Ok(());
    }
    let (url, fate) = url_that_loses_commits().await;
    let mark = if url.contains('?') { '&' } else { '?' };
    // Behind a pooler each call is a transaction of its own.
    let db = Db::connect(&format!("{url}{mark}statement-cache-capacity=0")).await?;
    db.create_tables_of(|model| model.table() == "lost_commit_silent").await?;
    for quiet in [false, true] {
        fate.store(LOSE_THE_ANSWER, Ordering::Relaxed);
        let mut silent = Silent { id: Uuid::nil() };
        let save = silent.save(&db);
        let error = if quiet { save.quiet().await } else { save.await }.unwrap_err();
        assert!(matches!(error, Error::CommitUnknown { .. }), "{error:?}");
        assert_ne!(silent.id, Uuid::nil());
        until_there(&Silent::objects().filter(Silent::ID.eq(silent.id)), &db).await?;
        silent.save(&db).await?;
    }
    assert_eq!(Silent::objects().count(&db).await?, 2);
    Ok(())
}
