//! Migrations by sqlx's own migrator, with a signal before and one after its run.

mod planned;
mod signals;
mod stepping;

use std::time::Duration;

use sqlx::migrate::Migrator;

pub use planned::{PendingMigrations, PlannedMigration};
pub use signals::{PostMigrate, PreMigrate, post_migrate, pre_migrate};

use super::handle::Db;
use super::transaction::ENDED;
use crate::backend::Conn;
use crate::error::{Error, Result};

use stepping::{Aim, Report, Steps};

impl Db {
    /// Applies the pending migrations, sending [`pre_migrate`] before the first and [`post_migrate`] after
    /// the last.
    ///
    /// The migrations are sqlx's: `db.migrate(&sqlx::migrate!())`, with its files, its table and its rules.
    /// The plan is made and checked before `pre_migrate` is sent. Both signals are also sent if no migration
    /// is pending. They are sent once for each call, and not once for each app as in Django, since a migrator
    /// has no apps. Each applied migration logs a `tracing` event of level `INFO` with its version,
    /// description and duration.
    ///
    /// The plan needs sqlx's table of applied migrations, so that table is created before `pre_migrate` is
    /// sent.
    ///
    /// # Errors
    ///
    /// [`Error::Migration`] if an applied migration is missing, changed or half applied, before any signal is
    /// sent; or if a migration fails, in which case `post_migrate` is not sent. [`Error::Receiver`] if a
    /// receiver fails. A failure of `pre_migrate` stops the call before any migration. After a failure of
    /// `post_migrate` the migrations stay.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future keeps the migrations that were applied, and rolls back the current one, unless it
    /// runs without a transaction. `post_migrate` is not sent.
    ///
    /// # Transactions
    ///
    /// The call opens no transaction of its own. Each migration has one, and writes of receivers are outside
    /// of these. While receivers run, neither a connection nor the migrator's lock is held, so another
    /// program may migrate in between. The pending migrations are therefore read again after `pre_migrate`.
    ///
    /// **On SQLite, sqlx's migrator takes no lock.** If two programs migrate one file at the same time, one
    /// of them may fail, for example because a table already exists. Let only one program migrate.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// // Without an argument, the macro takes the folder `migrations` beside Cargo.toml.
    /// db.migrate(&sqlx::migrate!("../tests/behavior/migrations")).await?;
    /// # Ok(()) }
    /// ```
    pub async fn migrate(&self, migrator: &Migrator) -> Result<()> {
        self.migrate_and_report(migrator, |_, _| {}).await
    }

    /// Applies the pending migrations as [`migrate`](Self::migrate) does, and reports each of them with the time that
    /// it took.
    ///
    /// # Errors
    ///
    /// See [`migrate`](Self::migrate).
    ///
    /// # Cancel safety
    ///
    /// See [`migrate`](Self::migrate).
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// let migrator = sqlx::migrate!("../tests/behavior/migrations");
    /// db.migrate_and_report(&migrator, |migration, took| println!("{migration}: {took:?}")).await?;
    /// # Ok(()) }
    /// ```
    pub async fn migrate_and_report(
        &self,
        migrator: &Migrator,
        mut report: impl FnMut(&PlannedMigration, Duration) + Send,
    ) -> Result<()> {
        let PendingMigrations { applied, plan } = self.pending_migrations(migrator).await?;
        signals::before(self, &plan, &applied).await?;
        let applied = self.step(migrator, Aim::Apply, &mut report).await;
        self.database().tables().forget_all();
        let Steps { applied, .. } = applied?;
        signals::after(self, &plan, &applied).await
    }

    /// Returns the migrations that [`migrate`](Self::migrate) would apply. It applies none and sends no signal, but creates
    /// sqlx's table of applied migrations.
    ///
    /// # Errors
    ///
    /// [`Error::Migration`] if an applied migration is missing, changed or half applied.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// let migrator = sqlx::migrate!("../tests/behavior/migrations");
    /// assert_eq!(db.pending_migrations(&migrator).await?.plan.len(), 2);
    /// db.migrate(&migrator).await?;
    /// assert_eq!(db.pending_migrations(&migrator).await?.applied.len(), 2);
    /// # Ok(()) }
    /// ```
    pub async fn pending_migrations(&self, migrator: &Migrator) -> Result<PendingMigrations> {
        if self.is_pooled() {
            return Err(Error::BehindPooler { using: self.name().to_owned() });
        }
        let Steps { applied, taken: plan } = self.step(migrator, Aim::Plan, &mut |_, _| {}).await?;
        Ok(PendingMigrations { applied, plan })
    }

    /// Runs the migrator once, on a connection that is returned before this ends.
    async fn step(&self, migrator: &Migrator, aim: Aim, report: &mut Report<'_>) -> Result<Steps> {
        let mut lent = Lent(Some(self.acquire().await?));
        let connection = lent.0.as_mut().ok_or(ENDED)?;
        let outcome = stepping::walk(connection, migrator, self.name(), aim, report).await;
        let steps = outcome.map_err(|source| Error::Migration { using: self.name().to_owned(), source })?;
        drop(lent.0.take());
        Ok(steps)
    }
}

/// The connection of a migrator. If it is still in here when this is dropped, it is rolled back before it is
/// reused: a migration without a transaction may have begun its own.
struct Lent(Option<Conn>);

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.abandon_session();
        }
    }
}
