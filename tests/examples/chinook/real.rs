//! The real data, where it is at hand.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Store;
use crate::program::run;

/// The data's path: `SIGNALS_CHINOOK`, or beside the repository.
fn path(test: &str) -> Option<PathBuf> {
    let path = env::var_os("SIGNALS_CHINOOK")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/chinook.json"), PathBuf::from);
    if path.exists() {
        return Some(path);
    }
    // Not `eprintln!`, which the test harness swallows when a test passes.
    let mut stderr = io::stderr();
    let _ = writeln!(
        stderr,
        "SKIPPED {test}: there is no {}; set SIGNALS_CHINOOK to the path of chinook.json",
        path.display()
    );
    None
}

#[test]
fn the_whole_store_is_loaded_and_an_artist_deleted_with_every_count_right() {
    let Some(path) = path("the_whole_store_is_loaded_and_an_artist_deleted_with_every_count_right") else { return };
    run("chinook", [path]).printed(&[
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
        "deleted        Iron Maiden, 751 rows, as counted before and as receivers heard; 140 invoice lines stay, without a track",
        "rows per second (15,607 in ",
    ]);
}

#[tokio::test]
async fn one_wrong_line_among_thousands_leaves_nothing() {
    let Some(path) = path("one_wrong_line_among_thousands_leaves_nothing") else { return };
    let mut data: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    data["InvoiceLine"][2239]["Quantity"] = json!(0);
    Store::of(&data).undone(&["table `InvoiceLine`, row 2240 (InvoiceLineId 2240): field `Quantity` is 0"]).await;
}

#[tokio::test]
async fn one_wrong_total_among_hundreds_leaves_nothing() {
    let Some(path) = path("one_wrong_total_among_hundreds_leaves_nothing") else { return };
    let mut data: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    data["Invoice"][411]["Total"] = json!(2.00);
    Store::of(&data)
        .undone(&["table `Invoice`, row 412 (InvoiceId 412): field `Total` is 2.00, but its lines add up to 1.99"])
        .await;
}
