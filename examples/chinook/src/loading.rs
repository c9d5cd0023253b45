//! The load: rows in bulk, with the signals of each, and links through the relation.

use indicatif::{ProgressBar, ProgressStyle};
use signals::{Error, Model as _, Tx};

use crate::catalog::Catalog;
use crate::failure::{Failure, FieldError, Place};
use crate::models::{Playlist, PlaylistTracks};
use crate::source::{Record, Table};

/// The number of rows that are written between two steps of the progress bar.
const BATCH: usize = 500;

/// Writes every row, parents first, and then the links.
pub(crate) async fn load(catalog: &mut Catalog, tx: &Tx) -> Result<(), Failure> {
    let progress = progress(catalog.rows());
    create(&mut catalog.genres, tx, &progress).await?;
    create(&mut catalog.media_types, tx, &progress).await?;
    create(&mut catalog.artists, tx, &progress).await?;
    create(&mut catalog.albums, tx, &progress).await?;
    create(&mut catalog.tracks, tx, &progress).await?;
    create(&mut catalog.employees, tx, &progress).await?;
    create(&mut catalog.customers, tx, &progress).await?;
    create(&mut catalog.invoices, tx, &progress).await?;
    create(&mut catalog.invoice_lines, tx, &progress).await?;
    create(&mut catalog.playlists, tx, &progress).await?;
    link(&catalog.playlist_tracks, tx, &progress).await?;
    progress.finish_and_clear();
    Ok(())
}

/// Writes the rows of one model.
async fn create<R: Record>(table: &mut Table<R>, tx: &Tx, progress: &ProgressBar) -> Result<(), Failure> {
    progress.set_message(R::meta().name());
    for (places, records) in table.places.chunks(BATCH).zip(table.records.chunks_mut(BATCH)) {
        if let Err(error) = R::bulk_create(tx, records).await {
            return Err(row_at_fault(places, records, tx).await.unwrap_or(error.into()));
        }
        progress.inc(records.len() as u64);
    }
    Ok(())
}

/// Returns the row for which a batch failed. The batch was undone, so its rows are saved one by one until one
/// fails.
async fn row_at_fault<R: Record>(places: &[Place], records: &mut [R], tx: &Tx) -> Option<Failure> {
    for (place, record) in places.iter().zip(records) {
        // Every row has its key, so a plain save would try an UPDATE first. If two rows share a key, it would
        // change the earlier one.
        if let Err(error) = record.save(tx).force_insert().await {
            return Some(match field_at_fault::<R>(&error) {
                Some(fault) => place.failed(fault),
                None => place.failed(error),
            });
        }
    }
    None
}

/// Returns the field with the error, if it is known: a receiver named it, or the key is taken.
fn field_at_fault<R: Record>(error: &Error) -> Option<FieldError> {
    if let Some(refused) = error.find::<FieldError>() {
        return Some(refused.clone());
    }
    let database = error.find::<sqlx::Error>()?.as_database_error()?;
    // Only keys are unique here.
    database.is_unique_violation().then(|| FieldError::new(R::KEY.join("`, `"), format!("is taken: {database}")))
}

/// Puts the tracks into their playlists, with one call for each playlist.
async fn link(links: &Table<PlaylistTracks>, tx: &Tx, progress: &ProgressBar) -> Result<(), Failure> {
    progress.set_message(PlaylistTracks::TABLE);
    let mut places = links.places.iter();
    for links in links.records.chunk_by(|one, next| one.playlist_id == next.playlist_id) {
        let places: Vec<&Place> = places.by_ref().take(links.len()).collect();
        let playlist = Playlist::get(tx, links[0].playlist_id).await.map_err(|error| places[0].failed(error))?;
        if let Err(error) = playlist.tracks().add(tx, links.iter().map(|link| link.track_id)).await {
            // One by one, as with rows, to find the link that failed.
            for (place, link) in places.iter().zip(links) {
                playlist.tracks().add(tx, [link.track_id]).await.map_err(|error| place.failed(error))?;
            }
            return Err(error.into());
        }
        progress.inc(links.len() as u64);
    }
    Ok(())
}

/// Returns a bar on standard error. indicatif hides it if that is not a terminal.
fn progress(rows: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:14} {bar:40} {human_pos}/{human_len} {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(rows).with_style(style)
}
