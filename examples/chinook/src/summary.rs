//! The summary of what was loaded, checked and deleted.

use std::fmt;
use std::time::Duration;

use indicatif::HumanCount;

use crate::catalog::Count;
use crate::cents::Cents;
use crate::deletion::Deletion;

/// A successful run.
pub(crate) struct Summary {
    pub(crate) tables: [Count; 11],
    pub(crate) rows: u64,
    /// The rows that were saved as instances; the others are links.
    pub(crate) saved: u64,
    pub(crate) invoices: u64,
    pub(crate) total: Cents,
    pub(crate) elapsed: Duration,
    pub(crate) deletion: Option<Deletion>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tables, rows, saved, invoices, total, elapsed, deletion } = self;
        let deleted = deletion.as_ref().map(|deletion| &deletion.deleted);
        let deleted_of = |name| deleted.and_then(|deleted| deleted.by_model().get(name)).copied().unwrap_or_default();
        writeln!(f, "{:<14} {:>8} {:>8} {:>8}", "model", "rows", "deleted", "left")?;
        for Count { meta, rows } in tables {
            line(f, meta.name(), *rows, deleted_of(meta.name()))?;
        }
        line(f, "all", *rows, deleted.map_or(0, signals::model::Deleted::rows))?;

        let [rows, saved, links, invoices] = [*rows, *saved, rows - saved, *invoices].map(HumanCount);
        writeln!(f, "\ninvoices       {invoices}, every kept total equal to the file's own, {total} in all")?;
        writeln!(f, "receipts       {invoices}, one for each invoice, when all was committed")?;
        writeln!(f, "audit rows     {saved}, one for each row saved")?;
        writeln!(f, "playlists      {links} tracks added, in each as many as in the file")?;
        match deletion {
            Some(deletion) => writeln!(f, "deleted        {deletion}")?,
            None => writeln!(f, "deleted        nothing, since no artist has an album")?,
        }
        let seconds = elapsed.as_secs_f64();
        write!(f, "speed          {} rows per second ({rows} in {seconds:.2} s)", HumanCount(self.per_second()))
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, rows: u64, deleted: u64) -> fmt::Result {
    let [all, deleted, left] = [rows, deleted, rows - deleted].map(|count| HumanCount(count).to_string());
    writeln!(f, "{name:<14} {all:>8} {deleted:>8} {left:>8}")
}

impl fmt::Display for Deletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, rows, lines) = (&self.artist.name, HumanCount(self.deleted.rows()), HumanCount(self.lines));
        write!(
            f,
            "{name}, {rows} rows, as counted before and by receivers; {lines} invoice lines stay, without a track"
        )
    }
}

impl Summary {
    fn per_second(&self) -> u64 {
        let rate = u128::from(self.rows) * 1_000_000 / self.elapsed.as_micros().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX)
    }
}
