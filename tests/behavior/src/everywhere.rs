//! Runs a test binary again on each of the other databases.

use std::env;
use std::io::{self, Write as _};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use program::skipped;

use crate::{Kind, VARIABLE};

/// Whether a binary is to run itself on this kind of database: it is not so within such a run, and not if no
/// server is named.
///
/// # Panics
///
/// If a server is not named and `SIGNALS_TEST_REQUIRE` is `all`.
pub fn is_to_run_on(kind: Kind) -> bool {
    if env::var_os(VARIABLE).is_some() {
        return false;
    }
    let missing = kind.server().filter(|server| env::var(server).unwrap_or_default().is_empty());
    if let Some(server) = missing {
        skipped(&format!("the tests on {}", kind.name()), &format!("set {server} to the URL of a server"));
    }
    missing.is_none()
}

/// Held while one kind of database has its turn.
static TURN: Mutex<()> = Mutex::new(());

/// Runs every test of this binary on another kind of database, one kind at a time, for tests that measure times.
///
/// # Panics
///
/// As [`run_on`].
pub fn run_on_alone(kind: Kind) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    run(kind, 2);
}

/// Works as [`run_on_alone`], with more tests at a time, which wait for processes.
///
/// # Panics
///
/// As [`run_on`].
pub fn run_waiting_on(kind: Kind) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    run(kind, 4);
}

/// Runs every test of this binary on another kind of database. The kinds may run at the same time: their tests wait
/// for servers and for each other longer than they calculate.
///
/// # Panics
///
/// If one of them fails, or if a server is not named and `SIGNALS_TEST_REQUIRE` is `all`.
pub fn run_on(kind: Kind) {
    run(kind, 2);
}

fn run(kind: Kind, threads: u32) {
    if !is_to_run_on(kind) {
        return;
    }
    let mut tests = Command::new(env::current_exe().unwrap());
    tests.env(VARIABLE, kind.name()).args(["--quiet", &format!("--test-threads={threads}")]);
    let output = tests.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let summary = printed.lines().rfind(|line| line.starts_with("test result")).unwrap_or_default();
    say(&format!("on {}: {summary}", kind.name()));
    assert!(output.status.success(), "on {}:\n{printed}\n{}", kind.name(), String::from_utf8_lossy(&output.stderr));
}

/// Prints a line even if the test passes; the test harness would hide it.
fn say(line: &str) {
    let mut stderr = io::stderr();
    writeln!(stderr, "{line}").unwrap();
}

/// A module of tests that run the binary on a file of SQLite, on PostgreSQL and on MariaDB: at the same time, or with
/// `run_on_alone` one after another.
#[macro_export]
macro_rules! everywhere {
    () => {
        $crate::everywhere!(run_on);
    };
    ($run_on:ident) => {
        mod everywhere {
            #[test]
            fn created_tables_have_no_difference() {
                $crate::created_tables_agree();
            }

            #[test]
            fn everything_holds_in_a_file() {
                $crate::$run_on($crate::Kind::File);
            }

            #[test]
            fn everything_holds_on_postgres() {
                $crate::$run_on($crate::Kind::Postgres);
            }

            #[test]
            fn everything_holds_on_mysql() {
                $crate::$run_on($crate::Kind::Mysql);
            }
        }
    };
}
