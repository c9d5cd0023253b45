//! Tools for tests: a `Db` in a transaction, receivers that are muted, and signals that are recorded.

mod guard;
mod inside_tx;
mod mute;
mod record;

pub use mute::{DbSignal, Muted};
pub use record::Recording;
