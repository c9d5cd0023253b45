//! Tools for tests: a `Db` in a transaction, muted receivers, and recorded signals.

mod guard;
mod inside_tx;
mod mute;
mod record;

pub use mute::{DbSignal, Muted};
pub use record::Recording;
