//! The statements on the table of runs. Each is short, and commits by itself unless it runs in a transaction.

mod change;
mod claim;
mod end;
mod lease;
mod pick;
mod prune;
mod queue;
mod statement;
mod sweep;

pub(crate) use change::{cancel, make_ready};
pub(crate) use claim::{Claimed, Turn, claim, claim_isolated};
pub(crate) use end::{End, How, finish_in, is_written, write_done, write_each};
pub(crate) use lease::{Held, claims_of, extend};
pub(crate) use prune::prune;
pub(crate) use queue::{Ready, is_ready, next_queue, paused};
pub(crate) use statement::{find_open, forget_workers, show_worker, unshow_worker};
pub(crate) use sweep::{BATCH, due, promote, sweep_lost, try_known, try_unknown};
