//! The schemas of databases and models as data.
//!
//! Applications use this crate as `signals::schema`, with the feature `schema` of
//! [`signals-orm`](https://docs.rs/signals-orm).
//!
//! | call | does |
//! |---|---|
//! | [`check`] | compares every linked model with its table, and returns the differences |
//! | [`inspect`] | returns the source code of models for the tables of a database |
//! | [`migration::Plan`] | returns the SQL that makes the tables of a database into those of the models |
//! | [`Schema::read`], [`Schema::of_models`] | describe a database, and the tables that models need |
//! | [`Schema::differences`], [`Schema::to_models`] | do the same as the calls above, with a schema that was read before |
//!
//! On the command line these are `check --database`, `inspectdb` and `makemigrations`, with the feature `manage`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod check;
mod compare;
mod defaults;
mod description;
mod dialect;
mod difference;
mod inspect;
pub mod migration;
mod planned;
mod read;
mod rust_type;
mod types;

pub use check::{check, check_of, models};
pub use description::{
    Action, CaptureTrigger, ColumnSchema, ColumnType, ForeignKey, Generation, Index, Schema, Table, TableKind,
};
pub use difference::{Difference, DifferenceKind};
pub use inspect::inspect;

#[cfg(not(any(feature = "mysql", feature = "postgres", feature = "sqlite")))]
compile_error!("a schema is that of a database: turn on `sqlite`, `postgres` or `mysql`");
