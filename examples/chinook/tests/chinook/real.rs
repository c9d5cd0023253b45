//! The real data: a part of it, and the whole if `SIGNALS_CHINOOK` is its path.

use std::{env, fs};

use behavior::{Kind, is_to_run_on};
use program::{left_out, run};
use serde_json::{Value, json};
use signals::Db;
use signals::db::Backend;
use tempfile::TempDir;

use super::Store;
use crate::CHINOOK;

/// The part of the data that the example has beside it.
const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/small.json");

#[test]
fn a_part_of_the_store_is_loaded_and_an_artist_deleted_with_every_count_right() {
    run(CHINOOK, [SMALL]).printed(&["Track                76"]);
}

#[test]
fn the_whole_store_is_loaded_and_an_artist_deleted_with_every_count_right() {
    let Some(path) = env::var_os("SIGNALS_CHINOOK") else {
        return left_out("loading all of Chinook", "set SIGNALS_CHINOOK to the path of the whole chinook.json");
    };
    run(CHINOOK, [path]).printed(&[
        "Genre                25        0       25\n",
        "MediaType             5        0        5\n",
        "Artist              275        1      274\n",
        "Album               347       21      326\n",
        "Track             3,503      213    3,290\n",
        "Employee              8        0        8\n",
        "Customer             59        0       59\n",
        "Invoice             412        0      412\n",
        "InvoiceLine       2,240        0    2,240\n",
        "Playlist             18        0       18\n",
        "PlaylistTracks    8,715      516    8,199\n",
        "all              15,607      751   14,856\n",
        "invoices       412, every kept total equal to the file's own, 2328.60 in all",
        "receipts       412, one for each invoice, when all was committed",
        "audit rows     6,892, one for each row saved",
        "playlists      8,715 tracks added, in each as many as in the file",
        "deleted        Iron Maiden, 751 rows, as counted before and by receivers; 140 invoice lines stay, without a track",
        "rows per second (15,607 in ",
    ]);
}

/// The output of the example, without the times.
fn printed_on(database: &str) -> String {
    let ended = run(CHINOOK, ["--database", database, SMALL]);
    ended.printed(&["deleted        Iron Maiden"]);
    ended.stdout.lines().filter(|line| !line.starts_with("speed")).collect::<Vec<_>>().join("\n")
}

/// Returns the address of a new database on a server of this kind, if one is configured.
async fn new_database(kind: Kind) -> Option<String> {
    if !is_to_run_on(kind) {
        return None;
    }
    let server = env::var(kind.server()?).unwrap();
    let db = Db::connect(&server).await.unwrap();
    let (address, _) = server.split_at(server.rfind('/').filter(|slash| *slash > 8).unwrap_or(server.len()));
    for sql in ["DROP DATABASE IF EXISTS signals_chinook", "CREATE DATABASE signals_chinook"] {
        match db.backend() {
            Backend::Postgres => drop(sqlx::query(sql).execute(db.postgres().unwrap()).await.unwrap()),
            _ => drop(sqlx::query(sql).execute(db.mysql().unwrap()).await.unwrap()),
        }
    }
    db.close().await.unwrap();
    Some(format!("{address}/signals_chinook"))
}

#[tokio::test]
async fn every_database_prints_the_same_totals() {
    let expected = printed_on("sqlite::memory:");
    let folder = TempDir::new().unwrap();
    let mut databases = vec![format!("sqlite://{}?mode=rwc", folder.path().join("store.db").display())];
    databases.extend(new_database(Kind::Postgres).await);
    databases.extend(new_database(Kind::Mysql).await);
    for database in databases {
        assert_eq!(printed_on(&database), expected, "{database}");
    }
}

#[tokio::test]
async fn one_wrong_line_at_the_end_leaves_nothing() {
    let mut data: Value = serde_json::from_slice(&fs::read(SMALL).unwrap()).unwrap();
    data["InvoiceLine"][62]["Quantity"] = json!(0);
    Store::of(&data).undone(&["table `InvoiceLine`, row 63 (InvoiceLineId 1959): field `Quantity` is 0"]).await;
}

#[tokio::test]
async fn one_wrong_total_at_the_end_leaves_nothing() {
    let mut data: Value = serde_json::from_slice(&fs::read(SMALL).unwrap()).unwrap();
    data["Invoice"][13]["Total"] = json!(2.00);
    Store::of(&data)
        .undone(&["table `Invoice`, row 14 (InvoiceId 361): field `Total` is 2.00, but its lines add up to 8.91"])
        .await;
}
