//! Tests of worker processes that are killed, stopped, and started again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails should panic, and nobody reads its docs"
)]

mod beating;
mod clock;
mod commands;
mod deploying;
mod disk;
mod killing;
mod listening;
mod outage;
mod spreading;
mod starting;
mod stopping;
mod worker;

mod everywhere {
    // In memory, no other process reaches the database.
    #[test]
    fn everything_holds_in_a_file() {
        behavior::run_waiting_on(behavior::Kind::File);
    }

    #[test]
    fn everything_holds_on_postgres() {
        behavior::run_waiting_on(behavior::Kind::Postgres);
    }

    #[test]
    fn everything_holds_on_mysql() {
        behavior::run_waiting_on(behavior::Kind::Mysql);
    }
}
