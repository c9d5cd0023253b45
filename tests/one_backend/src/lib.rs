//! Where one database is compiled in, a field may be of any type that this one takes, whatever others lack.
//!
//! Each feature is a program of its own: `cargo test --package signals-test-one-backend --features postgres`. Together they would ask of a
//! field what all of them take, so each module is there where its database is the only one.

#[cfg(all(test, feature = "mysql", not(any(feature = "postgres", feature = "sqlite"))))]
mod mysql;
#[cfg(all(test, feature = "postgres", not(any(feature = "mysql", feature = "sqlite"))))]
mod postgres;
#[cfg(all(test, feature = "sqlite", not(any(feature = "mysql", feature = "postgres"))))]
mod sqlite;
#[cfg(test)]
mod support;
