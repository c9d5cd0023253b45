//! The models that `inspectdb` printed for the tables of `fixtures`.

pub mod mysql;
pub mod postgres;
pub mod sqlite;
