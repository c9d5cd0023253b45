//! The last step: deletes the artist with the most albums, and everything that depends on it.

use signals::model::Deleted;
use signals::{Model as _, Tx};

use crate::catalog::{Catalog, Count};
use crate::check::{same, stored};
use crate::failure::Failure;
use crate::models::Artist;
use crate::{sql, tally};

/// The rows to be deleted with an artist by the models' `on_delete`, counted by plain SQL.
const GOES: [(&str, &str); 4] = [
    ("Artist", "SELECT COUNT(*) FROM artist WHERE id ="),
    ("Album", "SELECT COUNT(*) FROM album WHERE artist_id ="),
    ("Track", "SELECT COUNT(*) FROM track JOIN album ON album.id = album_id WHERE artist_id ="),
    (
        "PlaylistTracks",
        "SELECT COUNT(*) FROM playlist_tracks JOIN track ON track.id = track_id JOIN album ON album.id = album_id
         WHERE artist_id =",
    ),
];

/// The rows that stay, without their track.
const SOLD: &str =
    "SELECT COUNT(*) FROM invoice_line JOIN track ON track.id = track_id JOIN album ON album.id = album_id
     WHERE artist_id =";

const MOST_ALBUMS: &str = "SELECT artist.id FROM artist JOIN album ON artist_id = artist.id GROUP BY artist.id
     ORDER BY COUNT(*) DESC, artist.id LIMIT 1";

/// A successful delete.
pub(crate) struct Deletion {
    pub(crate) artist: Artist,
    pub(crate) deleted: Deleted,
    /// The invoice lines that lost the reference to their track.
    pub(crate) lines: u64,
}

/// Deletes the artist with the most albums, if an artist has any.
///
/// The deleted rows, the signals and the remaining rows are compared with the counts of plain SQL.
pub(crate) async fn delete_greatest(catalog: &Catalog, tx: &Tx) -> Result<Option<Deletion>, Failure> {
    let Some(key) = sql::number(tx, MOST_ALBUMS).await? else { return Ok(None) };
    let artist = Artist::get(tx, key).await?;
    let lines = sql::count(tx, &format!("{SOLD} {key}")).await?;
    let mut expected = Vec::new();
    for (model, query) in GOES {
        expected.push((model, sql::count(tx, &format!("{query} {key}")).await?));
    }

    let deleted = artist.delete(tx).await?;

    for Count { meta, rows } in catalog.counts() {
        let name = meta.name();
        let goes = expected.iter().find(|(model, _)| *model == name).map_or(0, |(_, rows)| *rows);
        let reported = deleted.by_model().get(name).copied().unwrap_or_default();
        same(format!("rows of `{name}` deleted"), goes, reported)?;
        same(format!("rows of `{name}` that pre_delete reported"), goes, tally::count("pre_delete", name))?;
        same(format!("rows of `{name}` that post_delete reported"), goes, tally::count("post_delete", name))?;
        same(format!("rows of `{name}` left"), rows - goes, stored(meta, tx).await?)?;
    }
    let without_track = sql::count(tx, "SELECT COUNT(*) FROM invoice_line WHERE track_id IS NULL").await?;
    same("invoice lines without a track", lines, without_track)?;
    Ok(Some(Deletion { artist, deleted, lines }))
}
