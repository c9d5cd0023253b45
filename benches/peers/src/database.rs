//! A fresh database for each measurement.

use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection};
use tempfile::TempDir;

use crate::figure::Peer;
use crate::queue::Result;

/// Where databases are made.
#[derive(Debug, Clone)]
pub enum Server {
    Sqlite,
    Postgres(String),
    Mysql(String),
}

impl Server {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Mysql(_) => "mysql",
        }
    }

    /// The title of its columns.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
            Self::Mysql(_) => "MariaDB",
        }
    }

    /// The clients that enqueue at once. SQLite has one writer.
    pub fn clients(&self) -> &'static str {
        match self {
            Self::Sqlite => "1",
            Self::Postgres(_) | Self::Mysql(_) => "16",
        }
    }

    /// The names of the processes that serve a peer with this database.
    pub fn processes(&self, peer: Peer) -> &'static [&'static str] {
        match (peer, self) {
            (Peer::Celery, _) => &["redis-server"],
            (_, Self::Sqlite) => &[],
            (_, Self::Postgres(_)) => &["postgres"],
            (_, Self::Mysql(_)) => &["mariadbd", "mysqld"],
        }
    }

    pub fn has(&self, peer: Peer) -> bool {
        match peer {
            Peer::Signals => true,
            Peer::Apalis | Peer::Celery => !matches!(self, Self::Mysql(_)),
            Peer::Graphile => matches!(self, Self::Postgres(_)),
        }
    }

    pub async fn create(&self, number: usize) -> Result<Database> {
        let name = name(number);
        Ok(match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir()?;
                let url = format!("sqlite://{}?mode=rwc", folder.path().join("peers.db").display());
                Database { url, folder: Some(folder), server: None }
            }
            Self::Postgres(server) | Self::Mysql(server) => {
                self.execute(&format!("CREATE DATABASE {name}")).await?;
                Database { url: with_database(server, &name), folder: None, server: Some((self.clone(), number)) }
            }
        })
    }

    /// Deletes the database of this number, if it is there.
    pub async fn remove(&self, number: usize) -> Result {
        let force = if matches!(self, Self::Postgres(_)) { " WITH (FORCE)" } else { "" };
        self.execute(&format!("DROP DATABASE IF EXISTS {}{force}", name(number))).await
    }

    async fn execute(&self, statement: &str) -> Result {
        let query = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        match self {
            Self::Sqlite => {}
            Self::Postgres(url) => {
                query.execute(&mut PgConnection::connect(url).await?).await?;
            }
            Self::Mysql(url) => {
                query.execute(&mut MySqlConnection::connect(url).await?).await?;
            }
        }
        Ok(())
    }
}

/// One database. [`remove`](Self::remove) deletes it; a folder is deleted without it too.
pub struct Database {
    pub url: String,
    folder: Option<TempDir>,
    server: Option<(Server, usize)>,
}

impl Database {
    pub async fn remove(self) -> Result {
        if let Some(folder) = self.folder {
            folder.close()?;
        }
        match self.server {
            Some((server, number)) => server.remove(number).await,
            None => Ok(()),
        }
    }
}

fn name(number: usize) -> String {
    format!("signals_peers_{}_{number}", std::process::id())
}

/// Returns the URL of another database of the same server.
fn with_database(url: &str, name: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?']).map_or(url.len(), |at| host + at);
    format!("{}/{name}", &url[..end])
}
