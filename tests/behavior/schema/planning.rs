//! Migrations that are made from models: they are applied, reversed and applied again, and no difference is left.

mod columns;
mod kept;
mod keys;
mod random;
mod refusing;
mod renames;
mod sqlite;
mod statements;

use std::path::Path;

use signals::schema::Schema;
use signals::schema::migration::{Options, Plan};
use signals::{Db, ModelMeta};
use signals_test_behavior::{Kind, execute, kind, texts, url};
use sqlx::migrate::Migrator;
use tempfile::TempDir;

/// A database, and the migrations that were made for it.
struct Project {
    db: Db,
    dir: TempDir,
    version: i64,
}

impl Project {
    /// A database with the tables of these models.
    async fn new(models: &[&'static ModelMeta]) -> Self {
        let mut project = Self::empty().await;
        project.migrate(models, &Options::new()).await;
        project
    }

    async fn empty() -> Self {
        let db = Db::connect(&url().await).await.unwrap();
        Self { db, dir: TempDir::new().unwrap(), version: 0 }
    }

    async fn schema(&self) -> Schema {
        let mut schema = Schema::read(&self.db).await.unwrap();
        schema.tables.retain(|table| table.is_visible && table.name != "_sqlx_migrations");
        schema
    }

    /// Applies the migrations from the tables to these models. Reverses and applies them again, and returns the changes.
    async fn migrate(&mut self, models: &[&'static ModelMeta], options: &Options) -> Vec<String> {
        let new = Schema::of_models(models.iter().copied(), self.db.backend());
        self.migrate_to(&new, &options.clone().renames_of(models.iter().copied())).await
    }

    async fn migrate_to(&mut self, new: &Schema, options: &Options) -> Vec<String> {
        let old = self.schema().await;
        let plan = Plan::between(&old, new, options).unwrap();
        let before = self.version;
        for script in plan.scripts().unwrap() {
            self.version += 1;
            for (end, text) in [("up", &script.up), ("down", &script.down)] {
                let file = self.dir.path().join(format!("{}_made{}.{end}.sql", self.version, script.suffix));
                std::fs::write(file, text).unwrap();
            }
        }
        self.up(new, options, &plan).await;
        self.undo(before).await;
        self.is_again(&old, &plan).await;
        self.up(new, options, &plan).await;
        plan.changes().iter().map(ToString::to_string).collect()
    }

    async fn up(&self, new: &Schema, options: &Options, plan: &Plan) {
        let scripts = || plan.scripts().unwrap();
        self.db.migrate(&self.migrator().await).await.unwrap_or_else(|error| panic!("{error}\n{:#?}", scripts()));
        let again = Plan::between(&self.schema().await, new, options).unwrap();
        assert!(again.changes().is_empty(), "after {:#?}: {:#?}", scripts(), again.scripts());
    }

    /// Reverses the migrations after this version.
    async fn undo(&self, version: i64) {
        let migrator = self.migrator().await;
        let undone = match kind() {
            Kind::Memory | Kind::File => migrator.undo(self.db.sqlite().unwrap(), version).await,
            Kind::Postgres => migrator.undo(self.db.postgres().unwrap(), version).await,
            Kind::Mysql => migrator.undo(self.db.mysql().unwrap(), version).await,
        };
        let downs = || -> Vec<_> {
            let files = std::fs::read_dir(self.dir.path()).unwrap().map(|file| file.unwrap().path());
            files
                .filter(|file| file.to_string_lossy().ends_with("down.sql"))
                .map(|file| std::fs::read_to_string(file).unwrap())
                .collect()
        };
        undone.unwrap_or_else(|error| panic!("{error}\n{:#?}", downs()));
    }

    /// Checks that the tables are those of `old` again.
    async fn is_again(&self, old: &Schema, plan: &Plan) {
        let now = self.schema().await;
        let mut options = Options::new();
        for table in now.tables.iter().filter(|table| old.table(&table.name).is_none()) {
            options = options.drop_table(&table.name);
        }
        let left = Plan::between(&now, old, &options).unwrap();
        let left: Vec<_> = left.changes().iter().map(ToString::to_string).collect();
        assert!(left.is_empty(), "after the reversal {:#?}: {left:#?}", plan.scripts());
    }

    async fn migrator(&self) -> Migrator {
        let path: &Path = self.dir.path();
        Migrator::new(path).await.unwrap()
    }

    async fn execute(&self, sql: &str) {
        execute(&self.db, sql).await;
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.db, sql).await
    }
}
