//! The number of instructions of everyday calls, compared with the same work by hand. Times are noisy on a
//! shared machine; these counts differ by up to 5 %.

use std::env;
use std::process::{Command, ExitCode};
use std::thread;

use super::pair::{Plan, Side};

/// A case of the other files, by its name.
struct Case {
    name: &'static str,
    /// The number of its runs.
    times: u32,
    /// The maximum ratio to the twin's instructions, with room for noise.
    bound: f64,
    /// The same on MariaDB and MySQL.
    mysql_bound: f64,
}

const fn case(name: &'static str, times: u32, bound: f64) -> Case {
    Case { name, times, bound, mysql_bound: bound }
}

impl Case {
    const fn mysql_bound(self, mysql_bound: f64) -> Self {
        Self { mysql_bound, ..self }
    }

    /// Returns the bound on the database of this URL, or on SQLite in memory.
    fn bound(&self, database: Option<&str>) -> f64 {
        let is_mysql = database.is_some_and(|url| url.starts_with("mysql:") || url.starts_with("mariadb:"));
        if is_mysql { self.mysql_bound } else { self.bound }
    }
}

/// The cases of one row, which every database has. The place is appended to their names.
const ONE_ROW: [Case; 6] = [
    case("INSERT, no receivers", 1000, 1.25),
    case("UPDATE, no receivers", 1000, 1.25),
    // SQLite's threads wait for each other, so the twin alone takes 15,600 to 18,500.
    case("INSERT, no receivers, within a Tx", 1000, 1.45),
    case("INSERT, a receiver that takes tx", 1000, 1.3),
    case("INSERT, a receiver that writes a row", 1000, 1.3).mysql_bound(1.4),
    case("get by key", 1000, 1.2),
];

const SENDS: [Case; 5] = [
    case("send to 0 sync receivers", 20_000, f64::INFINITY),
    case("send to 1 sync receivers", 20_000, f64::INFINITY),
    case("send to 10 sync receivers", 20_000, f64::INFINITY),
    case("send to 1 async receivers", 20_000, 8.0),
    case("send to 10 async receivers", 5000, 2.3),
];

/// The cases of many rows, whose twins are counted on SQLite.
const MANY_ROWS: [Case; 5] = [
    case("bulk_create, no receivers", 2, 1.0),
    case("bulk_create, a receiver of each row", 2, 1.0),
    case("bulk_update, no receivers", 2, 1.0),
    case("  and a twin that reads the rows too", 2, 1.35),
    case("  and a twin that reads the children too", 2, 1.2),
];

/// How often a case that misses its bound is counted.
const TRIES: u32 = 3;

/// Counts each case and prints the table: those of the named database, or all on SQLite in memory.
///
/// Fails if a ratio exceeds its bound.
pub fn run(plan: &Plan) -> ExitCode {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: valgrind is not installed (Debian's package `valgrind`)");
        return ExitCode::SUCCESS;
    }
    println!("{:<58}{:>14}{:>14}{:>8}  bound", "Instructions of one call", "ours", "twin", "ratio");
    let tables: &[(&[Case], &str)] = match plan.database() {
        Some(_) => &[(&ONE_ROW, "where it is")],
        None => &[(&ONE_ROW, "in memory"), (&SENDS, "1 thread(s)"), (&MANY_ROWS, "in memory")],
    };
    let mut within = true;
    for (cases, place) in tables {
        for case in *cases {
            let name = format!("{}, {place}", case.name);
            if plan.selects(&name) {
                let counted = Counted { name, times: case.times, database: plan.database() };
                let bound = case.bound(plan.database());
                // Threads that wait for each other take more instructions by chance.
                within &= (0..TRIES).any(|_| compare(&counted, bound));
            }
        }
    }
    if within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A case in its place.
struct Counted<'a> {
    name: String,
    times: u32,
    database: Option<&'a str>,
}

/// Prints the line of a case. Returns whether ours is within the bound.
fn compare(case: &Counted<'_>, bound: f64) -> bool {
    let (ours, twin) = thread::scope(|scope| {
        let ours = scope.spawn(|| of_one(case, Side::Ours));
        let twin = of_one(case, Side::Twin);
        (ours.join().unwrap(), twin)
    });
    let ratio = ours / twin.max(1.0);
    let limit = if bound.is_finite() { format!("<= {bound:.2}x") } else { String::new() };
    let mark = if ratio > bound { "  MISSED" } else { "" };
    println!("{:<58}{ours:>14.0}{twin:>14.0}{ratio:>7.3}x  {limit}{mark}", case.name);
    ratio <= bound
}

/// Returns the instructions of one call: the difference between a long and a short run, so that the start of
/// the program does not count.
fn of_one(case: &Counted<'_>, side: Side) -> f64 {
    let (short, long) = (case.times.div_ceil(5), case.times.div_ceil(5) + case.times);
    let extra = count(case, side, long) - count(case, side, short);
    extra / f64::from(case.times)
}

/// Returns the instructions of a run of this program.
fn count(case: &Counted<'_>, side: Side, times: u32) -> f64 {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
    valgrind.arg(env::current_exe().unwrap());
    valgrind.args(["--bench", &case.name, &format!("--{side}"), &times.to_string()]);
    valgrind.args(case.database.iter().flat_map(|url| ["--database", url]));
    let output = valgrind.output().unwrap();
    let (ran, text) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(ran.contains(&format!("ran {}", case.name)), "`{}` did not run: {text}", case.name);
    let refs =
        text.lines().find_map(|line| line.split_once(" refs:")).unwrap_or_else(|| panic!("valgrind said: {text}"));
    refs.1.trim().replace(',', "").parse().unwrap()
}
