//! The signals of receivers: a journal in the database, a list of what was committed, and the failures of
//! receivers.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::panic;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use signals::{Error, Result, Tx};

use crate::sql::run;

/// One change of one row. States and keys are numbers, as [`journal`](crate::journal) defines them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// The table's short name, and `+`, `-` or `~` for an insert, a delete and a change.
    pub what: String,
    pub key: i64,
    pub old: i64,
    pub new: i64,
}

impl Event {
    pub fn new(what: &str, key: i64, old: i64, new: i64) -> Self {
        Self { what: what.to_owned(), key, old, new }
    }
}

/// Events, and how often each was.
pub type Events = BTreeMap<Event, i64>;

/// Which receivers are called.
#[derive(Debug, Clone, Copy)]
pub enum Heard {
    /// Those of each row.
    Row,
    /// Those of each set of rows.
    Set,
}

impl Heard {
    pub fn name(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Set => "set",
        }
    }
}

/// Writes the signal of a receiver and the values that it maintains, in one round trip.
pub async fn tell(tx: &Tx, heard: Heard, events: Vec<Event>, kept: Vec<String>) -> Result<()> {
    let mut sql = kept.join("; ");
    for Event { what, key, old, new } in &events {
        let separator = if sql.is_empty() { "" } else { "; " };
        let heard = heard.name();
        write!(
            sql,
            "{separator}INSERT INTO load_told (heard, what, row_key, old_state, new_state) VALUES ('{heard}', '{what}', {key}, {old}, {new})"
        )
        .map_err(Error::other)?;
    }
    if !sql.is_empty() {
        run(tx, sql).await?;
    }
    if let Heard::Row = heard {
        // A future that is not awaited within a call has none.
        let _ = CURRENT.try_with(|current| locked(&current.told).extend(events.iter().cloned()));
        tx.on_commit(async move { note_committed(events) }).unwrap();
    }
    Ok(())
}

static COMMITTED: Mutex<Events> = Mutex::new(BTreeMap::new());

fn note_committed(events: Vec<Event>) {
    let mut committed = locked(&COMMITTED);
    for event in events {
        *committed.entry(event).or_default() += 1;
    }
}

/// What callbacks of `on_commit` have noted so far.
pub fn committed() -> Events {
    locked(&COMMITTED).clone()
}

/// The lines and their amounts, as receivers that wait for the commit count them.
pub static NET_LINES: AtomicI64 = AtomicI64::new(0);
pub static NET_TOTAL: AtomicI64 = AtomicI64::new(0);

/// Forgets what an earlier load committed.
pub fn forget() {
    locked(&COMMITTED).clear();
    NET_LINES.store(0, SeqCst);
    NET_TOTAL.store(0, SeqCst);
}

/// What a receiver does instead of its work.
#[derive(Debug, Clone, Copy)]
pub enum Mishap {
    Error,
    Panic,
}

/// What a receiver fails or panics with.
#[derive(Debug)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused by the load")
    }
}

impl std::error::Error for Refused {}

/// A call, as its receivers see it.
#[derive(Debug, Default)]
pub struct Current {
    /// How many receivers come before the one that has the mishap.
    mishap: Mutex<Option<(u64, Mishap)>>,
    told: Mutex<Vec<Event>>,
}

impl Current {
    pub fn new(mishap: Option<(u64, Mishap)>) -> Self {
        Self { mishap: Mutex::new(mishap), told: Mutex::default() }
    }
}

tokio::task_local! {
    pub static CURRENT: Current;
}

/// Fails or panics, if it is this receiver's turn.
pub fn mishap() -> Result<()> {
    let due = CURRENT.try_with(|current| {
        let mut mishap = locked(&current.mishap);
        match *mishap {
            Some((0, due)) => {
                *mishap = None;
                Some(due)
            }
            Some((before, due)) => {
                *mishap = Some((before - 1, due));
                None
            }
            None => None,
        }
    });
    match due {
        Ok(Some(Mishap::Error)) => Err(Error::other(Refused)),
        Ok(Some(Mishap::Panic)) => panic::panic_any(Refused),
        _ => Ok(()),
    }
}

/// Keeps the panics of receivers out of the output.
pub fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Refused>() {
                before(info);
            }
        }));
    });
}

/// What the receivers of this call were sent.
pub fn told_in_this_call() -> Vec<Event> {
    CURRENT.with(|current| std::mem::take(&mut *locked(&current.told)))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
