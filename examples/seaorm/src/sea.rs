//! SeaORM's calls in a transaction of Signals.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use signals::Tx;
use signals::db::SqliteTxConnection;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Sqlite};

/// A transaction of Signals as a connection of SeaORM: its calls take `&SeaTx(&tx)`.
///
/// It is no `TransactionTrait`, so that SeaORM neither commits nor opens savepoints. For PostgreSQL, write
/// `tx.postgres()` and `Postgres`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeaTx<'a>(pub(crate) &'a Tx);

impl SeaTx<'_> {
    async fn connection(&self) -> Result<SqliteTxConnection<'_>, DbErr> {
        self.0.sqlite().await.map_err(|error| DbErr::Custom(error.to_string()))
    }
}

#[async_trait]
impl ConnectionTrait for SeaTx<'_> {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let done = query(statement).execute(&mut *self.connection().await?).await;
        done.map(ExecResult::from).map_err(|error| DbErr::Exec(of_sqlx(error)))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let done = sql.execute(&mut *self.connection().await?).await;
        done.map(ExecResult::from).map_err(|error| DbErr::Exec(of_sqlx(error)))
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let row = query(statement).fetch_optional(&mut *self.connection().await?).await;
        row.map(|row| row.map(QueryResult::from)).map_err(|error| DbErr::Query(of_sqlx(error)))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = query(statement).fetch_all(&mut *self.connection().await?).await;
        let rows = rows.map_err(|error| DbErr::Query(of_sqlx(error)))?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }
}

fn query(statement: Statement) -> Query<'static, Sqlite, SqlxValues> {
    let values = statement.values.unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

/// Returns the error as SeaORM keeps it, so that its `sql_err` finds unique and foreign keys.
fn of_sqlx(error: sqlx::Error) -> RuntimeErr {
    RuntimeErr::SqlxError(error.into())
}
