//! Databases: their settings, their pools, and the known facts about their tables.

mod builder;
mod created;
mod database;
mod outside;

pub use builder::DbBuilder;
pub use created::{ConnectionCreated, connection_created};
pub(super) use created::{announce_as, watch};
pub(super) use database::{Database, OwnTables};
