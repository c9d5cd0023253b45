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
fn the_whole_store_is_loaded_and_every_total_is_right() {
    let Some(path) = path("the_whole_store_is_loaded_and_every_total_is_right") else { return };
    run("chinook", [path]).printed(&[
        "Genre                25\n",
        "MediaType             5\n",
        "Artist              275\n",
        "Album               347\n",
        "Track             3,503\n",
        "Employee              8\n",
        "Customer             59\n",
        "Invoice             412\n",
        "InvoiceLine       2,240\n",
        "Playlist             18\n",
        "PlaylistTrack     8,715\n",
        "all              15,607\n",
        "invoices       412, every kept total equal to the file's own, 2328.60 in all",
        "audit rows     15,607, one for each row created",
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
