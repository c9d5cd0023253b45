//! `inspectdb`.

use clap::Args;
use signals_core::db::Db;
use signals_schema::{Schema, Table};

use crate::console::Console;
use crate::exit::Failure;

/// The arguments of `inspectdb`.
#[derive(Debug, Clone, Args)]
pub struct InspectdbArgs {
    /// The tables, without their schemas; all of them if none is given
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    /// Only the tables of this schema: a database of MySQL, an attached file of SQLite; may be given several times
    #[arg(long, value_name = "SCHEMA")]
    schema: Vec<String>,
}

impl InspectdbArgs {
    pub(crate) async fn run(&self, db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
        let schemas: Vec<_> = self.schema.iter().map(String::as_str).collect();
        let mut schema = Schema::read_with(db, &schemas).await?;
        let is_of_schema = |table: &&Table| match &table.schema {
            Some(own) => self.schema.is_empty() || self.schema.contains(own),
            None => self.schema.is_empty(),
        };
        let tables: Vec<_> = schema.tables.iter().filter(is_of_schema).collect();
        if let Some(missing) = self.tables.iter().find(|name| !tables.iter().any(|table| table.name == **name)) {
            let is_read = |table: &&&Table| table.is_visible || !self.schema.is_empty();
            let names: Vec<_> = tables.iter().filter(is_read).take(MOST_NAMES).map(|table| &*table.name).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Failure::missing(format!("there is no table `{missing}`; tables: {names}")));
        }
        let is_chosen =
            |table: &Table| is_of_schema(&table) && (self.tables.is_empty() || self.tables.contains(&table.name));
        schema.read_values(db).await?;
        // The text ends with a line break of its own.
        console.print(schema.to_models(is_chosen).trim_end())
    }
}

/// The maximum number of tables in an error.
const MOST_NAMES: usize = 50;
