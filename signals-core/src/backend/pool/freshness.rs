//! Decides which idle connections of a server are pinged before they are used.

mod runtimes;

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::{Connection, Error as SqlxError};

use runtimes::Runtimes;

/// The maximum time of a ping.
const LONGEST_PING: Duration = Duration::from_secs(5);
/// The time after the end of a runtime in which its connections may still be returned, in microseconds.
const LAST_RETURNS: u64 = 10_000;

/// The times at which the connections of a pool were used.
///
/// A server or a firewall may have closed a connection that was idle for a while. A connection cannot be used
/// after the end of the runtime that opened it.
pub(crate) struct Freshness {
    /// The time from which every other time is counted, in microseconds.
    start: Instant,
    /// How long a connection may be idle without a ping.
    idle: u64,
    /// How long a ping may take.
    limit: Duration,
    /// When connections were taken from the pool. Each connection that the pool may have has one slot, and
    /// the slots are overwritten in order.
    taken: Box<[AtomicU64]>,
    next: AtomicUsize,
    /// When a connection was last returned.
    given_back: AtomicU64,
    /// A connection that was idle at this time may have been idle for longer than sqlx reports.
    unknown: AtomicU64,
    /// A connection that was idle at this time may belong to a runtime that has ended.
    orphaned: AtomicU64,
    /// The runtimes in which its connections were opened.
    runtimes: Runtimes,
}

impl Freshness {
    /// Makes the record of a pool of so many connections, whose calls wait at most `acquire_timeout`.
    pub(in crate::backend) fn new(connections: u32, idle: Duration, acquire_timeout: Duration) -> Self {
        Self {
            start: Instant::now(),
            idle: micros(idle),
            // The time includes the opening of a new connection.
            limit: (acquire_timeout / 3).min(LONGEST_PING),
            taken: (0..connections.max(1)).map(|_| AtomicU64::new(0)).collect(),
            next: AtomicUsize::new(0),
            given_back: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            orphaned: AtomicU64::new(0),
            runtimes: Runtimes::default(),
        }
    }

    /// Returns the present time. It is at least 1; 0 means "never".
    pub(in crate::backend) fn now(&self) -> u64 {
        micros(self.start.elapsed()).saturating_add(1)
    }

    fn oldest(&self, position: usize) -> Option<&AtomicU64> {
        self.taken.get(position % self.taken.len())
    }

    /// Returns whether the pool is so busy that no connection in it can have been idle for long.
    ///
    /// sqlx hands out the connection that was returned first. If as many connections were taken recently as
    /// the pool may have, the next one was returned after the first of those was taken.
    pub(in crate::backend) fn is_busy(&self, now: u64) -> bool {
        let oldest = self.oldest(self.next.load(Ordering::Relaxed)).map_or(0, |slot| slot.load(Ordering::Relaxed));
        oldest > self.orphaned.load(Ordering::Relaxed) && now.saturating_sub(oldest) < self.idle
    }

    pub(in crate::backend) fn note_taken(&self, now: u64) {
        if let Some(slot) = self.oldest(self.next.fetch_add(1, Ordering::Relaxed)) {
            slot.store(now, Ordering::Relaxed);
        }
    }

    pub(in crate::backend) fn note_given_back(&self) {
        self.given_back.store(self.now(), Ordering::Relaxed);
    }

    /// Records that the current runtime opened a connection.
    pub(in crate::backend) fn note_connected(self: &Arc<Self>) {
        let own = Arc::downgrade(self);
        self.runtimes.note_current(move || {
            if let Some(own) = own.upgrade() {
                own.note_runtime_ended();
            }
        });
    }

    /// Records that a runtime has ended that may have opened any of the idle connections.
    fn note_runtime_ended(&self) {
        self.orphaned.fetch_max(self.now().saturating_add(LAST_RETURNS), Ordering::Relaxed);
    }

    /// Returns whether the pool may hand out this connection. A connection that was idle for long is pinged
    /// first. If the answer is no, the pool closes the connection and opens another.
    pub(in crate::backend) fn check<'c, C: Connection>(
        &self,
        connection: &'c mut C,
        idle_for: Duration,
    ) -> BoxFuture<'c, Result<bool, SqlxError>> {
        let idle_for = micros(idle_for);
        if self.is_orphaned(idle_for) {
            return ready(Ok(false)).boxed();
        }
        if !self.needs_ping(idle_for) {
            return ready(Ok(true)).boxed();
        }
        let limit = self.limit;
        async move {
            match tokio::time::timeout(limit, connection.ping()).await {
                Ok(answer) => answer.map(|()| true),
                Err(_) => Err(no_answer("the ping of an idle connection", limit)),
            }
        }
        .boxed()
    }

    /// Returns whether the runtime of the connection may have ended. A ping would not detect it: an answer
    /// that is already there is read without the runtime, but the next answer may not be there yet.
    fn is_orphaned(&self, idle_for: u64) -> bool {
        self.now().saturating_sub(idle_for) <= self.orphaned.load(Ordering::Relaxed)
    }

    /// Returns whether a connection that was idle for this time needs a ping.
    ///
    /// sqlx measures the idle time, but resets it when it looks for connections that are too old. It has done
    /// so if a connection came back although none was returned.
    fn needs_ping(&self, idle_for: u64) -> bool {
        let now = self.now();
        let since = now.saturating_sub(idle_for);
        if since > self.given_back.load(Ordering::Relaxed).saturating_add(self.idle) {
            self.unknown.fetch_max(now, Ordering::Relaxed);
        }
        idle_for >= self.idle || since <= self.unknown.load(Ordering::Relaxed)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Returns the error for a server that does not answer.
pub(in crate::backend) fn no_answer(what: &str, limit: Duration) -> SqlxError {
    let message = format!("no answer to {what} within {limit:?}");
    SqlxError::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, message))
}
