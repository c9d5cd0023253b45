//! Many tasks write the same rows. The values that receivers maintain must agree with the tables, and the
//! signals with the effects of the statements.
//!
//! Receivers keep totals, counts and uses in other rows, and write each of their calls to a journal. Triggers
//! of the database write a second journal, which is correct by definition. Receivers fail and panic, futures
//! are dropped, connections are killed, and so is the whole process.
//!
//! `SIGNALS_LOAD_SECONDS=60 cargo test --test load -- --nocapture` runs it for a minute on each database;
//! [`settings`] lists the other variables.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails should panic, and nobody reads its docs"
)]

mod calls;
mod connections;
mod everywhere;
mod journal;
mod keep;
mod models;
mod outcome;
mod processes;
mod random;
mod report;
mod run;
mod settings;
mod sql;
mod target;
mod told;
mod verify;

use behavior::{Kind, elsewhere, url};
use signals::Db;
use signals::db::DbBuilder;

use connections::address_of_load;
use run::{Load, load};
use settings::Settings;

/// A database with the tables, the first rows and the journals.
async fn prepared(url: &str, settings: &Settings) -> Db {
    let db = builder(url, settings).connect().await.unwrap();
    db.create_tables().await.unwrap();
    journal::create(&db).await;
    models::fill(&db).await;
    db
}

/// Each task has a connection, and some are left for the rollbacks of dropped futures.
fn builder(url: &str, settings: &Settings) -> DbBuilder {
    let connections = u32::try_from(settings.tasks).unwrap() + 4;
    Db::builder(url).max_connections(connections).acquire_timeout(settings.patience)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_receivers_keep_and_are_sent_is_what_the_statements_did() {
    let _turn = everywhere::turn().await;
    let settings = Settings::read();
    let db = prepared(&address_of_load(&url().await), &settings).await;
    let done = load(&db, &Load::of(&settings, "load")).await;
    let wrong = verify::settled(&db, &done).await;
    report::conclude("load", &settings, &done, &wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_is_so_while_connections_are_killed() {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return;
    }
    let _turn = everywhere::turn().await;
    let settings = Settings::read();
    let url = address_of_load(&url().await);
    let db = prepared(&url, &settings).await;
    let killer = connections::killer(&url);
    let done = load(&db, &Load { loses_connections: true, ..Load::of(&settings, "killed connections") }).await;
    let victims = killer.stop().await;
    // The pool may still have connections that were killed.
    let fresh = builder(&url, &settings).connect().await.unwrap();
    let wrong = verify::settled(&fresh, &done).await;
    report::note(&format!("{victims} connections were killed"));
    report::conclude("killed connections", &settings, &done, &wrong);
    assert!(victims > 0, "no connection was killed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_is_so_after_the_process_is_killed() {
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return;
    }
    let _turn = everywhere::turn().await;
    processes::kill_again_and_again(&address_of_load(&url().await), &Settings::read()).await;
}

/// The process that is killed: this binary again. Without its variable, this test does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_process_that_is_killed() {
    processes::work_until_killed().await;
}
