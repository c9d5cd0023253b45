//! apalis 1.0 on PostgreSQL.

use std::ops::Range;
use std::time::Duration;

use apalis::prelude::{BackendExt as _, BoxDynError, Data};
use apalis_postgres::{Config, PostgresStorage};
use async_trait::async_trait;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::apalis::stored;
use crate::queue::{Job, Load, Queue, Result, setting};
use crate::runs;

/// The concurrent effects.
const EFFECTS: usize = 32;
/// The interval of its example with notifications.
const POLL: Duration = Duration::from_secs(10);

pub struct ApalisPostgres {
    pool: PgPool,
}

impl ApalisPostgres {
    pub fn open(url: &str) -> Result<Self> {
        Ok(Self { pool: PgPoolOptions::new().max_connections(super::CONNECTIONS).connect_lazy(url)? })
    }
}

async fn effect(number: i64, pool: Data<PgPool>) -> std::result::Result<(), BoxDynError> {
    sqlx::query("INSERT INTO effect (number) VALUES ($1)").bind(number).execute(&*pool).await?;
    runs::ended();
    Ok(())
}

#[async_trait]
impl Queue for ApalisPostgres {
    async fn create_tables(&self) -> Result {
        PostgresStorage::setup(&self.pool).await?;
        super::graphile::create_rows(&self.pool).await
    }

    async fn enqueue_with_row(&self, job: Job, number: i64) -> Result {
        let mut tx = self.pool.begin().await?;
        sqlx::query("INSERT INTO shop_order (total) VALUES ($1)").bind(number).execute(&mut *tx).await?;
        apalis_postgres::queries::push_tasks(&mut *tx, job.name(), vec![stored(number)?]).await?;
        Ok(tx.commit().await?)
    }

    /// One INSERT has all runs.
    async fn enqueue_many(&self, job: Job, numbers: Range<i64>) -> Result {
        let tasks = numbers.map(stored).collect::<Result<Vec<_>>>()?;
        let mut connection = self.pool.acquire().await?;
        Ok(apalis_postgres::queries::push_tasks(&mut *connection, job.name(), tasks).await?)
    }

    async fn work(&self, job: Job, load: Load) -> Result {
        let batch = match load {
            Load::Many => setting("PEERS_BATCH", 2_000),
            Load::Idle => 10,
        };
        // A claim stores the worker, so without `lock_tasks` only the state `Running` is missing.
        let config = Config::default().queue(job.name()).batch_size(batch).lock_tasks(false);
        let storage = PostgresStorage::<i64>::new(&self.pool).with_config(config).with_pubsub();
        run_worker!(storage.poll_with_interval(POLL), self.pool.clone(), job, effect);
        Ok(())
    }

    async fn has_open_runs(&self) -> Result<bool> {
        let open = "SELECT EXISTS (SELECT 1 FROM apalis.jobs WHERE status NOT IN ('Done', 'Killed'))";
        Ok(sqlx::query_scalar(open).fetch_one(&self.pool).await?)
    }
}
