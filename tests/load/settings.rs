//! The duration and the strength of the load, from environment variables.
//!
//! | variable | means | default |
//! |---|---|---|
//! | `SIGNALS_LOAD_SECONDS` | how long each load runs | 3 |
//! | `SIGNALS_LOAD_TASKS` | how many tasks write | 16 |
//! | `SIGNALS_LOAD_SEED` | what the random choices start from | the time |
//! | `SIGNALS_LOAD_FAIL` | the percentage of calls in which a receiver fails | 5 |
//! | `SIGNALS_LOAD_PANIC` | the percentage in which one panics | 1 |
//! | `SIGNALS_LOAD_DROP` | the percentage of calls that are dropped | 5 |
//! | `SIGNALS_LOAD_CALLS` | the calls that are made, by name and separated by commas | all |
//!
//! A seed fixes what each task chooses, not how the tasks interleave.

use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::calls::Call;

#[derive(Debug, Clone)]
pub struct Settings {
    pub seconds: u64,
    pub tasks: usize,
    pub seed: u64,
    pub fail: u64,
    pub panic: u64,
    pub drop: u64,
    pub calls: Vec<Call>,
    /// How long a task waits for a connection. Only a hang takes this long.
    pub patience: Duration,
}

impl Settings {
    /// # Panics
    ///
    /// If a variable has no number, or names no call.
    pub fn read() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self {
            seconds: number("SIGNALS_LOAD_SECONDS").unwrap_or(3),
            tasks: usize::try_from(number("SIGNALS_LOAD_TASKS").unwrap_or(16)).unwrap(),
            seed: number("SIGNALS_LOAD_SEED").unwrap_or(u64::from(now.subsec_nanos())),
            fail: number("SIGNALS_LOAD_FAIL").unwrap_or(5),
            panic: number("SIGNALS_LOAD_PANIC").unwrap_or(1),
            drop: number("SIGNALS_LOAD_DROP").unwrap_or(5),
            calls: calls(),
            patience: Duration::from_mins(1),
        }
    }

    /// Returns whether it is run by hand.
    pub fn is_long(&self) -> bool {
        self.seconds >= 10
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}: it is no number")))
}

fn calls() -> Vec<Call> {
    let Ok(names) = env::var("SIGNALS_LOAD_CALLS") else { return Call::ALL.to_vec() };
    let find = |name: &str| Call::ALL.into_iter().find(|call| format!("{call:?}") == name);
    names.split(',').map(|name| find(name).unwrap_or_else(|| panic!("{name} is none of {:?}", Call::ALL))).collect()
}
