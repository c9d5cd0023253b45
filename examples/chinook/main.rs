//! The Chinook media store: 11 tables and 15,607 rows from one JSON file, every row through `save()`, in one transaction.
//!
//! Receivers do the work while it loads: they keep the invoices' totals, normalize e-mails, refuse empty lines and write an audit.
//! What they did is then checked against the file's own figures; a file that is wrong in any way leaves no row behind.
//!
//! Run it with `cargo run --example chinook -- path/to/chinook.json`.

mod catalog;
mod cents;
mod failure;
mod loading;
mod models;
mod options;
mod receivers;
mod row;
mod source;
mod summary;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use signals::{Db, Error, Result};

use catalog::Catalog;
use failure::Failure;
use options::{Options, Request, USAGE};
use summary::Summary;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options::parse(env::args_os().skip(1)) {
        Ok(Request::Load(options)) => options,
        Ok(Request::Help) => return say(USAGE),
        Err(problem) => {
            eprintln!("error: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options).await {
        Ok(summary) => say(&summary.to_string()),
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the whole file before it connects, so that a file of the wrong shape never reaches the database.
async fn run(options: &Options) -> Result<Summary, Failure> {
    let mut catalog = Catalog::read(&options.path)?;
    let db = Db::connect(&options.database).await?;
    let outcome = fill(&db, &mut catalog).await;
    // The process ends after this, and a connection of a file should be closed properly before.
    db.close().await;
    Ok(outcome?)
}

/// Loads and checks in one transaction: what fails in either is rolled back with everything before it.
async fn fill(db: &Db, catalog: &mut Catalog) -> Result<Summary> {
    models::create_tables(db).await?;
    db.atomic(|tx| async move {
        let start = Instant::now();
        loading::load(catalog, &tx).await.map_err(Error::other)?;
        let elapsed = start.elapsed();
        summary::check(catalog, &tx, elapsed).await.map_err(Error::other)
    })
    .await
}

/// Prints to a standard output that may be closed, as `| head` does, where `println!` would panic.
fn say(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
