//! Transactions: their levels, the state of their connection, and their callbacks.
//!
//! This module does not depend on the handles of applications. A transaction belongs to a [`TxDatabase`],
//! which callbacks receive.

mod callback;
mod connection_user;
mod database;
mod level;
mod notes;
mod session;
mod state;
mod state_connection;
mod statement;
mod to_the_end;

pub(super) use callback::conclude;
pub(crate) use callback::{
    Callback, CallbackError, Change, End, Placed, Waiting, conclude_in_background, conclude_to_the_end,
};
pub(super) use database::TxDatabase;
pub(super) use level::{Level, LevelRef, Transaction};
pub use session::TxConnection;
pub(super) use session::{Session, commit, rollback};
#[cfg(feature = "migrate")]
pub(super) use state::ENDED;
pub(crate) use statement::{Doing, MOST_PADDED, Statement, padded};
