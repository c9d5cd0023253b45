//! The store's tables, and the audit's.

use chrono::NaiveDateTime;
use signals::{Db, Model, Result};

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
    pub(crate) artist_id: i64,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct Track {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) album_id: Option<i64>,
    pub(crate) media_type_id: i64,
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
    /// Nobody is above the general manager.
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
    pub(crate) support_rep_id: Option<i64>,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct Invoice {
    pub(crate) id: i64,
    pub(crate) customer_id: i64,
    pub(crate) date: NaiveDateTime,
    pub(crate) billing_address: Option<String>,
    pub(crate) billing_city: Option<String>,
    pub(crate) billing_state: Option<String>,
    pub(crate) billing_country: Option<String>,
    pub(crate) billing_postal_code: Option<String>,
    /// What the file says the invoice comes to.
    pub(crate) billed: Cents,
    /// What its lines add up to: zero at first, then kept by a receiver.
    pub(crate) total: Cents,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct InvoiceLine {
    pub(crate) id: i64,
    #[model(index)]
    pub(crate) invoice_id: i64,
    pub(crate) track_id: i64,
    pub(crate) unit_price: Cents,
    pub(crate) quantity: i64,
}

#[derive(Debug, Clone, Model)]
pub(crate) struct Playlist {
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// A track's place in a playlist. The file knows it by both keys; a model has one key, so it gets one of its own.
#[derive(Debug, Clone, Model)]
pub(crate) struct PlaylistTrack {
    pub(crate) id: i64,
    pub(crate) playlist_id: i64,
    pub(crate) track_id: i64,
}

/// One row was created.
#[derive(Debug, Clone, Model)]
pub(crate) struct AuditEntry {
    pub(crate) id: i64,
    pub(crate) model: String,
    pub(crate) key: String,
}

/// Makes every table, and the one index that the models cannot say: a track is in a playlist once.
pub(crate) async fn create_tables(db: &Db) -> Result<()> {
    db.create_tables().await?;
    sqlx::query("CREATE UNIQUE INDEX IF NOT EXISTS playlist_track_once ON playlist_track (playlist_id, track_id)")
        .execute(db.sqlite()?)
        .await?;
    Ok(())
}
