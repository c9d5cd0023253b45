//! The tests that a run skips because a server or a program is missing.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// If this variable is `all`, a test that would be skipped fails.
const REQUIRE: &str = "SIGNALS_TEST_REQUIRE";

/// Reports a skipped test, and how to run it. A run of all tests reports it again at its end.
///
/// # Panics
///
/// If the variable `SIGNALS_TEST_REQUIRE` is `all`.
pub fn skipped(what: &str, how: &str) {
    let required = env::var(REQUIRE).as_deref() == Ok("all");
    assert!(!required, "skipped: {what} ({how}), and {REQUIRE}=all skips nothing");
    left_out(what, how);
}

/// The same for what no run has to test.
///
/// # Panics
///
/// If it cannot be noted.
pub fn left_out(what: &str, how: &str) {
    let line = format!("{what} ({how})");
    // Not `eprintln!`, whose text the test harness does not show if the test passes.
    let _ = writeln!(io::stderr(), "skipped: {line}");
    let file = OpenOptions::new().create(true).append(true).open(list()).unwrap();
    writeln!(&file, "{line}").unwrap();
}

/// Returns the skipped tests since the last call, in order.
///
/// # Panics
///
/// If it cannot be read.
pub fn take_skipped() -> BTreeSet<String> {
    let lines = fs::read_to_string(list()).unwrap_or_default();
    drop(fs::remove_file(list()));
    lines.lines().map(str::to_owned).collect()
}

/// Returns whether a program is in `PATH`.
///
/// # Panics
///
/// If there is no path.
pub fn is_installed(program: &Path) -> bool {
    env::split_paths(&env::var_os("PATH").unwrap()).any(|folder| folder.join(program).is_file())
}

/// `target/<profile>/deps/<this test>` has the list in `target/<profile>`.
fn list() -> PathBuf {
    let this = env::current_exe().unwrap();
    this.parent().and_then(Path::parent).unwrap().join("skipped-tests.txt")
}
