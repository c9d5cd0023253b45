//! The whole file, read into models.

use std::path::Path;

use crate::cents::Cents;
use crate::failure::{Failure, FieldError};
use crate::models::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, PlaylistTrack, Track,
};
use crate::row::Row;
use crate::source::{Record, Source, Sourced};
use signals::ModelMeta;

/// Every table of the store.
pub(crate) struct Catalog {
    pub(crate) genres: Vec<Sourced<Genre>>,
    pub(crate) media_types: Vec<Sourced<MediaType>>,
    pub(crate) artists: Vec<Sourced<Artist>>,
    pub(crate) albums: Vec<Sourced<Album>>,
    pub(crate) tracks: Vec<Sourced<Track>>,
    pub(crate) employees: Vec<Sourced<Employee>>,
    pub(crate) customers: Vec<Sourced<Customer>>,
    pub(crate) invoices: Vec<Sourced<Invoice>>,
    pub(crate) invoice_lines: Vec<Sourced<InvoiceLine>>,
    pub(crate) playlists: Vec<Sourced<Playlist>>,
    pub(crate) playlist_tracks: Vec<Sourced<PlaylistTrack>>,
}

/// How many rows the file has of a model.
pub(crate) struct Count {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) rows: usize,
}

impl Catalog {
    /// Reads a file; the first thing that is wrong with it is the error.
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

    /// The rows of each model, in the order they are loaded.
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

    /// All rows of all models.
    pub(crate) fn rows(&self) -> usize {
        self.counts().iter().map(|count| count.rows).sum()
    }
}

fn count<R: Record>(rows: &[Sourced<R>]) -> Count {
    Count { meta: R::meta(), rows: rows.len() }
}

impl Record for Genre {
    const KEY: &'static [&'static str] = &["GenreId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("GenreId")?, name: row.take("Name")? })
    }
}

impl Record for MediaType {
    const KEY: &'static [&'static str] = &["MediaTypeId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("MediaTypeId")?, name: row.take("Name")? })
    }
}

impl Record for Artist {
    const KEY: &'static [&'static str] = &["ArtistId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("ArtistId")?, name: row.take("Name")? })
    }
}

impl Record for Album {
    const KEY: &'static [&'static str] = &["AlbumId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("AlbumId")?, title: row.take("Title")?, artist_id: row.take_key("ArtistId")? })
    }
}

impl Record for Track {
    const KEY: &'static [&'static str] = &["TrackId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self {
            id: row.take_key("TrackId")?,
            name: row.take("Name")?,
            album_id: row.take("AlbumId")?,
            media_type_id: row.take_key("MediaTypeId")?,
            genre_id: row.take("GenreId")?,
            composer: row.take("Composer")?,
            milliseconds: row.take("Milliseconds")?,
            bytes: row.take("Bytes")?,
            unit_price: row.take("UnitPrice")?,
        })
    }
}

impl Record for Employee {
    const KEY: &'static [&'static str] = &["EmployeeId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self {
            id: row.take_key("EmployeeId")?,
            last_name: row.take("LastName")?,
            first_name: row.take("FirstName")?,
            title: row.take("Title")?,
            reports_to: row.take("ReportsTo")?,
            birth_date: row.take("BirthDate")?,
            hire_date: row.take("HireDate")?,
            address: row.take("Address")?,
            city: row.take("City")?,
            state: row.take("State")?,
            country: row.take("Country")?,
            postal_code: row.take("PostalCode")?,
            phone: row.take("Phone")?,
            fax: row.take("Fax")?,
            email: row.take("Email")?,
        })
    }
}

impl Record for Customer {
    const KEY: &'static [&'static str] = &["CustomerId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self {
            id: row.take_key("CustomerId")?,
            first_name: row.take("FirstName")?,
            last_name: row.take("LastName")?,
            company: row.take("Company")?,
            address: row.take("Address")?,
            city: row.take("City")?,
            state: row.take("State")?,
            country: row.take("Country")?,
            postal_code: row.take("PostalCode")?,
            phone: row.take("Phone")?,
            fax: row.take("Fax")?,
            email: row.take("Email")?,
            support_rep_id: row.take("SupportRepId")?,
        })
    }
}

impl Record for Invoice {
    const KEY: &'static [&'static str] = &["InvoiceId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self {
            id: row.take_key("InvoiceId")?,
            customer_id: row.take_key("CustomerId")?,
            date: row.take("InvoiceDate")?,
            billing_address: row.take("BillingAddress")?,
            billing_city: row.take("BillingCity")?,
            billing_state: row.take("BillingState")?,
            billing_country: row.take("BillingCountry")?,
            billing_postal_code: row.take("BillingPostalCode")?,
            billed: row.take("Total")?,
            total: Cents::default(),
        })
    }
}

impl Record for InvoiceLine {
    const KEY: &'static [&'static str] = &["InvoiceLineId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self {
            id: row.take_key("InvoiceLineId")?,
            invoice_id: row.take_key("InvoiceId")?,
            track_id: row.take_key("TrackId")?,
            unit_price: row.take("UnitPrice")?,
            quantity: row.take("Quantity")?,
        })
    }
}

impl Record for Playlist {
    const KEY: &'static [&'static str] = &["PlaylistId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("PlaylistId")?, name: row.take("Name")? })
    }
}

impl Record for PlaylistTrack {
    const KEY: &'static [&'static str] = &["PlaylistId", "TrackId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: 0, playlist_id: row.take_key("PlaylistId")?, track_id: row.take_key("TrackId")? })
    }
}
