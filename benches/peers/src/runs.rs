//! The runs of a worker in this process.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

static ENDED: AtomicI64 = AtomicI64::new(0);
static GOAL: AtomicI64 = AtomicI64::new(i64::MAX);
static REACHED: Notify = Notify::const_new();

/// Each task calls it at its end.
pub fn ended() {
    if ENDED.fetch_add(1, Ordering::Relaxed) + 1 == GOAL.load(Ordering::Relaxed) {
        REACHED.notify_one();
    }
}

/// Returns the number of tasks that ended.
pub fn count() -> i64 {
    ENDED.load(Ordering::Relaxed)
}

/// Sets the number for [`goal_reached`]. Call it before the worker starts.
pub fn set_goal(goal: i64) {
    GOAL.store(goal, Ordering::Relaxed);
}

/// Waits until as many tasks ended as the goal says.
pub async fn goal_reached() {
    REACHED.notified().await;
}

/// Prints a number and the time, for the process that started this one.
pub fn print_stamp(number: i64) {
    println!("{number} {}", nanoseconds());
}

/// Returns the time since 1970. All processes of this machine have the same clock.
pub fn nanoseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos())
}
