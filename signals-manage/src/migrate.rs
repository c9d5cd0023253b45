//! `migrate`.

use clap::Args;
use signals_core::db::Db;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::migrations::FolderArgs;

/// The arguments of `migrate`.
#[derive(Debug, Clone, Args)]
pub struct MigrateArgs {
    /// Applies nothing, and ends with 1 if a migration is pending
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    folder: FolderArgs,
}

impl MigrateArgs {
    pub(crate) async fn run(&self, db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
        let migrator = self.folder.of(db).migrator().await?;
        let pending = db.pending_migrations(&migrator).await?;
        let greatest = pending.applied.last().copied();
        for migration in pending.plan.iter().filter(|migration| Some(migration.version) < greatest) {
            console.note(&format!("warning: migration {migration} is older than the last one that is applied"));
        }
        if self.check {
            for migration in &pending.plan {
                console.print(&migration.to_string())?;
            }
            return match pending.plan.len() {
                0 => console.print("no pending migrations"),
                1 => Err(Failure::Ended(Exit::Problems, "1 migration is pending".to_owned())),
                several => Err(Failure::Ended(Exit::Problems, format!("{several} migrations are pending"))),
            };
        }
        let total = pending.plan.len();
        let mut applied = 0;
        db.migrate_and_report(&migrator, |migration, took| {
            applied += 1;
            console.note(&format!("{applied} of {total}: applied {migration} in {} ms", took.as_millis()));
        })
        .await?;
        match applied {
            0 => console.print("no pending migrations"),
            1 => console.print("1 migration was applied"),
            several => console.print(&format!("{several} migrations were applied")),
        }
    }
}
