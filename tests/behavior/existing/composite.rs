//! The models that `inspectdb` printed for tables whose keys have several columns.

#![allow(clippy::struct_field_names, reason = "the columns have these names")]

pub mod mysql;
pub mod postgres;
pub mod sqlite;
