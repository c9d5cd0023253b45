//! References that are followed: from rows to those that they reference, and back.

mod assigned;
mod end;
mod equal;
mod keyed;
mod loaded;
mod to_many;
mod to_one;

pub(super) use assigned::Assigning;
pub(super) use end::SLICED;
pub use end::{End, Ends};
pub(super) use keyed::{Lookup, Part};
pub use loaded::{LoadedMany, LoadedOne};
pub use to_many::ToMany;
pub use to_one::ToOne;
