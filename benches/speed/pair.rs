//! Pairs: two ways of doing the same work alternate in one run, so that a slow machine slows both.

use std::fmt;
use std::time::{Duration, Instant};

/// The length of a run, and its cases.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The number of rounds of each pair.
    rounds: usize,
    /// How long one batch of a round should take.
    batch: Duration,
    /// Parts of names; a case runs if its name has one of them, or if there are none.
    only: Vec<String>,
    /// The URL of the database, if it is not SQLite in memory and in a file.
    database: Option<String>,
    /// The side to run alone without a measurement, and the number of runs: for a tool that counts
    /// instructions.
    alone: Option<(Side, u32)>,
}

/// A side of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The library.
    Ours,
    /// The same work by hand.
    Twin,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ours => "ours",
            Self::Twin => "twin",
        })
    }
}

impl Plan {
    /// Reads the arguments. Cargo passes `--bench` for a benchmark and nothing for a test, in which each case
    /// runs only once.
    pub fn from_args() -> Self {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let has = |flag: &str| args.iter().any(|arg| arg == flag);
        let (rounds, batch) = match (has("--bench") && !has("--test"), has("--quick")) {
            (false, _) => (1, 0),
            (true, true) => (15, 4),
            (true, false) => (61, 6),
        };
        let place = args.iter().position(|arg| arg == "--database").map(|place| place + 1);
        let database = place.map(|place| args.get(place).expect("`--database` needs a URL").clone());
        let alone = [Side::Ours, Side::Twin].into_iter().find_map(|side| {
            let place = args.iter().position(|arg| *arg == format!("--{side}"))? + 1;
            Some((place, (side, args.get(place)?.parse().ok()?)))
        });
        let values = [place, alone.map(|(place, _)| place)];
        let words =
            args.iter().enumerate().filter(|(index, arg)| !arg.starts_with("--") && !values.contains(&Some(*index)));
        let only = words.map(|(_, arg)| arg.clone()).collect();
        Self { rounds, batch: Duration::from_millis(batch), only, database, alone: alone.map(|(_, alone)| alone) }
    }

    /// Returns the URL of the database, if it is not SQLite in memory and in a file.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Returns the number of rows of a bulk case. It is lower if instructions are counted, which takes fifty
    /// times as long.
    pub fn rows(&self, many: usize) -> usize {
        if self.alone.is_some() { 5000.min(many) } else { many }
    }

    /// Returns whether each case runs only once, to check that it works.
    pub fn is_smoke(&self) -> bool {
        self.rounds == 1
    }

    /// Returns whether a case of this name is selected.
    pub fn selects(&self, name: &str) -> bool {
        // A case that runs alone is selected by its full name.
        let is_selected =
            |part: &String| if self.alone.is_some() { name == part } else { name.contains(part.as_str()) };
        self.only.is_empty() || self.only.iter().any(is_selected)
    }

    /// Returns the plan with fewer rounds, for cases whose single operation is long.
    pub fn with_few_rounds(&self) -> Self {
        Self { rounds: self.rounds.div_ceil(7), ..self.clone() }
    }

    /// Returns the plan with more and longer rounds, for cases with a small difference.
    #[allow(dead_code, reason = "the benchmark of the web uses it")]
    pub fn with_long_rounds(&self) -> Self {
        if self.is_smoke() {
            return self.clone();
        }
        Self { rounds: self.rounds * 3, batch: self.batch * 6, ..self.clone() }
    }
}

/// The target of a case.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// At most this many times the twin.
    Ratio(f64),
    /// At most this many nanoseconds for one operation.
    Nanos(f64),
    /// No target. The case is shown to explain the others.
    Shown,
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(ratio) => write!(f, "<= {ratio:.2}x"),
            Self::Nanos(nanos) => write!(f, "<= {nanos} ns"),
            Self::Shown => Ok(()),
        }
    }
}

/// The result of a case.
struct Measured {
    ours: f64,
    twin: f64,
    /// The quartiles of the rounds' ratios.
    ratios: [f64; 3],
}

impl Measured {
    fn of(rounds: &[(f64, f64)]) -> Self {
        let sorted = |value: fn(&(f64, f64)) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let quarter = |values: &[f64], quarter: usize| values[(values.len() - 1) * quarter / 4];
        let ratios = sorted(|(ours, twin)| ours / twin);
        Self {
            ours: quarter(&sorted(|round| round.0), 2),
            twin: quarter(&sorted(|round| round.1), 2),
            ratios: [1, 2, 3].map(|place| quarter(&ratios, place)),
        }
    }
}

/// Runs `ours` and `twin` alternately and prints their line. Each gets a number of operations and returns
/// their time.
pub async fn pair(
    plan: &Plan,
    name: &str,
    goal: Goal,
    mut ours: impl AsyncFnMut(u32) -> Duration,
    mut twin: impl AsyncFnMut(u32) -> Duration,
) {
    if !plan.selects(name) {
        return;
    }
    if let Some((side, times)) = plan.alone {
        match side {
            Side::Ours => ours(times).await,
            Side::Twin => twin(times).await,
        };
        println!("ran {name}");
        return;
    }
    let count = batch_size(plan, &mut twin).await;
    // Not measured: this fills the caches of statements and of the processor.
    ours(count).await;
    let each = |taken: Duration| taken.as_secs_f64() * 1e9 / f64::from(count);
    let mut rounds = Vec::with_capacity(plan.rounds);
    for round in 0..plan.rounds {
        // The order alternates, because the second one finds warm caches.
        let (ours, twin) = if round % 2 == 0 {
            let ours = ours(count).await;
            (ours, twin(count).await)
        } else {
            let twin = twin(count).await;
            (ours(count).await, twin)
        };
        rounds.push((each(ours), each(twin)));
    }
    if plan.is_smoke() {
        println!("{name:<58} ran");
    } else {
        line(name, goal, &Measured::of(&rounds));
    }
}

/// Returns the number of operations in a batch.
async fn batch_size(plan: &Plan, run: &mut impl AsyncFnMut(u32) -> Duration) -> u32 {
    let mut count = 1;
    loop {
        let taken = run(count).await;
        if taken >= plan.batch / 4 {
            let wanted = f64::from(count) * plan.batch.as_secs_f64() / taken.as_secs_f64().max(1e-9);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is between 1 and 4 times the count"
            )]
            return wanted.ceil().max(1.0) as u32;
        }
        count *= 4;
    }
}

/// Times a batch.
pub async fn timed(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}

/// Prints the head of a table.
pub fn head(plan: &Plan, title: &str) {
    println!("\n{title}");
    if plan.is_smoke() {
        return;
    }
    println!("{:<58}{:>12}{:>12}{:>8}  {:<13}{:<12}", "", "ours", "twin", "ratio", "quartiles", "goal");
}

fn line(name: &str, goal: Goal, measured: &Measured) {
    let Measured { ours, twin, ratios: [low, ratio, high] } = *measured;
    let reached = match goal {
        Goal::Ratio(limit) => Some(ratio <= limit),
        Goal::Nanos(limit) => Some(ours <= limit),
        Goal::Shown => None,
    };
    let mark = reached.map_or("", |reached| if reached { "reached" } else { "MISSED" });
    println!(
        "{name:<58}{:>12}{:>12}{ratio:>7.3}x  {:<13}{:<12}{mark}",
        shown(ours),
        shown(twin),
        format!("{low:.3}-{high:.3}"),
        goal.to_string(),
    );
}

fn shown(nanos: f64) -> String {
    match nanos {
        ..1e3 => format!("{nanos:.1} ns"),
        ..1e4 => format!("{:.2} us", nanos / 1e3),
        ..1e6 => format!("{:.1} us", nanos / 1e3),
        _ => format!("{:.1} ms", nanos / 1e6),
    }
}
