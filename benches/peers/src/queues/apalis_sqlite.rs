//! apalis 1.0 on SQLite.

use std::ops::Range;
use std::str::FromStr as _;
use std::time::Duration;

use apalis::prelude::{BackendExt as _, BoxDynError, Data};
use apalis_sqlite::{Config, SqliteStorage};
use async_trait::async_trait;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use super::apalis::stored;
use crate::queue::{Job, Load, Queue, Result, setting};
use crate::runs;

/// SQLite has one writer, so more connections only wait for its lock.
const CONNECTIONS: u32 = 4;
/// The concurrent effects.
const EFFECTS: usize = 4;
/// The interval of its examples. Its other way, the update hook, does not see other processes.
const POLL: Duration = Duration::from_millis(100);

pub struct ApalisSqlite {
    pool: SqlitePool,
    options: SqliteConnectOptions,
}

impl ApalisSqlite {
    pub fn open(url: &str) -> Result<Self> {
        // The options of this library's connections.
        let options = SqliteConnectOptions::from_str(url)?
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let connections = setting("PEERS_POOL", CONNECTIONS);
        let pool = SqlitePoolOptions::new().max_connections(connections).connect_lazy_with(options.clone());
        Ok(Self { pool, options })
    }
}

async fn effect(number: i64, pool: Data<SqlitePool>) -> std::result::Result<(), BoxDynError> {
    sqlx::query("INSERT INTO effect (number) VALUES (?)").bind(number).execute(&*pool).await?;
    runs::ended();
    Ok(())
}

#[async_trait]
impl Queue for ApalisSqlite {
    async fn create_tables(&self) -> Result {
        // `setup` turns `synchronous` off in one connection of the pool. All queues are measured with FULL, SQLite's
        // default, so this pool is used for nothing else.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(self.options.clone()).await?;
        SqliteStorage::setup(&pool).await?;
        for table in ["shop_order (id INTEGER PRIMARY KEY, total", "effect (id INTEGER PRIMARY KEY, number"] {
            sqlx::query(sqlx::AssertSqlSafe(format!("CREATE TABLE {table} INTEGER NOT NULL)"))).execute(&pool).await?;
        }
        pool.close().await;
        Ok(())
    }

    async fn enqueue_with_row(&self, job: Job, number: i64) -> Result {
        let mut tx = self.pool.begin().await?;
        sqlx::query("INSERT INTO shop_order (total) VALUES (?)").bind(number).execute(&mut *tx).await?;
        apalis_sqlite::queries::push_tasks(&mut *tx, job.name(), &[stored(number)?]).await?;
        Ok(tx.commit().await?)
    }

    /// Its call for many runs inserts one after another.
    async fn enqueue_many(&self, job: Job, numbers: Range<i64>) -> Result {
        let tasks = numbers.map(stored).collect::<Result<Vec<_>>>()?;
        let mut tx = self.pool.begin().await?;
        apalis_sqlite::queries::push_tasks(&mut *tx, job.name(), &tasks).await?;
        Ok(tx.commit().await?)
    }

    async fn work(&self, job: Job, load: Load) -> Result {
        let batch = match load {
            Load::Many => setting("PEERS_BATCH", 100),
            Load::Idle => 10,
        };
        // A claim stores the worker, so without `lock_tasks` only the state `Running` is missing.
        let config = Config::default().queue(job.name()).batch_size(batch).lock_tasks(false);
        let poll = Duration::from_millis(setting("PEERS_POLL", u64::try_from(POLL.as_millis())?));
        let storage = SqliteStorage::<i64>::new(&self.pool).with_config(config).poll_with_interval(poll);
        run_worker!(storage, self.pool.clone(), job, effect);
        Ok(())
    }

    async fn has_open_runs(&self) -> Result<bool> {
        let open = "SELECT EXISTS (SELECT 1 FROM Jobs WHERE status NOT IN ('Done', 'Killed'))";
        Ok(sqlx::query_scalar(open).fetch_one(&self.pool).await?)
    }
}
