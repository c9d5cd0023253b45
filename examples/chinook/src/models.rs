//! The store's tables with their references, and the table of the audit.
//!
//! `on_delete` is what a delete of the referenced row does with a row.

use chrono::NaiveDateTime;
use signals::Model;

use crate::cents::Cents;

#[derive(Debug, Clone, Model)]
pub(crate) struct Genre {
    pub(crate) id: i64,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct MediaType {
    pub(crate) id: i64,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct Artist {
    pub(crate) id: i64,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct Album {
    pub(crate) id: i64,
    pub(crate) title: String,
    #[model(references = Artist, on_delete = cascade)]
    pub(crate) artist_id: i64,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct Track {
    pub(crate) id: i64,
    pub(crate) name: String,
    #[model(references = Album, on_delete = cascade)]
    pub(crate) album_id: Option<i64>,
    #[model(references = MediaType, on_delete = protect)]
    pub(crate) media_type_id: i64,
    #[model(references = Genre, on_delete = set_null)]
    pub(crate) genre_id: Option<i64>,
    pub(crate) composer: Option<String>,
    pub(crate) milliseconds: i64,
    pub(crate) bytes: Option<i64>,
    pub(crate) unit_price: Cents,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct Employee {
    pub(crate) id: i64,
    pub(crate) last_name: String,
    pub(crate) first_name: String,
    pub(crate) title: Option<String>,
    /// The general manager reports to no one.
    #[model(references = Self, on_delete = set_null)]
    pub(crate) reports_to: Option<i64>,
    pub(crate) birth_date: Option<NaiveDateTime>,
    pub(crate) hire_date: Option<NaiveDateTime>,
    pub(crate) address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) fax: Option<String>,
    pub(crate) email: String,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct Customer {
    pub(crate) id: i64,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) company: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) fax: Option<String>,
    pub(crate) email: String,
    #[model(references = Employee, on_delete = set_null)]
    pub(crate) support_rep_id: Option<i64>,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct Invoice {
    pub(crate) id: i64,
    #[model(references = Customer, on_delete = protect)]
    pub(crate) customer_id: i64,
    pub(crate) date: NaiveDateTime,
    pub(crate) billing_address: Option<String>,
    pub(crate) billing_city: Option<String>,
    pub(crate) billing_state: Option<String>,
    pub(crate) billing_country: Option<String>,
    pub(crate) billing_postal_code: Option<String>,
    /// The invoice's total in the file.
    pub(crate) billed: Cents,
    /// The sum of its lines: zero at first, then updated by a receiver.
    pub(crate) total: Cents,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct InvoiceLine {
    pub(crate) id: i64,
    #[model(references = Invoice, on_delete = cascade)]
    pub(crate) invoice_id: i64,
    /// The sold track. A line was paid for even if the store no longer has the track, so the line stays.
    #[model(references = Track, on_delete = set_null)]
    pub(crate) track_id: Option<i64>,
    pub(crate) unit_price: Cents,
    pub(crate) quantity: i64,
}

/// A playlist's tracks are links: rows of the model `PlaylistTracks`, which the derive generates.
#[derive(Debug, Clone, Model)]
#[model(many_to_many(tracks: Track, related = playlists))]
pub(crate) struct Playlist {
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// A row that was saved for the first time.
#[derive(Debug, Clone, Model)]
pub(crate) struct AuditEntry {
    pub(crate) id: i64,
    pub(crate) model: String,
    pub(crate) key: String,
}
