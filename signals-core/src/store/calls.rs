//! The calls of models, with their options, before they are awaited.
//!
//! They are defined below [`Model`](super::Model), whose methods return them. Each runs in the file of its
//! kind.

mod bulk;
mod delete;
mod options;
mod or_create;
mod save;
mod upsert;

pub(super) use bulk::BulkOptions;
pub use bulk::{BulkCreate, BulkUpdate, UpdateObjects};
pub(super) use delete::Audience;
pub use delete::{BulkDelete, Delete, DeleteObjects, Deleted};
pub(super) use options::option_method;
pub use or_create::{GetOrCreate, UpdateOrCreate};
pub(super) use save::SaveOptions;
pub use save::{Create, Save};
pub(super) use upsert::UpsertCall;
pub use upsert::{OnConflict, Upsert, UpsertReport, Upserted};
