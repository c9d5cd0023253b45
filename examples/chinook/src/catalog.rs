//! The whole file, read into models.

use std::path::Path;

use signals::ModelMeta;

use crate::failure::Failure;
use crate::models::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, PlaylistTracks, Track,
};
use crate::source::{Record, Source, Table};

/// Every table of the store.
pub(crate) struct Catalog {
    pub(crate) genres: Table<Genre>,
    pub(crate) media_types: Table<MediaType>,
    pub(crate) artists: Table<Artist>,
    pub(crate) albums: Table<Album>,
    pub(crate) tracks: Table<Track>,
    pub(crate) employees: Table<Employee>,
    pub(crate) customers: Table<Customer>,
    pub(crate) invoices: Table<Invoice>,
    pub(crate) invoice_lines: Table<InvoiceLine>,
    pub(crate) playlists: Table<Playlist>,
    pub(crate) playlist_tracks: Table<PlaylistTracks>,
}

/// Returns the number of rows of a model in the file.
pub(crate) struct Count {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) rows: u64,
}

impl Catalog {
    /// Reads a file. Returns an error for the first mistake in it.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let mut source = Source::open(path)?;
        let catalog = Self {
            genres: source.table()?,
            media_types: source.table()?,
            artists: source.table()?,
            albums: source.table()?,
            tracks: source.table()?,
            employees: source.table()?,
            customers: source.table()?,
            invoices: source.table()?,
            invoice_lines: source.table()?,
            playlists: source.table()?,
            playlist_tracks: source.table()?,
        };
        source.finish()?;
        Ok(catalog)
    }

    /// Returns the rows of each model, in the order they are loaded.
    pub(crate) fn counts(&self) -> [Count; 11] {
        [
            count(&self.genres),
            count(&self.media_types),
            count(&self.artists),
            count(&self.albums),
            count(&self.tracks),
            count(&self.employees),
            count(&self.customers),
            count(&self.invoices),
            count(&self.invoice_lines),
            count(&self.playlists),
            count(&self.playlist_tracks),
        ]
    }

    /// Returns all rows of all models.
    pub(crate) fn rows(&self) -> u64 {
        self.counts().iter().map(|count| count.rows).sum()
    }

    /// Returns the number of rows that are saved as instances. Links are not.
    pub(crate) fn saved(&self) -> u64 {
        self.rows() - self.playlist_tracks.records.len() as u64
    }
}

fn count<R: Record>(table: &Table<R>) -> Count {
    Count { meta: R::meta(), rows: table.records.len() as u64 }
}
