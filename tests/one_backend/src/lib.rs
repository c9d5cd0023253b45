//! If only one database is compiled in, a field may have any type that it supports, whatever the others lack.
//!
//! Each feature is a separate program: `cargo test --package signals-test-one-backend --features postgres`.
//! Together they would require types that all databases support, so each module is compiled only if its
//! database is the only one.

#[cfg(all(
    test,
    any(
        all(feature = "mysql", not(any(feature = "postgres", feature = "sqlite"))),
        all(feature = "postgres", not(any(feature = "mysql", feature = "sqlite"))),
        all(feature = "sqlite", not(any(feature = "mysql", feature = "postgres"))),
    )
))]
mod existing;
#[cfg(all(test, feature = "mysql", not(any(feature = "postgres", feature = "sqlite"))))]
mod mysql;
#[cfg(all(test, feature = "postgres", not(any(feature = "mysql", feature = "sqlite"))))]
mod postgres;
#[cfg(all(test, feature = "sqlite", not(any(feature = "mysql", feature = "postgres"))))]
mod sqlite;
#[cfg(test)]
mod support;
