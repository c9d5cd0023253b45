//! A server that does not run or refuses: an error at once, with the URL and without its secrets.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use signals::{Db, Error};
use signals_test_behavior::{Kind, address, elsewhere, kind};

/// Returns the error of a URL. It must come long before the timeout of 30 seconds.
async fn at_once(url: &str) -> String {
    let started = Instant::now();
    let error = Db::connect(url).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(20), "{error} took {:?}", started.elapsed());
    assert!(matches!(error, Error::Database { .. }), "{error:?}");
    let message = error.to_string();
    assert!(!message.contains("hunter2"), "{message}");
    message
}

fn scheme() -> &'static str {
    if kind() == Kind::Postgres { "postgres" } else { "mysql" }
}

#[tokio::test]
async fn a_closed_port_is_an_error_at_once() {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return;
    }
    // Another test may take a free port meanwhile, but not this one.
    let message = at_once(&format!("{}://app:hunter2@127.0.0.1:1/shop", scheme())).await;
    let opened = format!("opening `{}://***@127.0.0.1:1/shop` failed", scheme());
    assert!(message.starts_with(&opened) && message.to_lowercase().contains("connection refused"), "{message}");
}

#[tokio::test]
async fn an_unknown_host_is_an_error_at_once() {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return;
    }
    let message = at_once(&format!("{}://app:hunter2@no host/shop", scheme())).await;
    assert!(message.contains("invalid"), "{message}");
    let message = at_once(&format!("{}://app:hunter2@host.invalid/shop", scheme())).await;
    assert!(message.contains("***@host.invalid/shop") && message.contains("lookup"), "{message}");
}

#[tokio::test]
async fn a_refused_connection_is_an_error_at_once() {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return;
    }
    let (scheme, rest) = (scheme(), address());
    let host = rest.split_once('@').unwrap().1.split('/').next().unwrap().to_owned();
    let message = at_once(&format!("{scheme}://signals_nobody:hunter2@{host}/shop")).await;
    let refusal = if kind() == Kind::Postgres { "role \"signals_nobody\" does not exist" } else { "Access denied" };
    assert!(message.contains(refusal) && message.contains(&format!("***@{host}/shop")), "{message}");

    let user = rest.split_once("://").unwrap().1.split_once('@').unwrap().0.to_owned();
    let message = at_once(&format!("{scheme}://{user}@{host}/signals_nowhere")).await;
    let refusal = if kind() == Kind::Postgres { "does not exist" } else { "Unknown database" };
    assert!(message.contains(refusal) && message.contains("/signals_nowhere"), "{message}");
}

#[tokio::test]
async fn a_silent_server_is_an_error_at_the_timeout() {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return;
    }
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{}://app:hunter2@{}/shop", scheme(), silent.local_addr().unwrap());
    let started = Instant::now();
    let error = Db::builder(&url).acquire_timeout(Duration::from_millis(400)).connect().await.unwrap_err().to_string();
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(error.contains("no answer to a new connection within 400ms") && !error.contains("hunter2"), "{error}");
}
