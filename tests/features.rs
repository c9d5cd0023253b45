//! Programs with other features than this build: those with one database, and one without any.
//!
//! A separate Cargo tests each in the same target folder, which is not locked while tests run.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::env;
use std::path::Path;
use std::process::{Command, Output};

use program::skipped;

/// Runs `cargo test` for a package with these features.
fn cargo_test(package: &str, features: &str, more: &[&str]) -> Output {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--quiet", "--package", package, "--features", features]).args(more);
    cargo.arg("--target-dir").arg(target());
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

/// Runs the tests of a package with these features.
fn holds(package: &str, features: &str) {
    let output = cargo_test(package, features, &[]);
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
fn an_unsupported_type_is_refused_with_the_name_of_the_only_database() {
    let example = ["--no-run", "--example", "unsupported_type"];
    let output = cargo_test("signals-test-one-backend", "sqlite,mistakes", &example);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for part in [
        "`u64` cannot be a column of SQLite",
        "not a type that sqlx can bind and read in SQLite",
        "SQLite has no decimals, no arrays and no `u64`: write `i64` (for money, of cents)",
    ] {
        assert!(stderr.contains(part), "no {part:?} in\n{stderr}");
    }
    assert!(!stderr.contains("PostgreSQL") && !stderr.contains("MySQL"), "{stderr}");
}

#[test]
fn signals_of_ones_own_need_no_database() {
    holds("signals-test-signals-only", "");
}
