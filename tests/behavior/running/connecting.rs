//! Connecting, the pool, and the URLs with their secrets.

mod closing;
mod dropping;
mod idle;
mod proxy;
mod refused;
mod settings;
mod urls;

use std::time::Duration;

use signals::Model;
use signals_test_behavior::{Kind, kind, url};
use tempfile::TempDir;

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

/// Fails a test that waits longer than it should.
async fn within<T>(limit: Duration, work: impl IntoFuture<Output = T>) -> T {
    tokio::time::timeout(limit, work).await.expect("this should have ended")
}
