//! Connecting, the pool, and the URLs with their secrets.

mod closing;
mod dropping;
mod idle;
mod proxy;
mod refused;
mod settings;
mod urls;

use std::time::Duration;

use signals::{Db, Model};
use signals_test_behavior::{Kind, kind, url};
use tempfile::TempDir;
use tokio::time::sleep;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "connecting_item")]
struct Item {
    id: i64,
    name: String,
}

fn item(name: &str) -> Item {
    Item { id: 0, name: name.to_owned() }
}

/// Returns the URL of a database that allows several connections.
async fn shared(folder: &TempDir) -> String {
    match kind() {
        Kind::Memory => format!("sqlite://{}?mode=rwc", folder.path().join("test.db").display()),
        _ => url().await,
    }
}

/// Returns how many connections the pool has.
fn size(db: &Db) -> u32 {
    match kind() {
        Kind::Memory | Kind::File => db.sqlite().unwrap().size(),
        Kind::Postgres => db.postgres().unwrap().size(),
        Kind::Mysql => db.mysql().unwrap().size(),
    }
}

/// Waits until so many connections of the pool are idle: one that is dropped is returned in the background.
async fn until_idle(db: &Db, connections: u32) {
    let idle = || match kind() {
        Kind::Memory | Kind::File => db.sqlite().unwrap().num_idle(),
        Kind::Postgres => db.postgres().unwrap().num_idle(),
        Kind::Mysql => db.mysql().unwrap().num_idle(),
    };
    let returned = async {
        while idle() < connections as usize {
            sleep(Duration::from_millis(5)).await;
        }
    };
    within(Duration::from_mins(1), returned).await;
}

/// Fails a test that waits longer than it should.
async fn within<T>(limit: Duration, work: impl IntoFuture<Output = T>) -> T {
    tokio::time::timeout(limit, work).await.expect("this should have ended")
}
