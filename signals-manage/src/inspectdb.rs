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
}

impl InspectdbArgs {
    pub(crate) async fn run(&self, db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
        let schema = Schema::read(db).await?;
        if let Some(missing) = self.tables.iter().find(|name| !schema.tables.iter().any(|table| table.name == **name)) {
            let mut names: Vec<_> = schema.tables.iter().filter(|table| table.is_visible).collect();
            names.truncate(MOST_NAMES);
            let names: Vec<_> = names.into_iter().map(|table| table.name.as_str()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Failure::missing(format!("there is no table `{missing}`; tables: {names}")));
        }
        let is_chosen = |table: &Table| self.tables.is_empty() || self.tables.contains(&table.name);
        // The text ends with a line break of its own.
        console.print(schema.to_models(is_chosen).trim_end())
    }
}

/// The maximum number of tables in an error.
const MOST_NAMES: usize = 50;
