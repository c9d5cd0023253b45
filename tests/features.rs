//! Programs with other features than this build: those with one database, and one without any.
//!
//! A separate Cargo tests each in the same target folder, which is not locked while tests run.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::env;
use std::path::Path;
use std::process::Command;

use program::skipped;

/// Runs the tests of a package with these features.
fn holds(package: &str, features: &str) {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--quiet", "--package", package, "--features", features]);
    cargo.arg("--target-dir").arg(target());
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{package} with `{features}`:\n{stdout}\n{stderr}");
}

/// `target/tmp` is what Cargo gives to tests.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

#[test]
fn a_program_with_one_database_matches_the_readme() {
    let servers = [("postgres", "SIGNALS_TEST_POSTGRES_URL"), ("mysql", "SIGNALS_TEST_MYSQL_URL")];
    holds("signals-test-one-backend", "sqlite");
    for (backend, server) in servers {
        if env::var(server).unwrap_or_default().is_empty() {
            skipped(&format!("a program with {backend} alone"), &format!("set {server} to the URL of a server"));
        } else {
            holds("signals-test-one-backend", backend);
        }
    }
}

#[test]
fn signals_of_ones_own_need_no_database() {
    holds("signals-test-signals-only", "");
}
