//! The load: one save per row, with its signals.

use indicatif::{ProgressBar, ProgressStyle};
use signals::{Error, Tx};

use crate::catalog::Catalog;
use crate::failure::{Failure, FieldError};
use crate::source::{Record, Sourced};

/// Saves every row, parents first.
pub(crate) async fn load(catalog: &mut Catalog, tx: &Tx) -> Result<(), Failure> {
    let progress = progress(catalog.rows());
    save_all(&mut catalog.genres, tx, &progress).await?;
    save_all(&mut catalog.media_types, tx, &progress).await?;
    save_all(&mut catalog.artists, tx, &progress).await?;
    save_all(&mut catalog.albums, tx, &progress).await?;
    save_all(&mut catalog.tracks, tx, &progress).await?;
    save_all(&mut catalog.employees, tx, &progress).await?;
    save_all(&mut catalog.customers, tx, &progress).await?;
    save_all(&mut catalog.invoices, tx, &progress).await?;
    save_all(&mut catalog.invoice_lines, tx, &progress).await?;
    save_all(&mut catalog.playlists, tx, &progress).await?;
    save_all(&mut catalog.playlist_tracks, tx, &progress).await?;
    progress.finish_and_clear();
    Ok(())
}

/// Saves the rows of one model.
async fn save_all<R: Record>(rows: &mut [Sourced<R>], tx: &Tx, progress: &ProgressBar) -> Result<(), Failure> {
    progress.set_message(R::meta().name());
    for Sourced { place, record } in rows {
        // Every row brings its key, so a plain save would try an UPDATE first, and change the earlier of two rows that share
        // a key. This is one INSERT each, and such a row is an error.
        let saved = record.save(tx).force_insert().await;
        saved.map_err(|error| match field_at_fault::<R>(&error) {
            Some(fault) => place.failed(fault),
            None => place.failed(error),
        })?;
        progress.inc(1);
    }
    Ok(())
}

/// The field to blame, where one is known: a receiver said so, or the key is taken.
fn field_at_fault<R: Record>(error: &Error) -> Option<FieldError> {
    if let Some(refused) = error.find::<FieldError>() {
        return Some(refused.clone());
    }
    let database = error.find::<sqlx::Error>()?.as_database_error()?;
    // Keys are all that is unique here.
    database.is_unique_violation().then(|| FieldError::new(R::KEY.join("`, `"), format!("is taken: {database}")))
}

/// A bar on standard error; indicatif hides it where that is no terminal.
fn progress(rows: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:14} {bar:40} {human_pos}/{human_len} {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(rows as u64).with_style(style)
}
