//! A small valid store, from which the broken ones are made.

use serde_json::{Value, json};

use super::{Store, small_store};
use program::run;

use crate::CHINOOK;

#[tokio::test]
async fn every_row_of_a_small_store_is_loaded_and_audited_and_the_artist_deleted() {
    let store = Store::of(&small_store());
    store.load().printed(&[
        "Artist                1        1        0\n",
        "Album                 1        1        0\n",
        "Track                 2        2        0\n",
        "InvoiceLine           3        0        3\n",
        "Playlist              2        0        2\n",
        "PlaylistTracks        3        3        0\n",
        "all                  18        7       11\n",
        "invoices       2, every kept total equal to the file's own, 4.96 in all",
        "receipts       2, one for each invoice, when all was committed",
        "audit rows     15, one for each row saved",
        "playlists      3 tracks added, in each as many as in the file",
        "deleted        AC/DC, 7 rows, as counted before and by receivers; 3 invoice lines stay, without a track",
        "rows per second (18 in ",
    ]);
    assert_eq!(store.rows().await, 11 + 15);
    let audited: Vec<String> =
        store.all("SELECT model || ' ' || key FROM audit_entry WHERE model LIKE 'Invoice%' ORDER BY id").await;
    assert_eq!(audited, ["Invoice 1", "Invoice 2", "InvoiceLine 1", "InvoiceLine 2", "InvoiceLine 3"]);
}

#[tokio::test]
async fn only_the_artist_with_the_most_albums_goes_with_what_is_theirs() {
    let mut data = small_store();
    data["Artist"] = json!([{ "ArtistId": 1, "Name": "AC/DC" }, { "ArtistId": 2, "Name": "Accept" }]);
    data["Album"] = json!([
        { "AlbumId": 1, "Title": "Let There Be Rock", "ArtistId": 1 },
        { "AlbumId": 2, "Title": "Balls to the Wall", "ArtistId": 2 },
        { "AlbumId": 3, "Title": "Restless and Wild", "ArtistId": 2 },
    ]);
    data["Track"][0]["AlbumId"] = json!(3);
    let store = Store::of(&data);
    store.load().printed(&["deleted        Accept, 6 rows", "3 invoice lines stay"]);
    assert_eq!(store.all::<String>("SELECT name FROM track").await, ["Overdose"]);
    assert_eq!(store.all::<String>("SELECT title FROM album").await, ["Let There Be Rock"]);
    assert_eq!(store.all::<i64>("SELECT track_id FROM playlist_tracks").await, [2]);
}

#[test]
fn a_store_without_an_album_deletes_nothing() {
    let mut data = small_store();
    data["Album"] = json!([]);
    for track in data["Track"].as_array_mut().unwrap() {
        track["AlbumId"] = Value::Null;
    }
    Store::of(&data)
        .load()
        .printed(&["all                  17        0       17\n", "deleted        nothing, since no"]);
}

#[tokio::test]
async fn totals_are_kept_in_cents() {
    let store = Store::of(&small_store());
    store.load().printed(&[]);
    assert_eq!(store.all::<i64>("SELECT total FROM invoice ORDER BY id").await, [297, 199]);
}

#[tokio::test]
async fn emails_are_normalized() {
    let store = Store::of(&small_store());
    store.load().printed(&[]);
    assert_eq!(store.one::<String>("SELECT email FROM customer").await, "luisg@embraer.com.br");
    assert_eq!(store.one::<String>("SELECT email FROM employee").await, "andrew@chinookcorp.com");
}

#[tokio::test]
async fn null_and_empty_stay_what_they_are() {
    let store = Store::of(&small_store());
    store.load().printed(&[]);
    assert_eq!(store.one::<Option<String>>("SELECT company FROM customer").await, None);
    assert_eq!(store.one::<Option<String>>("SELECT fax FROM customer").await, Some(String::new()));
}

#[tokio::test]
async fn a_second_load_is_refused_and_leaves_the_first_alone() {
    let store = Store::of(&small_store());
    store.load().printed(&[]);
    store.load().failed(1, &["table `Genre`, row 1 (GenreId 1): field `GenreId` is taken"]);
    assert_eq!(store.rows().await, 11 + 15);
}

#[test]
fn without_a_database_it_loads_into_memory() {
    let store = Store::of(&small_store());
    run(CHINOOK, [store.data()]).printed(&["15, one for each row saved"]);
}
