//! Runs this binary on the other databases, one load at a time.

use std::process::Command;
use std::{env, fs};

use behavior::{Kind, VARIABLE, is_to_run_on};
use tokio::sync::{Mutex, MutexGuard};

/// Returns a guard that is held during a load, so that loads do not slow each other down.
pub async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

#[tokio::test]
async fn it_is_so_in_a_file() {
    run_on(Kind::File).await;
}

#[tokio::test]
async fn it_is_so_on_postgres() {
    run_on(Kind::Postgres).await;
}

#[tokio::test]
async fn it_is_so_on_mysql() {
    run_on(Kind::Mysql).await;
}

/// Runs every test of this binary on another kind of database. What it prints is seen at once.
async fn run_on(kind: Kind) {
    if !is_to_run_on(kind) {
        return;
    }
    let _turn = turn().await;
    let output = tempfile::NamedTempFile::new().unwrap();
    let mut child = Command::new(env::current_exe().unwrap());
    child.env(VARIABLE, kind.name()).arg("--quiet").stdout(output.reopen().unwrap());
    let status = child.status().unwrap();
    assert!(status.success(), "on {}:\n{}", kind.name(), fs::read_to_string(output.path()).unwrap());
}
