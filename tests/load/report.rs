//! The printed report, in addition to the output of the test harness.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use behavior::kind;

use crate::run::{Done, ENDS};
use crate::settings::Settings;
use crate::verify::{Figures, Wrong};

/// The minimum share of completed calls. Below it, the load is only contention.
const LEAST_DONE: f64 = 0.25;
/// The number of calls from which the share counts: on a busy machine a short load has few.
const ENOUGH: u64 = 200;

pub fn note(line: &str) {
    let mut stderr = io::stderr();
    writeln!(stderr, "{line}").unwrap();
}

/// Says every few seconds how far it is.
pub async fn progress(name: &'static str, made: Arc<AtomicU64>) {
    let start = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        note(&format!("{name} on {}: {} s, {} calls", kind().name(), start.elapsed().as_secs(), made.load(SeqCst)));
    }
}

/// Prints the summary.
///
/// # Panics
///
/// If something is wrong, or if hardly a call was done.
pub fn conclude(name: &str, settings: &Settings, done: &Done, wrong: &Wrong) {
    let failed = !wrong.is_none() || !done.failures.is_empty();
    let made = done.made();
    let ends: Vec<_> = ENDS.iter().map(|end| format!("{} {end}", done.ended(end))).collect();
    note(&format!("{name} on {}, seed {}: {made} calls: {}", kind().name(), settings.seed, ends.join(", ")));
    if settings.is_long() || failed {
        note(&calls(done));
        note(&told(wrong));
    }
    let mut text = String::new();
    for line in wrong.kept.iter().chain(&wrong.told) {
        writeln!(text, "{line}").unwrap();
    }
    for (failure, times) in &done.failures {
        writeln!(text, "{times} times {failure}").unwrap();
    }
    assert!(text.is_empty(), "{name} on {}, seed {}:\n{text}", kind().name(), settings.seed);
    #[expect(clippy::cast_precision_loss, reason = "a share needs no precision")]
    let share = done.ended("done") as f64 / made as f64;
    let is_enough = settings.is_long() || made > ENOUGH;
    assert!(share > LEAST_DONE || !is_enough, "only {share:.2} of the calls were done");
}

/// A table of the calls.
fn calls(done: &Done) -> String {
    let mut text = format!("{:<16}", "call");
    for end in ENDS {
        write!(text, "{end:>10}").unwrap();
    }
    let calls: std::collections::BTreeSet<_> = done.ends.keys().map(|(call, _)| *call).collect();
    for call in calls {
        write!(text, "\n{:<16}", format!("{call:?}")).unwrap();
        for end in ENDS {
            write!(text, "{:>10}", done.ends.get(&(call, end)).copied().unwrap_or_default()).unwrap();
        }
    }
    text
}

/// A table of what receivers were sent.
fn told(wrong: &Wrong) -> String {
    let mut text = format!("{:<16}{:>10}{:>10}{:>10}{:>14}", "change", "truth", "to rows", "to sets", "after commit");
    for (what, Figures { truth, rows, sets, committed }) in &wrong.figures {
        let optional = |figure: &Option<i64>| figure.map_or_else(String::new, |figure| figure.to_string());
        write!(text, "\n{what:<16}{truth:>10}{rows:>10}{:>10}{:>14}", optional(sets), optional(committed)).unwrap();
    }
    text
}
