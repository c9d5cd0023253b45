//! The real data, a small store, and files with one mistake each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub, reason = "tests")]

mod broken;
mod real;
mod small;
mod usage;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use program::{Ended, run};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tempfile::TempDir;

/// The program.
const CHINOOK: &str = env!("CARGO_BIN_EXE_chinook");

/// A folder with a data file, and a database file that the example fills.
pub(crate) struct Store {
    folder: TempDir,
}

impl Store {
    /// Returns a store with this data file.
    pub fn of(data: &Value) -> Self {
        Self::of_text(&data.to_string())
    }

    pub fn of_text(text: &str) -> Self {
        let store = Self::without_data();
        fs::write(store.data(), text).unwrap();
        store
    }

    /// Returns a store whose data file does not exist.
    pub fn without_data() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data.json")
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    /// Loads the data file into the database file.
    pub fn load(&self) -> Ended {
        let url = format!("sqlite://{}?mode=rwc", self.database().display());
        run(CHINOOK, [OsString::from("--database"), url.into(), self.data().into()])
    }

    /// Asserts that the file is refused before the database is created, with an error that contains each of
    /// these texts.
    pub fn refused(self, parts: &[&str]) {
        self.load().failed(1, parts);
        assert!(!self.database().exists(), "a file of the wrong shape reached the database");
    }

    /// Asserts that the load fails with an error that contains each of these texts, and leaves no row in any
    /// table.
    pub async fn undone(self, parts: &[&str]) {
        self.load().failed(1, parts);
        assert_eq!(self.tables().await.len(), 12, "the load had not begun");
        assert_eq!(self.rows().await, 0, "rows were left behind");
    }

    async fn tables(&self) -> Vec<String> {
        // Without the tables of tasks, which a build of the whole workspace has.
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' \
                   AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'signals\\_%' ESCAPE '\\'";
        self.all(sql).await
    }

    /// Returns the rows of all tables together.
    pub async fn rows(&self) -> i64 {
        let mut rows = 0;
        for table in self.tables().await {
            rows += self.one::<i64>(&format!("SELECT COUNT(*) FROM {table}")).await;
        }
        rows
    }

    /// Returns the first column of every row.
    pub async fn all<T>(&self, sql: &str) -> Vec<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin,
    {
        let url = format!("sqlite://{}", self.database().display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap()
    }

    /// Returns the first column of the first row.
    pub async fn one<T>(&self, sql: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin,
    {
        self.all(sql).await.into_iter().next().unwrap()
    }
}

/// Returns a valid store of 18 rows: two invoices, of 2.97 and 1.99, and one artist. The delete of the artist
/// deletes 7 rows.
pub fn small_store() -> Value {
    json!({
        "Genre": [{ "GenreId": 1, "Name": "Rock" }],
        "MediaType": [{ "MediaTypeId": 1, "Name": "MPEG audio file" }],
        "Artist": [{ "ArtistId": 1, "Name": "AC/DC" }],
        "Album": [{ "AlbumId": 1, "Title": "Let There Be Rock", "ArtistId": 1 }],
        "Track": [track(1, "Go Down", 0.99), track(2, "Overdose", 1.99)],
        "Employee": [employee()],
        "Customer": [customer()],
        "Invoice": [invoice(1, 2.97), invoice(2, 1.99)],
        "InvoiceLine": [line(1, 1, 0.99, 1), line(2, 1, 0.99, 2), line(3, 2, 1.99, 1)],
        "Playlist": [{ "PlaylistId": 1, "Name": "Music" }, { "PlaylistId": 2, "Name": "Short" }],
        "PlaylistTrack": [
            { "PlaylistId": 1, "TrackId": 1 },
            { "PlaylistId": 1, "TrackId": 2 },
            { "PlaylistId": 2, "TrackId": 1 },
        ],
    })
}

fn track(key: i64, name: &str, price: f64) -> Value {
    json!({
        "TrackId": key, "Name": name, "AlbumId": 1, "MediaTypeId": 1, "GenreId": null, "Composer": "AC/DC",
        "Milliseconds": 331_180, "Bytes": 10_847_611, "UnitPrice": price,
    })
}

fn employee() -> Value {
    json!({
        "EmployeeId": 1, "LastName": "Adams", "FirstName": "Andrew", "Title": "General Manager", "ReportsTo": null,
        "BirthDate": "1962-02-18T00:00:00", "HireDate": "2002-08-14T00:00:00", "Address": "11120 Jasper Ave NW",
        "City": "Edmonton", "State": "AB", "Country": "Canada", "PostalCode": "T5K 2N1", "Phone": "+1 (780) 428-9482",
        "Fax": "", "Email": "Andrew@ChinookCorp.com",
    })
}

fn customer() -> Value {
    json!({
        "CustomerId": 1, "FirstName": "Luís", "LastName": "Gonçalves", "Company": null, "Address": "Av. Brigadeiro, 2170",
        "City": "São José dos Campos", "State": "SP", "Country": "Brazil", "PostalCode": "12227-000",
        "Phone": "+55 (12) 3923-5555", "Fax": "", "Email": "  LuisG@Embraer.com.br ", "SupportRepId": 1,
    })
}

fn invoice(key: i64, total: f64) -> Value {
    json!({
        "InvoiceId": key, "CustomerId": 1, "InvoiceDate": "2021-01-01T00:00:00", "BillingAddress": "Av. Brigadeiro, 2170",
        "BillingCity": "São José dos Campos", "BillingState": "SP", "BillingCountry": "Brazil",
        "BillingPostalCode": "12227-000", "Total": total,
    })
}

fn line(key: i64, invoice: i64, price: f64, quantity: i64) -> Value {
    json!({ "InvoiceLineId": key, "InvoiceId": invoice, "TrackId": 1, "UnitPrice": price, "Quantity": quantity })
}
