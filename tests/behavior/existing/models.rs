//! The models that `inspectdb` printed for the tables of `fixtures`.

#![allow(clippy::struct_field_names, reason = "the columns have these names")]

pub mod mysql;
pub mod postgres;
pub mod sqlite;
