//! A small store that is valid: what the broken ones are made from.

use super::{Store, small_store};
use crate::program::run;

#[tokio::test]
async fn every_row_of_a_small_store_is_loaded_and_audited() {
    let store = Store::of(&small_store());
    store.load().printed(&[
        "Track                 2\n",
        "PlaylistTrack         3\n",
        "all                  17\n",
        "invoices       2, every kept total equal to the file's own, 4.96 in all",
        "audit rows     17, one for each row created",
        "rows per second (17 in ",
    ]);
    assert_eq!(store.rows().await, 34);
    let audited: Vec<String> =
        store.all("SELECT model || ' ' || key FROM audit_entry WHERE model LIKE 'Invoice%' ORDER BY id").await;
    assert_eq!(audited, ["Invoice 1", "Invoice 2", "InvoiceLine 1", "InvoiceLine 2", "InvoiceLine 3"]);
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
    assert_eq!(store.rows().await, 34);
}

#[test]
fn without_a_database_it_loads_into_memory() {
    let store = Store::of(&small_store());
    run("chinook", [store.data()]).printed(&["17, one for each row created"]);
}
