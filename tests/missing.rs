//! Expected receivers that are not linked: this binary expects some, so no database of it can be connected.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use signals::error::MissingReceiver;
use signals::receivers::check_receivers;
use signals::{Db, Error, Model, post_save, receiver};

#[derive(Debug, Model)]
struct Note {
    id: i64,
}

#[receiver(post_save, sender = Note, uid = "notes.index")]
fn index(created: bool) {
    let _ = created;
}

signals::expect_receivers!["notes.index", "missing::index"];
signals::expect_receivers![
    "notes.indx",
    "missing::indexes_of_every_note_of_this_program",
    "plugin::audit::every_write_of_the_program",
];

fn missing(error: Error) -> Vec<MissingReceiver> {
    let Error::MissingReceivers { missing } = error else { panic!("{error:?}") };
    missing
}

#[tokio::test]
async fn a_database_is_not_connected_without_the_receivers_that_are_expected() {
    let error = Db::connect("sqlite::memory:").await.expect_err("receivers are missing");
    let shown = error.to_string();
    assert_eq!(
        shown,
        "receivers that the program expects are not linked: \
         `notes.indx` (expected at tests/missing.rs:21; did you mean `notes.index`?), \
         `missing::indexes_of_every_note_of_this_program` (expected at tests/missing.rs:22), \
         `plugin::audit::every_write_of_the_program` (expected at tests/missing.rs:23); \
         write `use plugin as _;` beside the expectation: a crate that no code names is not linked; \
         `signals::registry()` lists the linked ones"
    );
    let names: Vec<_> = missing(error).iter().map(|receiver| (receiver.name, receiver.unlinked_crate)).collect();
    assert_eq!(
        names,
        [
            ("notes.indx", None),
            ("missing::indexes_of_every_note_of_this_program", None),
            ("plugin::audit::every_write_of_the_program", Some("plugin"))
        ]
    );

    let built = Db::builder("sqlite::memory:").connect().await.expect_err("receivers are missing");
    assert_eq!(built.to_string(), shown);
}

#[test]
fn a_program_without_a_database_can_check_what_it_expects() {
    assert_eq!(missing(check_receivers().expect_err("receivers are missing")).len(), 3);
}

#[test]
fn a_receiver_that_is_connected_at_run_time_is_not_linked() {
    let _guard = post_save.connect_scoped::<Note>("notes.indx", |_| Ok(())).unwrap();
    assert_eq!(missing(check_receivers().expect_err("receivers are missing")).len(), 3);
}
