//! After a failed save, an instance is as it was before.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use signals::{Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Refused, db};

use super::{NO, refused_with};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "exact_account")]
struct Account {
    id: i64,
    password: String,
    /// What the receiver of `post_save` does.
    fate: String,
}

#[receiver(pre_save, sender = Account)]
fn hash(instance: &mut Account) {
    instance.password = format!("hash of {}", instance.password);
}

#[receiver(post_save, sender = Account)]
async fn end(instance: &Account) -> Result<(), Refused> {
    match &*instance.fate {
        "error" => return Err(NO),
        "panic" => panic!("as the test wants"),
        "pending" => std::future::pending().await,
        _ => {}
    }
    Ok(())
}

fn account(fate: &str) -> Account {
    Account { id: 0, password: "secret".into(), fate: fate.into() }
}

#[tokio::test]
async fn a_retry_does_not_meet_what_pre_save_changed() -> Result<()> {
    let db = db().await;
    let mut failed = account("error");
    assert_eq!(refused_with(failed.save(&db).await), Some("no"));
    assert_eq!(failed, account("error"));
    failed.fate.clear();
    failed.save(&db).await?;
    assert_eq!(Account::get(&db, failed.id).await?.password, "hash of secret");
    assert_eq!(failed.password, "hash of secret", "a save that succeeds leaves what was written");

    let mut panicked = account("panic");
    AssertUnwindSafe(async { panicked.save(&db).await }).catch_unwind().await.unwrap_err();
    assert_eq!(panicked, account("panic"));

    let mut dropped = account("pending");
    let saving = async { dropped.save(&db).await };
    tokio::time::timeout(Duration::from_millis(200), saving).await.unwrap_err();
    assert_eq!(dropped, account("pending"));

    // The database refuses it.
    let mut taken = Account { id: failed.id, ..account("") };
    assert!(taken.save(&db).force_insert().await.unwrap_err().is_unique_violation());
    assert_eq!(taken, Account { id: failed.id, ..account("") });
    Ok(())
}

#[tokio::test]
async fn a_bulk_write_gives_every_instance_back() -> Result<()> {
    let db = db().await;
    let mut list = [account(""), account("error"), account("")];
    assert_eq!(refused_with(Account::bulk_create(&db, &mut list).await), Some("no"));
    assert_eq!(list, [account(""), account("error"), account("")]);
    list[1].fate.clear();
    Account::bulk_create(&db, &mut list).batch_size(2).await?;
    assert!(list.iter().all(|account| account.password == "hash of secret"));

    for account in &mut list {
        account.password = "other".into();
    }
    list[2].fate = "error".into();
    let before = list.clone();
    assert_eq!(
        refused_with(Account::bulk_update(&db, &mut list, [Account::PASSWORD, Account::FATE]).await),
        Some("no")
    );
    assert_eq!(list, before);
    Ok(())
}

#[tokio::test]
async fn a_model_that_is_not_clone_gets_its_key_back() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "exact_not_clone")]
    struct Note {
        id: i64,
        text: String,
    }
    #[receiver(pre_save, sender = Note)]
    fn change(instance: &mut Note) {
        instance.text.push('!');
    }
    #[receiver(post_save, sender = Note)]
    fn refuse() -> Result<(), Refused> {
        Err(NO)
    }
    let db = db().await;
    let mut note = Note { id: 0, text: "text".into() };
    assert_eq!(refused_with(note.save(&db).await), Some("no"));
    assert_eq!((note.id, &*note.text), (0, "text!"));
    Ok(())
}
