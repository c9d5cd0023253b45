//! Migrations from the differences between two schemas.
//!
//! A [`Plan`] has the changes that make the tables of a database into those of the models, and their SQL. On the
//! command line this is `makemigrations`.
//!
//! # Examples
//!
//! ```
//! # use signals::{Db, Model, Result};
//! use signals::model::Entity as _;
//! use signals::schema::Schema;
//! use signals::schema::migration::{Options, Plan};
//!
//! #[derive(Model)]
//! struct Note { id: i64, title: String, text: Option<String> }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let db = Db::connect("sqlite::memory:").await?;
//! sqlx::query("CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT NOT NULL)").execute(db.sqlite()?).await?;
//!
//! let old = Schema::read(&db).await?;
//! let new = Schema::of_models([Note::meta()], db.backend());
//! let plan = Plan::between(&old, &new, &Options::new())?;
//! assert_eq!(plan.changes()[0].to_string(), "add the column `text` to `note`");
//!
//! let scripts = plan.scripts()?;
//! assert!(scripts[0].up.ends_with("ALTER TABLE \"note\" ADD COLUMN \"text\" TEXT;\n"));
//! assert!(scripts[0].down.ends_with("ALTER TABLE \"note\" DROP COLUMN \"text\";\n"));
//! # Ok(()) }
//! ```

mod after;
mod change;
mod differences;
mod kept;
mod losses;
mod renames;
mod write;

use std::fmt;

use signals_core::model::ModelMeta;

use crate::description::Schema;
use crate::dialect::Dialect;

pub use change::Change;
pub use losses::Loss;
pub use renames::Rename;
pub use write::Script;

/// What a [`Plan`] may do.
#[derive(Debug, Clone)]
pub struct Options {
    renames: Vec<Rename>,
    dropped_tables: Vec<String>,
    kept_columns: Vec<(String, String)>,
    lock_timeout: Option<String>,
    is_concurrent: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// Options without renames: tables that only the old schema has stay, and columns are dropped.
    pub fn new() -> Self {
        Self {
            renames: Vec::new(),
            dropped_tables: Vec::new(),
            kept_columns: Vec::new(),
            lock_timeout: Some("5s".to_owned()),
            is_concurrent: false,
        }
    }

    /// Adds renames. One applies if its old name is in the old schema and its new name is not.
    #[must_use]
    pub fn renames(mut self, renames: impl IntoIterator<Item = Rename>) -> Self {
        self.renames.extend(renames);
        self
    }

    /// Adds the renames that `#[model(was = "..")]` of these models says. A model with a `schema` has none.
    #[must_use]
    pub fn renames_of(self, models: impl IntoIterator<Item = &'static ModelMeta>) -> Self {
        let of_model = |meta: &'static ModelMeta| {
            let table = meta.was().map(|was| Rename::table(was, meta.table()));
            let columns = meta.columns().iter();
            let columns = columns.filter_map(|it| Some(Rename::column(meta.table(), it.was?, it.column)));
            table.into_iter().chain(columns)
        };
        self.renames(models.into_iter().filter(|meta| meta.schema().is_none()).flat_map(of_model))
    }

    /// Drops this table, which only the old schema has. If there is no such table, the plan is a [`Refusal`].
    #[must_use]
    pub fn drop_table(mut self, table: impl Into<String>) -> Self {
        let table = table.into();
        if !self.dropped_tables.contains(&table) {
            self.dropped_tables.push(table);
        }
        self
    }

    /// Keeps this column, which only the old schema has, with its indexes, unique keys and references. The table has its
    /// old or its new name here. If there is no such column, the plan is a [`Refusal`].
    #[must_use]
    pub fn keep_column(mut self, table: impl Into<String>, column: impl Into<String>) -> Self {
        self.kept_columns.push((table.into(), column.into()));
        self
    }

    /// Sets how long a statement of PostgreSQL waits for the lock of a table. The default is `5s`.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Option<String>) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Creates indexes of tables that exist with CREATE INDEX CONCURRENTLY, each in its own migration. Only PostgreSQL
    /// has this.
    #[must_use]
    pub fn concurrently(mut self) -> Self {
        self.is_concurrent = true;
        self
    }
}

/// Why a migration cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// What has to be written by hand, or changed in a model.
    pub problems: Vec<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl std::error::Error for Refusal {}

/// Returns the tables that statements find without their schema.
fn visible(schema: &Schema) -> Schema {
    let tables = schema.tables.iter().filter(|table| table.is_visible).cloned().collect();
    Schema { tables, schemas: Vec::new(), ..*schema }
}

/// The changes that make the tables of one schema into those of another.
#[derive(Debug, Clone)]
pub struct Plan {
    old: Schema,
    new: Schema,
    changes: Vec<Change>,
    options: Options,
}

impl Plan {
    /// Compares two schemas of the same kind of database. The differences are those of
    /// [`Schema::differences`](crate::Schema::differences), with the columns that only `old` has, and literal
    /// defaults.
    ///
    /// A default and an index that only `old` has stay, unless the library made the index. A unique key or a reference
    /// between columns of models is dropped, and is a [`Loss`]. Tables of other schemas than the connection's own are
    /// ignored in both.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if a change has to be written by hand, such as another primary key, and if a table to drop or a column
    /// to keep does not exist.
    pub fn between(old: &Schema, new: &Schema, options: &Options) -> Result<Self, Refusal> {
        // A server may have many thousands of tables in other schemas.
        let (old, mut new) = (visible(old), visible(new));
        let renames = renames::applied(&old, &new, &options.renames);
        // The text of a trigger has the names. Those of renamed tables and columns are created again at the end.
        let mut changes = renames::dropped_triggers(&old, &renames);
        changes.extend(renames);
        let state = old.after(&changes);
        let problems =
            [kept::keep_columns(&state, &mut new, &changes, options), kept::missing_tables(&state, &new, options)];
        let problems: Vec<_> = problems.into_iter().flatten().collect();
        if !problems.is_empty() {
            return Err(Refusal { problems });
        }
        changes.extend(differences::changes(&state, &new)?);
        let dropped = options.dropped_tables.iter().filter_map(|name| state.table(name));
        changes.extend(dropped.cloned().map(Change::DropTable));
        Ok(Self { old, new, changes, options: options.clone() })
    }

    /// Returns the changes, in the order in which they are made.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns what the changes lose, and which of them fail on a table with rows.
    pub fn losses(&self) -> Vec<Loss> {
        losses::of(Dialect::of(self.old.backend), &self.changes)
    }

    /// Returns the pairs of a new and a dropped name that may be renames.
    pub fn possible_renames(&self) -> Vec<Rename> {
        renames::possible(&self.old.after(self.changes.iter().filter(|it| it.is_rename())), &self.new, &self.changes)
    }

    /// Returns the SQL of the changes: a script for each migration. Most plans have one.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the database has no statement for a change.
    pub fn scripts(&self) -> Result<Vec<Script>, Refusal> {
        write::scripts(&self.old, &self.changes, self.options.lock_timeout.as_deref(), self.options.is_concurrent)
    }
}
