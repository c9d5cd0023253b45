//! What was loaded, checked against the file and worded for people.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use indicatif::HumanCount;
use signals::{Entity as _, ModelMeta, Tx};
use sqlx::AssertSqlSafe;

use crate::catalog::{Catalog, Count};
use crate::cents::Cents;
use crate::failure::{Failure, FieldError};
use crate::models::{AuditEntry, Invoice};
use crate::source::Sourced;

/// A load that went well.
pub(crate) struct Summary {
    tables: [Count; 11],
    rows: u64,
    invoices: u64,
    total: Cents,
    elapsed: Duration,
}

/// Compares the database with the file: the rows of every model, the invoices' totals, and the audit.
pub(crate) async fn check(catalog: &Catalog, tx: &Tx, elapsed: Duration) -> Result<Summary, Failure> {
    let tables = catalog.counts();
    for Count { meta, rows } in &tables {
        same_count(&format!("rows of `{}`", meta.name()), *rows, stored(meta, tx).await?)?;
    }
    let rows = catalog.rows();
    same_count("audit rows, one for each row", rows, stored(AuditEntry::meta(), tx).await?)?;
    let invoices = catalog.invoices.len() as u64;
    let total = check_totals(catalog, tx).await?;
    Ok(Summary { tables, rows: rows as u64, invoices, total, elapsed })
}

/// Compares every invoice's kept total with the one in the file, and adds them up.
async fn check_totals(catalog: &Catalog, tx: &Tx) -> Result<Cents, Failure> {
    let kept: Vec<Invoice> = sqlx::query_as("SELECT * FROM invoice").fetch_all(&mut *tx.sqlite().await?).await?;
    let kept: HashMap<i64, Cents> = kept.into_iter().map(|invoice| (invoice.id, invoice.total)).collect();
    let mut sum = Cents::default();
    for Sourced { place, record: Invoice { id, billed, .. } } in &catalog.invoices {
        let total = kept.get(id).copied().unwrap_or_default();
        let wrong = |problem| place.failed(FieldError::new("Total", problem));
        if total != *billed {
            return Err(wrong(format!("is {billed}, but its lines add up to {total}")));
        }
        sum = sum.plus(total).ok_or_else(|| wrong("is too large to be added to the others".into()))?;
    }
    Ok(sum)
}

/// How many rows the database has of a model.
async fn stored(meta: &ModelMeta, tx: &Tx) -> Result<i64, Failure> {
    // The table's name is the program's own.
    let query = AssertSqlSafe(format!("SELECT COUNT(*) FROM {}", meta.table()));
    Ok(sqlx::query_scalar(query).fetch_one(&mut *tx.sqlite().await?).await?)
}

fn same_count(what: &str, file: usize, database: i64) -> Result<(), Failure> {
    if i64::try_from(file) == Ok(database) {
        return Ok(());
    }
    Err(Failure::Check { what: what.into(), file: file.to_string(), database: database.to_string() })
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = HumanCount(self.rows).to_string();
        writeln!(f, "{:<14} {:>8}", "model", "rows")?;
        for Count { meta, rows } in &self.tables {
            writeln!(f, "{:<14} {:>8}", meta.name(), HumanCount(*rows as u64).to_string())?;
        }
        writeln!(f, "{:<14} {rows:>8}\n", "all")?;

        let (invoices, total) = (HumanCount(self.invoices), self.total);
        writeln!(f, "invoices       {invoices}, every kept total equal to the file's own, {total} in all")?;
        writeln!(f, "audit rows     {rows}, one for each row created")?;
        let seconds = self.elapsed.as_secs_f64();
        write!(f, "speed          {} rows per second ({rows} in {seconds:.2} s)", HumanCount(self.per_second()))
    }
}

impl Summary {
    fn per_second(&self) -> u64 {
        let rate = u128::from(self.rows) * 1_000_000 / self.elapsed.as_micros().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX)
    }
}
