//! The queues, a file for each. Celery is in `celery_queue.py`.

#[macro_use]
mod apalis;
mod apalis_postgres;
mod apalis_sqlite;
mod graphile;
mod signals;

use crate::queue::{Queue, Result};

/// The connections of each queue's pool on a server.
const CONNECTIONS: u32 = 64;

/// Opens a queue by the name that [`Peer::name`](crate::figure::Peer::name) has for it.
pub async fn open(name: &str, url: &str) -> Result<Box<dyn Queue>> {
    Ok(match (name, url.split_once(':').map(|(scheme, _)| scheme)) {
        ("signals", _) => Box::new(signals::Signals::open(url).await?),
        ("apalis", Some("sqlite")) => Box::new(apalis_sqlite::ApalisSqlite::open(url)?),
        ("apalis", Some("postgres")) => Box::new(apalis_postgres::ApalisPostgres::open(url)?),
        ("graphile", Some("postgres")) => Box::new(graphile::Graphile::open(url)?),
        _ => return Err(format!("there is no queue `{name}` for {url}").into()),
    })
}
