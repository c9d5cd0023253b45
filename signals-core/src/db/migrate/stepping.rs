//! One run of sqlx's migrator, which records each step.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::Error as SqlxError;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator};

use super::planned::PlannedMigration;
use crate::backend::Conn;
use crate::error::escaped;

/// The purpose of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// Finds the pending migrations, and checks whether they can be applied.
    Plan,
    /// Applies the pending migrations.
    Apply,
}

/// The result of a run.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// The versions that are applied after the run.
    pub(super) applied: Vec<i64>,
    /// The migrations that the run applied, or would have applied.
    pub(super) taken: Vec<PlannedMigration>,
}

/// Receives each applied migration, with the time that it took.
pub(super) type Report<'a> = dyn FnMut(&PlannedMigration, Duration) + Send + 'a;

/// Runs the migrator. Pending migrations are applied, or only recorded.
///
/// The migrator decides which migrations are pending or inconsistent, so its rules apply here.
pub(super) async fn walk(
    connection: &mut Conn,
    migrator: &Migrator,
    using: &str,
    aim: Aim,
    report: &mut Report<'_>,
) -> Result<Steps, MigrateError> {
    let mut stepping = Stepping { connection, using, aim, report, locked: false, steps: Steps::default() };
    // `Migrator::run` takes only connections of sqlx. It calls `run_direct`, which takes any `Migrate`.
    let outcome = migrator.run_direct(None, &mut stepping, false).await;
    if stepping.locked
        && let Err(error) = stepping.unlock().await
    {
        // The migrator keeps its lock after an error, and the connection goes back to the pool.
        tracing::warn!(target: "signals", using, error = %escaped(error), "the lock of migrations was not released");
    }
    outcome?;
    stepping.steps.applied.sort_unstable();
    Ok(stepping.steps)
}

/// A connection that records what the migrator does with it.
struct Stepping<'a, 'r> {
    connection: &'a mut Conn,
    using: &'a str,
    aim: Aim,
    report: &'a mut Report<'r>,
    locked: bool,
    steps: Steps,
}

impl Stepping<'_, '_> {
    fn inner(&mut self) -> Result<&mut (dyn Migrate + Send), MigrateError> {
        self.connection.migrate().ok_or_else(in_use)
    }
}

/// The error if something runs on the connection.
fn in_use() -> MigrateError {
    MigrateError::Execute(SqlxError::WorkerCrashed)
}

impl Migrate for Stepping<'_, '_> {
    fn create_schema_if_not_exists<'e>(&'e mut self, schema: &'e str) -> BoxFuture<'e, Result<(), MigrateError>> {
        Box::pin(async move { self.inner()?.create_schema_if_not_exists(schema).await })
    }

    fn ensure_migrations_table<'e>(&'e mut self, table: &'e str) -> BoxFuture<'e, Result<(), MigrateError>> {
        Box::pin(async move { self.inner()?.ensure_migrations_table(table).await })
    }

    fn dirty_version<'e>(&'e mut self, table: &'e str) -> BoxFuture<'e, Result<Option<i64>, MigrateError>> {
        Box::pin(async move { self.inner()?.dirty_version(table).await })
    }

    fn list_applied_migrations<'e>(
        &'e mut self,
        table: &'e str,
    ) -> BoxFuture<'e, Result<Vec<AppliedMigration>, MigrateError>> {
        Box::pin(async move {
            let applied = self.inner()?.list_applied_migrations(table).await?;
            self.steps.applied = applied.iter().map(|migration| migration.version).collect();
            Ok(applied)
        })
    }

    fn lock(&mut self) -> BoxFuture<'_, Result<(), MigrateError>> {
        Box::pin(async move {
            self.inner()?.lock().await?;
            self.locked = true;
            Ok(())
        })
    }

    fn unlock(&mut self) -> BoxFuture<'_, Result<(), MigrateError>> {
        Box::pin(async move {
            self.locked = false;
            self.inner()?.unlock().await
        })
    }

    fn apply<'e>(
        &'e mut self,
        table: &'e str,
        migration: &'e Migration,
    ) -> BoxFuture<'e, Result<Duration, MigrateError>> {
        Box::pin(async move {
            let planned = PlannedMigration::of(migration);
            let mut elapsed = Duration::ZERO;
            if self.aim == Aim::Apply {
                elapsed = self.connection.apply_migration(table, migration).await.ok_or_else(in_use)??;
                let PlannedMigration { version, description } = &planned;
                tracing::info!(target: "signals", using = self.using, version, description, ?elapsed, "a migration was applied");
                (self.report)(&planned, elapsed);
                self.steps.applied.push(planned.version);
            }
            self.steps.taken.push(planned);
            Ok(elapsed)
        })
    }

    fn revert<'e>(
        &'e mut self,
        table: &'e str,
        migration: &'e Migration,
    ) -> BoxFuture<'e, Result<Duration, MigrateError>> {
        Box::pin(async move { self.inner()?.revert(table, migration).await })
    }
}
