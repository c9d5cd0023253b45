//! The parts of a second, in nanoseconds.

pub(super) const SECOND: u32 = 1_000_000_000;
pub(super) const MILLI: u32 = 1_000_000;
pub(super) const MICRO: u32 = 1_000;
