//! The order in which a worker serves its queues.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use signals_core::db::Db;
use signals_core::error::Result;

use crate::store::{self, Ready, Turn};

/// The time for which a list of queues is used. New and paused queues are noticed after it.
const FRESH: Duration = Duration::from_millis(500);
/// Every claim of this number is for the next priority in turn, so that no priority starves.
const TURN: u32 = 8;

/// The queues with ready runs.
#[derive(Default)]
pub(super) struct Queues {
    ready: VecDeque<String>,
    /// A queue with a run that must run alone.
    pub(super) isolated: Option<String>,
    looked: Option<Instant>,
    claims: u32,
    turns: HashMap<String, i16>,
}

impl Queues {
    /// Reads the queues again, unless the list is recent and not empty. Returns whether it read them.
    pub(super) async fn refresh(&mut self, db: &Db, served: &[String]) -> Result<bool> {
        let is_fresh = self.looked.is_some_and(|looked| looked.elapsed() < FRESH);
        if is_fresh && !self.ready.is_empty() {
            return Ok(false);
        }
        let paused = store::paused(db).await?;
        let is_open = |queue: &str| !paused.iter().any(|paused| paused == queue);
        self.ready = Self::list(db, Ready::Ordinary, served).await?.into_iter().filter(|it| is_open(it)).collect();
        self.isolated = Self::list(db, Ready::Isolated, served).await?.into_iter().find(|it| is_open(it));
        self.looked = Some(Instant::now());
        Ok(true)
    }

    /// Clears the list, because the queues may have changed.
    pub(super) fn forget(&mut self) {
        self.looked = None;
    }

    /// Lists the queues with ready runs, of those that are served.
    async fn list(db: &Db, ready: Ready, served: &[String]) -> Result<Vec<String>> {
        let mut found = Vec::new();
        if served.is_empty() {
            let mut queue = String::new();
            while let Some(next) = store::next_queue(db, ready, &queue).await? {
                queue.clone_from(&next);
                found.push(next);
            }
            return Ok(found);
        }
        for queue in served {
            if store::is_ready(db, ready, queue).await? {
                found.push(queue.clone());
            }
        }
        Ok(found)
    }

    /// Takes the next queue, with the order of priorities for it.
    pub(super) fn next(&mut self) -> Option<(String, Turn)> {
        let queue = self.ready.pop_front()?;
        self.claims = self.claims.wrapping_add(1);
        let turn = if self.claims.is_multiple_of(TURN) {
            Turn::After(self.turns.get(&queue).copied().unwrap_or(i16::MIN))
        } else {
            Turn::First
        };
        Some((queue, turn))
    }

    /// Moves a queue that may have more runs behind the others.
    pub(super) fn put_back(&mut self, queue: String) {
        self.ready.push_back(queue);
    }

    /// Records the priority that had its turn. `None` starts again with the first.
    pub(super) fn had_turn(&mut self, queue: &str, priority: Option<i16>) {
        self.turns.insert(queue.to_owned(), priority.unwrap_or(i16::MIN));
    }
}
