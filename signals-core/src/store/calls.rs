//! The calls of models: what was asked for, with its options, until it is awaited.
//!
//! They are below [`Model`](super::Model), whose methods return them. Each runs in the file of its kind.

mod bulk;
mod delete;
mod options;
mod or_create;
mod save;

pub(super) use bulk::BulkOptions;
pub use bulk::{BulkCreate, BulkUpdate, UpdateObjects};
pub(super) use delete::Audience;
pub use delete::{BulkDelete, Delete, DeleteObjects, Deleted};
pub use or_create::{GetOrCreate, UpdateOrCreate};
pub(super) use save::SaveOptions;
pub use save::{Create, Save};
