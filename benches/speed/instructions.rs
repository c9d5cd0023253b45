//! The number of instructions of everyday calls, compared with the same work by hand. Times are noisy on a
//! shared machine; these counts differ by up to 5 %.

use std::env;
use std::process::{Command, ExitCode};
use std::thread;

use super::pair::Side;

/// A case of the other files by its name, the number of its runs, and the maximum ratio to the twin's
/// instructions.
struct Case {
    name: &'static str,
    times: u32,
    bound: f64,
}

const fn case(name: &'static str, times: u32, bound: f64) -> Case {
    Case { name, times, bound }
}

const CASES: [Case; 16] = [
    case("INSERT, no receivers, in memory", 1000, 1.15),
    case("UPDATE, no receivers, in memory", 1000, 1.15),
    case("INSERT, no receivers, within a Tx, in memory", 1000, 1.25),
    case("INSERT, a receiver that takes tx, in memory", 1000, 1.25),
    case("INSERT, a receiver that writes a row, in memory", 1000, 1.2),
    case("get by key, in memory", 1000, 1.1),
    case("send to 0 sync receivers, 1 thread(s)", 20_000, f64::INFINITY),
    case("send to 1 sync receivers, 1 thread(s)", 20_000, f64::INFINITY),
    case("send to 10 sync receivers, 1 thread(s)", 20_000, f64::INFINITY),
    case("send to 1 async receivers, 1 thread(s)", 20_000, 6.0),
    case("send to 10 async receivers, 1 thread(s)", 5000, 2.0),
    case("bulk_create, no receivers, in memory", 2, 1.0),
    case("bulk_create, a receiver of each row, in memory", 2, 1.0),
    case("bulk_update, no receivers, in memory", 2, 1.0),
    case("  and a twin that reads the rows too, in memory", 2, 1.25),
    case("  and a twin that reads the children too, in memory", 2, 1.2),
];

/// Counts each case and prints the table. Fails if one is beyond its bound.
pub fn run() -> ExitCode {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: valgrind is not installed (Debian's package `valgrind`)");
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<String> = env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    println!("{:<58}{:>14}{:>14}{:>8}  bound", "Instructions of one call", "ours", "twin", "ratio");
    let mut beyond = false;
    for case in
        CASES.iter().filter(|case| wanted.is_empty() || wanted.iter().any(|word| case.name.contains(word.as_str())))
    {
        let (ours, twin) = thread::scope(|scope| {
            let ours = scope.spawn(|| of_one(case, Side::Ours));
            let twin = of_one(case, Side::Twin);
            (ours.join().unwrap(), twin)
        });
        let ratio = ours / twin.max(1.0);
        let (bound, mark) = if case.bound.is_finite() {
            beyond |= ratio > case.bound;
            (format!("<= {:.2}x", case.bound), if ratio > case.bound { "  MISSED" } else { "" })
        } else {
            (String::new(), "")
        };
        println!("{:<58}{ours:>14.0}{twin:>14.0}{ratio:>7.3}x  {bound}{mark}", case.name);
    }
    if beyond { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Returns the instructions of one call: the difference between a long and a short run, so that the start of
/// the program does not count.
fn of_one(case: &Case, side: Side) -> f64 {
    let (short, long) = (case.times.div_ceil(5), case.times.div_ceil(5) + case.times);
    let extra = count(case, side, long) - count(case, side, short);
    extra / f64::from(case.times)
}

/// Returns the instructions of a run of this program.
fn count(case: &Case, side: Side, times: u32) -> f64 {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
    valgrind.arg(env::current_exe().unwrap());
    let output = valgrind.args(["--bench", case.name, &format!("--{side}"), &times.to_string()]).output().unwrap();
    let ran = String::from_utf8_lossy(&output.stdout);
    assert!(ran.contains(&format!("ran {}", case.name)), "`{}` is no case", case.name);
    let text = String::from_utf8_lossy(&output.stderr);
    let refs =
        text.lines().find_map(|line| line.split_once(" refs:")).unwrap_or_else(|| panic!("valgrind said: {text}"));
    refs.1.trim().replace(',', "").parse().unwrap()
}
