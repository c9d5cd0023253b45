//! The statements on the table of runs. Each is short, and commits by itself unless it runs in a transaction.

mod beat;
mod bulk;
mod capture;
mod change;
mod claim;
mod end;
mod insert;
mod lease;
mod merge;
mod pick;
mod prune;
mod queue;
mod statement;
mod status;
mod sweep;
mod transaction;

pub(crate) use beat::{BeatRow, advance, beats, delete_beat, insert_beat, renew, write_heartbeat};
pub(crate) use bulk::{Dead, Scope, Starts, cancel_batch, dead_after, has_any, purge, wait_again, wait_again_with_key};
pub(crate) use capture::{
    Captured, CapturedCount, CapturedKind, count_captured, forget_captured, has_captured, lock_captured,
    refuse_captured,
};
pub(crate) use change::{cancel, make_ready};
pub(crate) use claim::{Claimed, Turn, claim, claim_isolated};
pub(crate) use end::{End, How, finish_in, is_written, write_done, write_each};
pub(crate) use insert::insert;
pub(crate) use lease::{Held, claims_of, extend};
pub(crate) use merge::{Merge, Merged, Merging, make_due, others};
pub(crate) use pick::BATCH;
pub(crate) use prune::prune;
pub(crate) use queue::{Ready, is_ready, next_queue, next_queue_in, paused};
pub(crate) use statement::{find_open, forget_workers, notify, now, show_worker, unshow_worker};
pub(crate) use status::{MOST, SeenWorker, count, count_with_age, workers};
pub(crate) use sweep::{due, promote, sweep_lost, try_known, try_unknown};
pub(crate) use transaction::{begin, conclude, conclude_if};
