//! The suite on the other databases: this binary runs itself on each of them.

use std::env;
use std::io::{self, Write as _};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use signals_test_behavior::{Kind, VARIABLE};

/// Runs every test of this binary on another kind of database, one kind at a time.
fn run_on(kind: Kind) {
    static TURN: Mutex<()> = Mutex::new(());
    if env::var_os(VARIABLE).is_some() {
        return;
    }
    if let Some(server) = kind.server()
        && env::var(server).unwrap_or_default().is_empty()
    {
        say(&format!("skipped on {}: {server} is not set", kind.name()));
        return;
    }
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let output = Command::new(env::current_exe().unwrap()).env(VARIABLE, kind.name()).arg("--quiet").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let summary = told.lines().rfind(|line| line.starts_with("test result")).unwrap_or_default();
    say(&format!("on {}: {summary}", kind.name()));
    assert!(output.status.success(), "on {}:\n{told}\n{}", kind.name(), String::from_utf8_lossy(&output.stderr));
}

/// Says it beside the test's own output, which nobody sees of a test that passes.
fn say(line: &str) {
    let mut stderr = io::stderr();
    writeln!(stderr, "{line}").unwrap();
}

#[test]
fn everything_holds_in_a_file() {
    run_on(Kind::File);
}

#[test]
fn everything_holds_on_postgres() {
    run_on(Kind::Postgres);
}

#[test]
fn everything_holds_on_mysql() {
    run_on(Kind::Mysql);
}
