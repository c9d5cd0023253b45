//! The order in which a worker serves its queues.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use signals_core::error::Result;

use super::shared::Shared;
use crate::store::{self, Ready, Turn};

/// The time for which a list of queues is used. New and paused queues are noticed after it.
const FRESH: Duration = Duration::from_millis(500);
/// Every claim of this number in a queue is for the next priority in turn, so that no priority starves.
const TURN: u64 = 8;
/// The share that a claim of a queue of the weight 1 uses.
const SHARE: u64 = 1 << 20;
/// The maximum length of a list of queues. If there are more, the next list begins after the last one served.
const MOST_QUEUES: usize = 64;
/// The maximum number of lookups for a list of queues, some of which may be paused.
const MOST_LOOKUPS: usize = 2 * MOST_QUEUES;
/// The number of queues above which those without ready runs are forgotten, whatever they have used.
const MOST_SERVED: usize = 1_000;

/// The queues with ready runs.
#[derive(Default)]
pub(super) struct Queues {
    /// The queue whose share is least used comes first, and of several such the one that was served longest ago.
    ready: VecDeque<String>,
    /// A queue with a run that must run alone.
    pub(super) isolated: Option<String>,
    looked: Option<Instant>,
    /// The number of claims.
    claims: u64,
    /// The share of the queue that was served last, before that claim.
    share: u64,
    weights: HashMap<String, u16>,
    /// The claims of each queue that was ready at the last lookup, or that has used more than its share.
    served: HashMap<String, Served>,
    /// The queue that was served last, or the last one of the list if none was.
    last: String,
}

/// The claims of a queue.
#[derive(Debug, Default)]
struct Served {
    /// The share of the queue that is used up: each claim adds a part that is inverse to its weight.
    share: u64,
    /// The number of the last one, of those of all queues.
    at: u64,
    claims: u64,
    /// The priority of the last one that was for the next priority in turn.
    priority: Option<i16>,
}

impl Queues {
    /// Creates an empty list. Queues without a weight have the weight 1.
    pub(super) fn new(weights: HashMap<String, u16>) -> Self {
        Self { weights, ..Self::default() }
    }

    /// Reads the queues again, unless the list is recent and not empty. Returns whether it read them.
    pub(super) async fn refresh(&mut self, shared: &Shared) -> Result<bool> {
        let is_fresh = self.looked.is_some_and(|looked| looked.elapsed() < FRESH);
        if is_fresh && !self.ready.is_empty() {
            return Ok(false);
        }
        let paused = shared.within(store::paused(&shared.own)).await?;
        let mut ordinary = Lookup { shared, ready: Ready::Ordinary, paused: &paused, left: MOST_LOOKUPS };
        let ready = ordinary.queues(&self.last, MOST_QUEUES).await?;
        let mut isolated = Lookup { shared, ready: Ready::Isolated, paused: &paused, left: MOST_LOOKUPS };
        self.isolated = isolated.queues("", 1).await?.pop();
        self.list(ready);
        self.looked = Some(Instant::now());
        Ok(true)
    }

    /// Clears the list, because the queues may have changed.
    pub(super) fn forget(&mut self) {
        self.looked = None;
    }

    /// Sorts the ready queues.
    fn list(&mut self, mut ready: Vec<String>) {
        if let Some(last) = ready.last() {
            self.last.clone_from(last);
        }
        // A queue may be empty at a lookup only because its runs were claimed, and keeps what it has used.
        let (share, is_full) = (self.share, self.served.len() > MOST_SERVED);
        self.served.retain(|queue, served| (served.share > share && !is_full) || ready.contains(queue));
        // A stable sort: those that were never served keep their order.
        ready.sort_by_key(|queue| self.rank(queue));
        self.ready = ready.into();
    }

    /// Returns the place of a queue in the order.
    fn rank(&self, queue: &str) -> (u64, u64) {
        self.served.get(queue).map_or((0, 0), |served| (served.share, served.at))
    }

    /// Takes the next queue, with the order of priorities for it.
    pub(super) fn next(&mut self) -> Option<(String, Turn)> {
        let queue = self.ready.pop_front()?;
        self.claims += 1;
        self.last.clone_from(&queue);
        let weight = self.weights.get(&queue).copied().unwrap_or(1).max(1);
        let served = self.served.entry(queue.clone()).or_default();
        // A queue that had no runs for a while gets no share for that time.
        self.share = self.share.max(served.share);
        served.share = self.share + SHARE / u64::from(weight);
        served.at = self.claims;
        served.claims += 1;
        let is_turn = served.claims.is_multiple_of(TURN);
        let turn = if is_turn { Turn::After(served.priority.unwrap_or(i16::MIN)) } else { Turn::First };
        Some((queue, turn))
    }

    /// Puts back a queue that may have more runs.
    pub(super) fn put_back(&mut self, queue: String) {
        let rank = self.rank(&queue);
        let place = self.ready.iter().position(|other| self.rank(other) > rank).unwrap_or(self.ready.len());
        self.ready.insert(place, queue);
    }

    /// Records the priority that had its turn. `None` starts again with the first.
    pub(super) fn had_turn(&mut self, queue: &str, priority: Option<i16>) {
        self.served.entry(queue.to_owned()).or_default().priority = priority;
    }
}

/// A lookup of queues that are not paused and have ready runs.
struct Lookup<'a> {
    shared: &'a Shared,
    ready: Ready,
    paused: &'a [String],
    /// The number of lookups that it may still make.
    left: usize,
}

impl Lookup<'_> {
    /// Lists up to `most` queues that the worker serves. The list begins after the queue of this name.
    async fn queues(&mut self, after: &str, most: usize) -> Result<Vec<String>> {
        match &self.shared.settings.queues {
            Some(served) => self.of(served, after, most).await,
            None => self.of_all(after, most).await,
        }
    }

    async fn of(&mut self, served: &[String], after: &str, most: usize) -> Result<Vec<String>> {
        let start = served.iter().position(|queue| queue == after).map_or(0, |i| i + 1);
        let mut found = Vec::new();
        for queue in served.iter().cycle().skip(start).take(served.len().min(self.left)) {
            if found.len() < most && self.is_open(queue) {
                let is_ready = store::is_ready(&self.shared.own, self.ready, queue);
                if self.shared.within(is_ready).await? {
                    found.push(queue.clone());
                }
            }
        }
        Ok(found)
    }

    async fn of_all(&mut self, after: &str, most: usize) -> Result<Vec<String>> {
        let (mut found, mut first) = (Vec::new(), None);
        let (mut queue, mut is_second_pass) = (after.to_owned(), after.is_empty());
        while found.len() < most && self.left > 0 {
            self.left -= 1;
            let next = store::next_queue(&self.shared.own, self.ready, &queue);
            let Some(next) = self.shared.within(next).await? else {
                if is_second_pass {
                    break;
                }
                (queue, is_second_pass) = (String::new(), true);
                continue;
            };
            // Only the database knows the order of names, so the end of the second pass is a name of the first.
            if first.as_ref() == Some(&next) || found.contains(&next) {
                break;
            }
            first.get_or_insert_with(|| next.clone());
            if self.is_open(&next) {
                found.push(next.clone());
            }
            queue = next;
        }
        Ok(found)
    }

    fn is_open(&self, queue: &str) -> bool {
        !self.paused.iter().any(|paused| paused == queue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_queue_that_was_served_longest_ago_is_next() {
        let mut queues = Queues::default();
        let mut served = Vec::new();
        // Each list is read after one claim, as when runs take longer than a list is used.
        for _ in 0..6 {
            queues.list(names(&["a", "b", "c"]));
            served.push(queues.next().map(|(queue, _)| queue).unwrap_or_default());
        }
        assert_eq!(served, names(&["a", "b", "c", "a", "b", "c"]));
        queues.list(names(&["b", "new"]));
        assert_eq!(queues.next().map(|(queue, _)| queue).as_deref(), Some("new"));
    }

    #[test]
    fn queues_without_ready_runs_are_forgotten() {
        let mut queues = Queues::default();
        served(&mut queues, &["a", "b", "c"], 6);
        served(&mut queues, &["b"], 10);
        queues.list(names(&["b"]));
        assert_eq!(queues.served.len(), 1);
        for queue in 0..2 * MOST_SERVED {
            queues.list(vec![format!("queue {queue}")]);
            queues.next();
            assert!(queues.served.len() <= MOST_SERVED + 1, "queues that are served once are forgotten too");
        }
    }

    #[test]
    fn a_queue_that_is_empty_now_and_then_gets_no_more_than_its_share() {
        let mut queues = Queues::new(HashMap::from([("b".to_owned(), 3)]));
        let mut served = String::new();
        for _ in 0..400 {
            queues.list(names(&["a", "b"]));
            served.push_str(&queues.next().map(|(queue, _)| queue).unwrap_or_default());
            queues.list(names(&["b"]));
        }
        let count = served.matches('a').count();
        assert!(count.abs_diff(100) <= 2, "{count} of 400: {served}");
    }

    /// Returns the queues of this number of claims, if all are always ready and each list is used for 5 claims.
    fn served(queues: &mut Queues, all: &[&str], claims: usize) -> String {
        let mut served = String::new();
        for claim in 0..claims {
            if claim % 5 == 0 {
                queues.list(names(all));
            }
            let queue = queues.next().map(|(queue, _)| queue).unwrap_or_default();
            served.push_str(&queue);
            queues.put_back(queue);
        }
        served
    }

    #[test]
    fn queues_are_served_by_their_weights() {
        let weighted = |weights: &[(&str, u16)]| {
            Queues::new(weights.iter().map(|(queue, weight)| ((*queue).to_owned(), *weight)).collect())
        };
        assert_eq!(served(&mut weighted(&[("a", 3)]), &["a", "b"], 12), "abaaabaaabaa");
        let mixed = served(&mut weighted(&[("a", 3), ("b", 2), ("c", 1)]), &["a", "b", "c"], 600);
        for (queue, share) in [('a', 300_usize), ('b', 200), ('c', 100)] {
            let count = mixed.matches(queue).count();
            assert!(count.abs_diff(share) <= 2, "{queue}: {count} of 600");
        }
        assert!(!mixed.contains("aaaaa"), "{mixed}");
        assert_eq!(served(&mut Queues::default(), &["a", "b", "c"], 9), "abcabcabc", "without weights, in turn");
    }

    #[test]
    fn a_queue_that_was_empty_for_long_is_not_served_alone_afterwards() {
        let mut queues = Queues::default();
        served(&mut queues, &["a", "b"], 2);
        served(&mut queues, &["a"], 100);
        assert_eq!(served(&mut queues, &["a", "b"], 5), "babab");
    }

    #[test]
    fn the_eighth_claim_of_each_queue_is_for_the_next_priority() {
        for number in 1..=12 {
            let mut queues = Queues::default();
            let all: Vec<_> = (0..number).map(|number| format!("queue {number:02}")).collect();
            let mut turns = 0;
            for claim in 0..number * 16 {
                queues.list(all.clone());
                let turn = queues.next().map(|(_, turn)| turn);
                let is_eighth = (claim / number) % 8 == 7;
                assert_eq!(turn, Some(if is_eighth { Turn::After(i16::MIN) } else { Turn::First }), "{claim}");
                turns += usize::from(is_eighth);
            }
            assert_eq!(turns, number * 2);
        }
    }
}
