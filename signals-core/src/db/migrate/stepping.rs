//! One walk of sqlx's migrator over its migrations, seen step by step.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator};

use super::planned::PlannedMigration;
use crate::error::escaped;

/// What a walk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// Finding out what is pending, and whether it may be applied.
    Plan,
    /// Applying what is pending.
    Apply,
}

/// What a walk came by.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// The versions that are applied after it.
    pub(super) applied: Vec<i64>,
    /// The migrations that it applied, or would have.
    pub(super) taken: Vec<PlannedMigration>,
}

/// Walks over the migrations; what is pending is applied or only noted.
///
/// The migrator itself decides what is pending and what is inconsistent, so that its rules hold here too.
pub(super) async fn walk(
    connection: &mut (dyn Migrate + Send),
    migrator: &Migrator,
    using: &str,
    aim: Aim,
) -> Result<Steps, MigrateError> {
    let mut stepping = Stepping { connection, using, aim, locked: false, steps: Steps::default() };
    // `Migrator::run` wants a connection of sqlx's own; this is what it calls, for anything that can migrate.
    let outcome = migrator.run_direct(None, &mut stepping, false).await;
    if stepping.locked
        && let Err(error) = stepping.connection.unlock().await
    {
        // The migrator leaves the lock where it fails, and the connection goes back to the pool.
        tracing::warn!(target: "signals", using, error = %escaped(error), "the lock of migrations was not released");
    }
    outcome?;
    stepping.steps.applied.sort_unstable();
    Ok(stepping.steps)
}

/// A connection that notes what the migrator does with it.
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
