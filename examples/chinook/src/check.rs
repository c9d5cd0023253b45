//! Compares the database after the load with the file.

use std::collections::HashMap;

use signals::model::Entity as _;
use signals::{Model as _, ModelMeta, Tx};

use crate::catalog::{Catalog, Count};
use crate::cents::Cents;
use crate::failure::{Failure, FieldError};
use crate::models::{AuditEntry, Invoice, PlaylistTracks};
use crate::{sql, tally};

/// Compares the database with the file: the rows of every model, the audit, the tracks of every playlist, and
/// the invoices' totals.
///
/// Returns the sum of all invoices.
pub(crate) async fn loaded(catalog: &Catalog, tx: &Tx) -> Result<Cents, Failure> {
    playlists(catalog, tx).await?;
    for Count { meta, rows } in catalog.counts() {
        let stored = stored(meta, tx).await?;
        same(format!("rows of `{}`", meta.name()), rows, stored)?;
    }
    let audited = stored(AuditEntry::meta(), tx).await?;
    same("audit rows, one for each row saved", catalog.saved(), audited)?;
    totals(catalog, tx).await
}

/// Compares the tracks of each playlist, and the number of links in the signals.
async fn playlists(catalog: &Catalog, tx: &Tx) -> Result<(), Failure> {
    let links = &catalog.playlist_tracks.records;
    for playlist in &catalog.playlists.records {
        let listed = links.iter().filter(|link| link.playlist_id == playlist.id).count() as u64;
        let tracks = playlist.tracks().count(tx).await?;
        same(format!("tracks of playlist {} ({})", playlist.id, playlist.name), listed, tracks)?;
    }
    let counted = tally::count("m2m_changed", PlaylistTracks::meta().name());
    same("links that m2m_changed reported", links.len() as u64, counted)
}

/// Compares every invoice's stored total with the one in the file, and adds them up.
async fn totals(catalog: &Catalog, tx: &Tx) -> Result<Cents, Failure> {
    let kept = Invoice::objects().all(tx).await?;
    let kept: HashMap<i64, Cents> = kept.into_iter().map(|invoice| (invoice.id, invoice.total)).collect();
    let mut sum = Cents::default();
    for (place, Invoice { id, billed, .. }) in catalog.invoices.places.iter().zip(&catalog.invoices.records) {
        let total = kept.get(id).copied().unwrap_or_default();
        let wrong = |problem| place.failed(FieldError::new("Total", problem));
        if total != *billed {
            return Err(wrong(format!("is {billed}, but its lines add up to {total}")));
        }
        sum = sum.plus(total).ok_or_else(|| wrong("is too large to be added to the others".into()))?;
    }
    Ok(sum)
}

/// Returns the number of a model's rows in the database.
pub(crate) async fn stored(meta: &ModelMeta, tx: &Tx) -> Result<u64, Failure> {
    Ok(sql::count(tx, &format!("SELECT COUNT(*) FROM {}", meta.table())).await?)
}

/// Returns an error if two counts differ.
pub(crate) fn same(what: impl Into<String>, expected: u64, found: u64) -> Result<(), Failure> {
    if expected == found { Ok(()) } else { Err(Failure::Check { what: what.into(), expected, found }) }
}
