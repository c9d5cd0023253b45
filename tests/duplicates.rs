//! Two linked receivers with one uid: this binary has them, so none of its databases can be connected.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use signals::{Db, Error, Model, post_save, receiver};

#[derive(Debug, Model)]
struct Note {
    id: i64,
}

#[receiver(post_save, sender = Note, uid = "notes.index")]
fn index(created: bool) {
    let _ = created;
}

#[receiver(post_save, sender = Note, uid = "notes.index")]
fn index_again(created: bool) {
    let _ = created;
}

#[tokio::test]
async fn two_receivers_with_one_uid_are_refused_when_a_database_is_connected() {
    let error = Db::connect("sqlite::memory:").await.expect_err("a duplicate");
    let Error::DuplicateReceiver { uid, second, .. } = &error else { panic!("{error:?}") };
    assert_eq!((second.signal, second.sender, uid.as_str()), ("post_save", "Note", "notes.index"));
    let told = error.to_string();
    for place in ["`duplicates::index` (tests/duplicates.rs:", "`duplicates::index_again` (tests/duplicates.rs:"] {
        assert!(told.contains(place), "{told}");
    }
}

#[test]
fn a_program_without_a_database_can_check_for_itself() {
    assert!(matches!(signals::receivers::check_receivers(), Err(Error::DuplicateReceiver { .. })));
    assert_eq!(signals::registry().len(), 2, "neither is dropped");
}
