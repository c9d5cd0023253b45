//! The Chinook media store: 11 tables and up to 15,607 rows from one JSON file, loaded in bulk in one
//! transaction. Then the artist with the most albums is deleted, with all dependent rows.
//!
//! Meanwhile receivers keep the invoices' totals, normalize e-mails, refuse empty lines, write an audit, and
//! send receipts after the commit. Their results are checked against the file's own figures, and the delete
//! against plain SQL. A file with any mistake leaves no row behind.
//!
//! Run it with `cargo run -p chinook -- examples/chinook/data/small.json`, and on another database with
//! `--database URL` before the path. The small file is a part of the data. The whole file loads 15,607 rows
//! in the same way.

mod catalog;
mod cents;
mod check;
mod deletion;
mod failure;
mod loading;
mod models;
mod options;
mod receivers;
mod records;
mod row;
mod source;
mod sql;
mod summary;
mod tally;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use signals::{Db, Error, Result, Tx};

use catalog::Catalog;
use cents::Cents;
use deletion::Deletion;
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

/// Reads the whole file before it connects, so that a file of the wrong form never reaches the database.
async fn run(options: &Options) -> Result<Summary, Failure> {
    let mut catalog = Catalog::read(&options.path)?;
    let db = Db::connect(&options.database).await?;
    let outcome = fill(&db, &mut catalog).await;
    // The process ends after this, so the connection to a file is closed properly first.
    let closed = db.close().await;
    let summary = outcome?;
    closed?;
    Ok(summary)
}

async fn fill(db: &Db, catalog: &mut Catalog) -> Result<Summary, Failure> {
    db.create_tables().await?;
    let start = Instant::now();
    let total = db.atomic(|tx| load(catalog, tx)).await?;
    let elapsed = start.elapsed();

    let invoices = catalog.invoices.records.len() as u64;
    check::same("receipts, one for each invoice", invoices, tally::count("post_save on_commit", "Invoice"))?;
    let deletion = db.atomic(|tx| delete(catalog, tx)).await?;
    let (tables, rows, saved) = (catalog.counts(), catalog.rows(), catalog.saved());
    Ok(Summary { tables, rows, saved, invoices, total, elapsed, deletion })
}

/// Loads and checks. If either fails, everything before it is rolled back.
async fn load(catalog: &mut Catalog, tx: Tx) -> Result<Cents> {
    loading::load(catalog, &tx).await.map_err(Error::other)?;
    check::loaded(catalog, &tx).await.map_err(Error::other)
}

/// Deletes and checks, with the same rollback.
async fn delete(catalog: &Catalog, tx: Tx) -> Result<Option<Deletion>> {
    deletion::delete_greatest(catalog, &tx).await.map_err(Error::other)
}

/// Prints to a standard output that may be closed, as by `| head`; `println!` would panic.
fn say(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
