//! Loads the Chinook sample database by saves, compared with the same INSERTs in plain sqlx, in one
//! transaction each.

use std::time::Duration;

use serde::de::DeserializeOwned;
use signals::receivers::ReceiverId;
use signals::{Db, Model, Result, Tx, post_save};
use sqlx::{Acquire as _, SqliteConnection};

use super::pair::{Goal, Plan, head, pair, timed};

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// The properties of a table for the twin.
trait Table: Model<Key = i64> + Clone + DeserializeOwned {
    const NAME: &'static str;
    const INSERT: &'static str;

    fn values<'q>(&'q self, query: Query<'q>) -> Query<'q>;
}

macro_rules! chinook {
    ($($list:ident: $model:ident $key:literal { $($json:literal $field:ident: $type:ty),* } $insert:literal;)*) => {
        $(
            #[derive(Debug, Clone, serde::Deserialize, Model)]
            #[allow(clippy::struct_field_names, reason = "the tables name them so")]
            struct $model {
                #[serde(rename = $key, default)]
                id: i64,
                $(#[serde(rename = $json)] $field: $type,)*
            }

            impl Table for $model {
                const NAME: &'static str = stringify!($model);
                const INSERT: &'static str = $insert;

                fn values<'q>(&'q self, query: Query<'q>) -> Query<'q> {
                    query$(.bind(&self.$field))*
                }
            }
        )*

        /// Every row of the file.
        struct Chinook {
            $($list: Vec<$model>,)*
        }

        impl Chinook {
            fn read(file: &serde_json::Value) -> Self {
                Self { $($list: rows(file),)* }
            }

            fn len(&self) -> usize {
                0 $(+ self.$list.len())*
            }

            async fn save(&self, tx: &Tx) -> Result<()> {
                $(for row in &self.$list {
                    row.clone().save(tx).force_insert().await?;
                })*
                Ok(())
            }

            async fn insert(&self, connection: &mut SqliteConnection, audit: Audit) {
                $(insert(&self.$list, connection, audit).await;)*
            }

            async fn clear(&self, db: &Db) {
                $(let all = concat!("DELETE FROM \"", stringify!($list), "\"");
                sqlx::query(all).execute(db.sqlite().unwrap()).await.unwrap();)*
                sqlx::query("DELETE FROM audit").execute(db.sqlite().unwrap()).await.unwrap();
            }
        }

        /// Connects the audit receiver to every table.
        fn connect() -> Vec<ReceiverId> {
            vec![$(audit::<$model>()),*]
        }
    };
}

chinook! {
    genre: Genre "GenreId" { "Name" name: String } "INSERT INTO genre (id, name) VALUES (?, ?)";
    media_type: MediaType "MediaTypeId" { "Name" name: String } "INSERT INTO media_type (id, name) VALUES (?, ?)";
    artist: Artist "ArtistId" { "Name" name: String } "INSERT INTO artist (id, name) VALUES (?, ?)";
    album: Album "AlbumId" { "Title" title: String, "ArtistId" artist_id: i64 }
        "INSERT INTO album (id, title, artist_id) VALUES (?, ?, ?)";
    track: Track "TrackId" {
        "Name" name: String, "AlbumId" album_id: i64, "MediaTypeId" media_type_id: i64, "GenreId" genre_id: i64,
        "Composer" composer: Option<String>, "Milliseconds" milliseconds: i64, "Bytes" bytes: i64, "UnitPrice" unit_price: f64
    } "INSERT INTO track (id, name, album_id, media_type_id, genre_id, composer, milliseconds, bytes, unit_price)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    employee: Employee "EmployeeId" {
        "LastName" last_name: String, "FirstName" first_name: String, "Title" title: String, "ReportsTo" reports_to: Option<i64>,
        "BirthDate" birth_date: String, "HireDate" hire_date: String, "City" city: String, "Email" email: String
    } "INSERT INTO employee (id, last_name, first_name, title, reports_to, birth_date, hire_date, city, email)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    customer: Customer "CustomerId" {
        "FirstName" first_name: String, "LastName" last_name: String, "Company" company: Option<String>,
        "City" city: String, "Country" country: String, "Email" email: String, "SupportRepId" support_rep_id: i64
    } "INSERT INTO customer (id, first_name, last_name, company, city, country, email, support_rep_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    invoice: Invoice "InvoiceId" {
        "CustomerId" customer_id: i64, "InvoiceDate" invoice_date: String, "BillingCity" billing_city: String,
        "BillingCountry" billing_country: String, "Total" total: f64
    } "INSERT INTO invoice (id, customer_id, invoice_date, billing_city, billing_country, total) VALUES (?, ?, ?, ?, ?, ?)";
    invoice_line: InvoiceLine "InvoiceLineId" {
        "InvoiceId" invoice_id: i64, "TrackId" track_id: i64, "UnitPrice" unit_price: f64, "Quantity" quantity: i64
    } "INSERT INTO invoice_line (id, invoice_id, track_id, unit_price, quantity) VALUES (?, ?, ?, ?, ?)";
    playlist: Playlist "PlaylistId" { "Name" name: String } "INSERT INTO playlist (id, name) VALUES (?, ?)";
    playlist_track: PlaylistTrack "Id" { "PlaylistId" playlist_id: i64, "TrackId" track_id: i64 }
        "INSERT INTO playlist_track (playlist_id, track_id) VALUES (?, ?)";
}

/// The row that the audit receiver writes for each row.
#[derive(Debug, Clone, Model)]
#[model(table = "audit")]
struct Entry {
    id: i64,
    model: String,
    row: i64,
}

/// How the twin writes an audit.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Audit {
    None,
    /// An INSERT after each INSERT.
    Bare,
    /// An INSERT after each INSERT, both in a savepoint, so that the failure of one undoes the other, as with
    /// a receiver.
    Savepoint,
}

fn rows<M: Table>(file: &serde_json::Value) -> Vec<M> {
    serde_json::from_value(file[M::NAME].clone()).unwrap()
}

async fn insert<M: Table>(rows: &[M], connection: &mut SqliteConnection, audit: Audit) {
    for row in rows {
        // A save takes a copy, so that the rows do not change. So does its twin.
        let row = row.clone();
        if audit == Audit::Savepoint {
            let mut savepoint = connection.begin().await.unwrap();
            insert_one(&row, &mut savepoint, true).await;
            savepoint.commit().await.unwrap();
        } else {
            insert_one(&row, connection, audit == Audit::Bare).await;
        }
    }
}

async fn insert_one<M: Table>(row: &M, connection: &mut SqliteConnection, audit: bool) {
    let query = sqlx::query(M::INSERT);
    let query = if row.key() == 0 { query } else { query.bind(row.key()) };
    let done = row.values(query).execute(&mut *connection).await.unwrap();
    if audit {
        let query = sqlx::query("INSERT INTO audit (model, row) VALUES (?, ?)");
        query.bind(M::NAME).bind(done.last_insert_rowid()).execute(connection).await.unwrap();
    }
}

fn audit<M: Table>() -> ReceiverId {
    let connected = post_save.connect_async::<M>("audit", |event| {
        Box::pin(async move {
            let mut entry = Entry { id: 0, model: event.sender.name().to_owned(), row: event.instance.key() };
            Ok(entry.save(&event.tx).await?)
        })
    });
    connected.unwrap()
}

/// Runs the cases if the file exists.
pub async fn run(plan: &Plan) {
    let Some(path) = std::env::var_os("SIGNALS_CHINOOK") else {
        println!("\nChinook is left out: set SIGNALS_CHINOOK to the path of the whole chinook.json.");
        return;
    };
    let text = std::fs::read(path).unwrap();
    let chinook = Chinook::read(&serde_json::from_slice(&text).unwrap());
    let plan = plan.with_few_rounds();
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables().await.unwrap();
    head(&plan, &format!("Chinook, {} rows in one transaction, in memory", chinook.len()));
    let ours = async |n| repeat(n, async || load(&chinook, &db).await).await;
    let twin = async |audit, n| repeat(n, async || load_plain(&chinook, &db, audit).await).await;
    let bare = async |n| twin(Audit::None, n).await;
    pair(&plan, "Chinook, no receivers", Goal::Ratio(1.03), ours, bare).await;

    let connected = connect();
    let savepoint = async |n| twin(Audit::Savepoint, n).await;
    pair(&plan, "Chinook, audit receiver, twin with savepoints", Goal::Ratio(1.0), ours, savepoint).await;
    let bare = async |n| twin(Audit::Bare, n).await;
    pair(&plan, "Chinook, audit receiver, twin without savepoints", Goal::Shown, ours, bare).await;
    assert!(connected.into_iter().all(|id| post_save.disconnect(id)));
}

async fn repeat(n: u32, run: impl AsyncFn() -> Duration) -> Duration {
    let mut taken = Duration::ZERO;
    for _ in 0..n {
        taken += run().await;
    }
    taken
}

async fn load(chinook: &Chinook, db: &Db) -> Duration {
    let taken = timed(async {
        let tx = db.begin().await.unwrap();
        chinook.save(&tx).await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
    chinook.clear(db).await;
    taken
}

async fn load_plain(chinook: &Chinook, db: &Db, audit: Audit) -> Duration {
    let taken = timed(async {
        let mut tx = db.sqlite().unwrap().begin().await.unwrap();
        chinook.insert(&mut tx, audit).await;
        tx.commit().await.unwrap();
    })
    .await;
    chinook.clear(db).await;
    taken
}
