//! `check`.

use clap::Args;
use serde_json::{Value, json};
use signals_core::db::Db;
use signals_core::registry::check_receivers;
use signals_schema::{Difference, check, check_of};
use signals_tasks::{check_tasks, tasks, with_causes};

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::table::{Kind, table};
use crate::text::line;

/// The arguments of `check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// Compares the models with the tables of the database
    #[arg(long)]
    database: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl CheckArgs {
    pub(crate) async fn run(&self, db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
        let problems = problems(db);
        let differences = if self.database && problems.is_empty() {
            // A program with tasks needs their tables.
            let differences = if tasks().is_empty() { check(db).await } else { check_of(db, |_| true).await };
            differences.map_err(|error| Failure::Ended(Exit::Unchecked, with_causes(&error)))?
        } else {
            Vec::new()
        };
        let printed = self.print(&problems, &differences, console);
        match (problems.len(), differences.len()) {
            (0, 0) => printed,
            (0, 1) => Err(found("there is 1 difference between the models and the database")),
            (0, several) => Err(found(&format!("there are {several} differences between the models and the database"))),
            _ => Err(found("the models or receivers of this program have problems")),
        }
    }
}

impl CheckArgs {
    /// Prints what was found. If the reader ends before the last line, the exit code is the same.
    fn print(&self, problems: &[String], differences: &[Difference], console: &mut Console<'_>) -> Result<(), Failure> {
        if self.json {
            let differences: Vec<_> = differences.iter().map(as_json).collect();
            return console.print_json(&json!({ "problems": problems, "differences": differences }));
        }
        if problems.is_empty() && differences.is_empty() {
            return console.print("no problems");
        }
        for problem in problems {
            console.print(problem)?;
        }
        if differences.is_empty() {
            return Ok(());
        }
        console.print(&differences_table(differences, console.columns))
    }
}

fn found(message: &str) -> Failure {
    Failure::Ended(Exit::Problems, message.to_owned())
}

/// Returns what is wrong without a look at the tables.
fn problems(db: &Db) -> Vec<String> {
    let receivers = check_receivers().err();
    let tasks = check_tasks().err();
    let tables = db.table_definitions(|_| true).err();
    [receivers, tasks, tables].into_iter().flatten().map(|error| with_causes(&error)).collect()
}

fn differences_table(differences: &[Difference], width: u16) -> String {
    let columns = [
        ("model", Kind::Text),
        ("table", Kind::Text),
        ("columns", Kind::Text),
        ("difference", Kind::Text),
        ("model has", Kind::Text),
        ("database has", Kind::Text),
    ];
    let rows = differences.iter().map(|difference| {
        vec![
            line(difference.model.name()),
            line(&difference.table()),
            line(&difference.columns().join(", ")),
            difference.kind.name().to_owned(),
            line(&difference.expected()),
            line(&difference.found()),
        ]
    });
    table(width, &columns, rows)
}

fn as_json(difference: &Difference) -> Value {
    json!({
        "model": difference.model.path(),
        "table": difference.table(),
        "columns": difference.columns(),
        "difference": difference.kind.name(),
        "expected": difference.expected(),
        "found": difference.found(),
    })
}
