//! The conversion of each table's rows into models.

use crate::cents::Cents;
use crate::failure::FieldError;
use crate::models::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, PlaylistTracks, Track,
};
use crate::row::Row;
use crate::source::Record;

impl Record for Genre {
    const TABLE: &'static str = "Genre";
    const KEY: &'static [&'static str] = &["GenreId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("GenreId")?, name: row.take("Name")? })
    }
}

impl Record for MediaType {
    const TABLE: &'static str = "MediaType";
    const KEY: &'static [&'static str] = &["MediaTypeId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("MediaTypeId")?, name: row.take("Name")? })
    }
}

impl Record for Artist {
    const TABLE: &'static str = "Artist";
    const KEY: &'static [&'static str] = &["ArtistId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("ArtistId")?, name: row.take("Name")? })
    }
}

impl Record for Album {
    const TABLE: &'static str = "Album";
    const KEY: &'static [&'static str] = &["AlbumId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("AlbumId")?, title: row.take("Title")?, artist_id: row.take_key("ArtistId")? })
    }
}

impl Record for Track {
    const TABLE: &'static str = "Track";
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
    const TABLE: &'static str = "Employee";
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
    const TABLE: &'static str = "Customer";
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
    const TABLE: &'static str = "Invoice";
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
    const TABLE: &'static str = "InvoiceLine";
    const KEY: &'static [&'static str] = &["InvoiceLineId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self {
            id: row.take_key("InvoiceLineId")?,
            invoice_id: row.take_key("InvoiceId")?,
            track_id: Some(row.take_key("TrackId")?),
            unit_price: row.take("UnitPrice")?,
            quantity: row.take("Quantity")?,
        })
    }
}

impl Record for Playlist {
    const TABLE: &'static str = "Playlist";
    const KEY: &'static [&'static str] = &["PlaylistId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: row.take_key("PlaylistId")?, name: row.take("Name")? })
    }
}

impl Record for PlaylistTracks {
    const TABLE: &'static str = "PlaylistTrack";
    const KEY: &'static [&'static str] = &["PlaylistId", "TrackId"];

    fn read(row: &mut Row) -> Result<Self, FieldError> {
        Ok(Self { id: 0, playlist_id: row.take_key("PlaylistId")?, track_id: row.take_key("TrackId")? })
    }
}
