//! Connections that the server kills.

use std::time::Duration;

use behavior::{Kind, address, kind};
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const NAME: &str = "signals_load";

/// Returns the address with a connection name that the server can show. PostgreSQL then looks for deadlocks
/// at once, not after a second.
pub fn address_of_load(url: &str) -> String {
    if kind() != Kind::Postgres {
        return url.to_owned();
    }
    format!("{url}%20-cdeadlock_timeout%3D20ms&application_name={NAME}")
}

/// A task that kills a connection from time to time.
pub struct Killer {
    stop: oneshot::Sender<()>,
    task: JoinHandle<u64>,
}

impl Killer {
    /// Stops it. Returns how many connections it killed.
    pub async fn stop(self) -> u64 {
        drop(self.stop);
        self.task.await.unwrap()
    }
}

/// How long it waits before each.
const PAUSE: Duration = Duration::from_millis(80);

pub fn killer(url: &str) -> Killer {
    let database = url.rsplit('/').next().unwrap().to_owned();
    let (stop, mut stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let mut killed = 0;
        while tokio::time::timeout(PAUSE, &mut stopped).await.is_err() {
            killed += if kind() == Kind::Postgres { kill_in_postgres().await } else { kill_in_mysql(&database).await };
        }
        killed
    });
    Killer { stop, task }
}

async fn kill_in_postgres() -> u64 {
    let mut connection = PgConnection::connect(&address()).await.unwrap();
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE application_name = '{NAME}' \
         AND datname = current_database() ORDER BY random() LIMIT 1) AS victim"
    );
    let killed: Vec<bool> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    killed.into_iter().map(u64::from).sum()
}

async fn kill_in_mysql(database: &str) -> u64 {
    let mut connection = MySqlConnection::connect(&address()).await.unwrap();
    let sql = format!(
        "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = '{database}' ORDER BY RAND() LIMIT 1"
    );
    let victim: Option<i64> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_optional(&mut connection).await.unwrap();
    let mut killed = 0;
    if let Some(victim) = victim {
        // The connection may have been closed meanwhile.
        let outcome = sqlx::raw_sql(AssertSqlSafe(format!("KILL {victim}"))).execute(&mut connection).await;
        killed = u64::from(outcome.is_ok());
    }
    connection.close().await.unwrap();
    killed
}
