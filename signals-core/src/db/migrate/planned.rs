//! A migration that is to be applied.

use std::fmt;

use sqlx::migrate::Migration;

/// A migration that is to be applied, as receivers of [`pre_migrate`](super::pre_migrate) and
/// [`post_migrate`](super::post_migrate) get it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PlannedMigration {
    /// Its version, which orders migrations.
    pub version: i64,
    /// The description from its file's name.
    pub description: String,
}

/// The migrations of a migrator, as [`Db::pending_migrations`](crate::db::Db::pending_migrations) returns them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingMigrations {
    /// The versions that are applied, lowest first.
    pub applied: Vec<i64>,
    /// The migrations that are to be applied, in their order.
    pub plan: Vec<PlannedMigration>,
}

impl PlannedMigration {
    pub(super) fn of(migration: &Migration) -> Self {
        Self { version: migration.version, description: migration.description.to_string() }
    }
}

impl fmt::Display for PlannedMigration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.version, self.description)
    }
}
