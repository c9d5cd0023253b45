//! The progress of a change of many runs.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::text::runs_were;

/// The interval of the lines without a terminal.
const LINES: Duration = Duration::from_secs(10);
/// The interval at which the line on a terminal is written again.
const REWRITES: Duration = Duration::from_millis(100);

/// Shows the number of changed runs: as one line that is rewritten, or as a line after each 10 seconds.
pub(crate) struct Progress<'a> {
    err: &'a mut (dyn Write + Send),
    done: &'static str,
    rewrites: bool,
    shown: Instant,
    runs: &'a AtomicU64,
}

impl Progress<'_> {
    /// Records the number of changed runs so far.
    pub(crate) fn at(&mut self, runs: u64) {
        self.runs.store(runs, Ordering::Relaxed);
        let (interval, start, end) = if self.rewrites { (REWRITES, "\r", "") } else { (LINES, "", "\n") };
        if self.shown.elapsed() < interval {
            return;
        }
        self.shown = Instant::now();
        // Nothing can be done if the standard error is closed.
        let _ = write!(self.err, "{start}{} {}{end}", runs_were(runs), self.done);
        let _ = self.err.flush();
    }
}

/// Runs a change that reports its progress, until its end or until Ctrl-C. `done` says what was done to the runs.
pub(crate) async fn interruptible<'c, T>(
    console: &'c mut Console<'_>,
    done: &'static str,
    change: impl AsyncFnOnce(Progress<'_>) -> signals_core::error::Result<T>,
) -> Result<T, Failure> {
    let runs = AtomicU64::new(0);
    let rewrites = console.rewrites;
    let progress = Progress { err: &mut *console.err, done, rewrites, shown: Instant::now(), runs: &runs };
    let outcome = tokio::select! {
        outcome = change(progress) => Some(outcome),
        // Without a handler for Ctrl-C, the process ends as it does without this.
        Ok(()) = tokio::signal::ctrl_c() => None,
    };
    if rewrites {
        let _ = write!(console.err, "\r\x1b[K");
    }
    let Some(outcome) = outcome else {
        let runs = runs_were(runs.into_inner());
        return Err(Failure::Ended(Exit::Interrupted, format!("interrupted after {runs} {done}")));
    };
    Ok(outcome?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is shown of 1 and then of 500 runs, if the last line is this old.
    fn shown(rewrites: bool, age: Duration) -> String {
        let (mut err, runs) = (Vec::new(), AtomicU64::new(0));
        let Some(shown) = Instant::now().checked_sub(age) else { return "the clock has just started".to_owned() };
        let mut progress = Progress { err: &mut err, done: "retried", rewrites, shown, runs: &runs };
        progress.at(1);
        progress.at(500);
        assert_eq!(runs.load(Ordering::Relaxed), 500);
        String::from_utf8_lossy(&err).into_owned()
    }

    #[test]
    fn a_file_gets_a_line_each_ten_seconds_and_a_terminal_one_line() {
        assert_eq!(shown(false, LINES), "1 run was retried\n");
        assert_eq!(shown(false, Duration::ZERO), "");
        assert!(shown(true, REWRITES).starts_with("\r1 run was retried"));
    }
}
