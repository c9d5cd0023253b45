//! One run of sqlx's migrator, which records each step.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator};

use super::planned::PlannedMigration;
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

/// Runs the migrator. Pending migrations are applied, or only recorded.
///
/// The migrator decides which migrations are pending or inconsistent, so its rules apply here.
pub(super) async fn walk(
    connection: &mut (dyn Migrate + Send),
    migrator: &Migrator,
    using: &str,
    aim: Aim,
) -> Result<Steps, MigrateError> {
    let mut stepping = Stepping { connection, using, aim, locked: false, steps: Steps::default() };
    // `Migrator::run` takes only connections of sqlx. It calls `run_direct`, which takes any `Migrate`.
    let outcome = migrator.run_direct(None, &mut stepping, false).await;
    if stepping.locked
        && let Err(error) = stepping.connection.unlock().await
    {
        // The migrator keeps its lock after an error, and the connection goes back to the pool.
        tracing::warn!(target: "signals", using, error = %escaped(error), "the lock of migrations was not released");
    }
    outcome?;
    stepping.steps.applied.sort_unstable();
    Ok(stepping.steps)
}

/// A connection that records what the migrator does with it.
struct Stepping<'a> {
    connection: &'a mut (dyn Migrate + Send),
    using: &'a str,
    aim: Aim,
    locked: bool,
    steps: Steps,
}

impl Migrate for Stepping<'_> {
    fn create_schema_if_not_exists<'e>(&'e mut self, schema: &'e str) -> BoxFuture<'e, Result<(), MigrateError>> {
        self.connection.create_schema_if_not_exists(schema)
    }

    fn ensure_migrations_table<'e>(&'e mut self, table: &'e str) -> BoxFuture<'e, Result<(), MigrateError>> {
        self.connection.ensure_migrations_table(table)
    }

    fn dirty_version<'e>(&'e mut self, table: &'e str) -> BoxFuture<'e, Result<Option<i64>, MigrateError>> {
        self.connection.dirty_version(table)
    }

    fn list_applied_migrations<'e>(
        &'e mut self,
        table: &'e str,
    ) -> BoxFuture<'e, Result<Vec<AppliedMigration>, MigrateError>> {
        Box::pin(async move {
            let applied = self.connection.list_applied_migrations(table).await?;
            self.steps.applied = applied.iter().map(|migration| migration.version).collect();
            Ok(applied)
        })
    }

    fn lock(&mut self) -> BoxFuture<'_, Result<(), MigrateError>> {
        Box::pin(async move {
            self.connection.lock().await?;
            self.locked = true;
            Ok(())
        })
    }

    fn unlock(&mut self) -> BoxFuture<'_, Result<(), MigrateError>> {
        Box::pin(async move {
            self.locked = false;
            self.connection.unlock().await
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
                elapsed = self.connection.apply(table, migration).await?;
                let PlannedMigration { version, description } = &planned;
                tracing::info!(target: "signals", using = self.using, version, description, ?elapsed, "a migration was applied");
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
        self.connection.revert(table, migration)
    }
}
