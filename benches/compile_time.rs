//! The cost of the derive at compile time: `cargo check` of a crate with 100 models of 10 fields, compared
//! with the same structs with sqlx's `FromRow` only.
//!
//! `cargo bench --bench compile_time` runs it; `-- --quick` uses fewer rounds. The dependencies are built
//! once, in cargo's own target folder, and only the two crates are checked again. Without cargo's `--bench`
//! it does nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const MODELS: usize = 100;
const GOAL: f64 = 3.0;

/// The three crates: ours, its twin, and an empty one, which shows the time of cargo itself.
const OURS: &str = "with-model";
const TWIN: &str = "with-from-row";
const EMPTY: &str = "with-nothing";

fn main() {
    let has = |flag: &str| std::env::args().any(|arg| arg == flag);
    if !has("--bench") || has("--test") {
        println!("Nothing is checked; `cargo bench --bench compile_time` measures.");
        return;
    }
    let rounds = if has("--quick") { 3 } else { 9 };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compile_time");
    write_crates(&folder);
    println!("cargo check of {MODELS} models with 10 fields, {rounds} rounds; the first check builds the dependencies");
    println!("{:<34}{:>10}{:>10}{:>10}{:>8}{:>16}", "", "Model", "FromRow", "nothing", "ratio", "without cargo");
    compare(&folder, "all of the crate", Incremental::Off, rounds);
    compare(&folder, "again after a touch, incremental", Incremental::On, rounds);
}

/// Whether rustc may use its results of the last check.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Incremental {
    Off,
    On,
}

fn compare(folder: &Path, name: &str, incremental: Incremental, rounds: usize) {
    let crates = [OURS, TWIN, EMPTY];
    for name in crates {
        check(folder, name, incremental);
    }
    let mut taken = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        for (name, taken) in crates.into_iter().zip(&mut taken) {
            taken.push(check(folder, name, incremental));
        }
    }
    let [ours, twin, empty] = taken.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    });
    let ratio = ours / twin;
    let mark = if ratio <= GOAL { "reached" } else { "MISSED" };
    let net = (ours - empty) / (twin - empty);
    println!("{name:<34}{ours:>8.2} s{twin:>8.2} s{empty:>8.2} s{ratio:>7.2}x{net:>15.2}x  goal <= {GOAL}x {mark}");
}

/// Checks one crate from scratch and returns the processor time, which a busy machine changes little.
fn check(folder: &Path, name: &str, incremental: Incremental) -> Duration {
    let source = folder.join(name).join("src/lib.rs");
    fs::File::options().append(true).open(source).unwrap().set_modified(std::time::SystemTime::now()).unwrap();
    let start = children_time();
    let done = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--package", name])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("CARGO_INCREMENTAL", if incremental == Incremental::On { "1" } else { "0" })
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    children_time().saturating_sub(start)
}

/// Returns the processor time of all ended child processes, in steps of 10 ms. Only Linux has `/proc`.
fn children_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The name of the process is in parentheses, and may contain spaces.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[13..15].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// Writes a workspace of the three crates with the lock file of this one, so that nothing is resolved or
/// fetched.
fn write_crates(folder: &Path) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let signals = format!("signals = {{ package = \"signals-orm\", path = {:?} }}", here.display().to_string());
    let sqlx = "sqlx = { version = \"0.9.0\", default-features = false, features = [\"derive\", \"runtime-tokio\", \"sqlite\"] }";
    fs::create_dir_all(folder).unwrap();
    let members = format!("[workspace]\nresolver = \"3\"\nmembers = [{OURS:?}, {TWIN:?}, {EMPTY:?}]\n");
    fs::write(folder.join("Cargo.toml"), members).unwrap();
    fs::copy(here.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    write_crate(folder, OURS, &signals, &structs("signals::Model"));
    write_crate(folder, TWIN, sqlx, &structs("sqlx::FromRow"));
    write_crate(folder, EMPTY, sqlx, "");
}

fn write_crate(folder: &Path, name: &str, dependency: &str, source: &str) {
    let folder = folder.join(name);
    fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = format!("[package]\nname = {name:?}\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n");
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/lib.rs"), source).unwrap();
}

fn structs(derive: &str) -> String {
    let mut source = String::new();
    for number in 0..MODELS {
        let _ = write!(
            source,
            "#[derive({derive})]
pub struct Model{number} {{
    pub id: i64,
    pub name: String,
    pub email: String,
    pub bio: Option<String>,
    pub age: i32,
    pub score: f64,
    pub active: bool,
    pub parent: Option<i64>,
    pub picture: Vec<u8>,
    pub rank: i16,
}}

"
        );
    }
    source
}
