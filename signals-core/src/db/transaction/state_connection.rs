//! The interface of a transaction's state to its connection, so that it can be tested without a database.

use crate::backend::{Args, Conn, Done, Failed, Text, TransactionStatus};

/// A connection, as the state of a transaction uses it.
pub(super) trait StateConnection: Send + Sized {
    /// Runs a statement, or several in one string. Returns the answer of the one at this place, counted from 0.
    fn run(&mut self, text: Text, args: Args, place: usize) -> impl Future<Output = Result<Done, Failed>> + Send;
    /// Runs statements without bound values.
    fn control(&mut self, text: Text) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
    /// Returns the status of its transaction.
    fn transaction_status(&mut self) -> impl Future<Output = Result<TransactionStatus, sqlx::Error>> + Send;
    /// Returns whether the check of references is deferred or off.
    fn defers_references(&mut self) -> impl Future<Output = Result<bool, sqlx::Error>> + Send;
    /// Waits until nothing runs on it.
    fn free(&mut self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
    /// Rolls everything back in the background. `unchecked` is true if references were left unchecked.
    fn abandon(self, undo: Text, unchecked: bool);
    /// Closes the connection.
    fn discard(self);
}

impl StateConnection for Conn {
    fn run(&mut self, text: Text, args: Args, place: usize) -> impl Future<Output = Result<Done, Failed>> + Send {
        Self::run(self, text, args, place)
    }

    fn control(&mut self, text: Text) -> impl Future<Output = Result<(), sqlx::Error>> + Send {
        Self::control(self, text)
    }

    fn transaction_status(&mut self) -> impl Future<Output = Result<TransactionStatus, sqlx::Error>> + Send {
        Self::transaction_status(self)
    }

    fn defers_references(&mut self) -> impl Future<Output = Result<bool, sqlx::Error>> + Send {
        Self::defers_references(self)
    }

    fn free(&mut self) -> impl Future<Output = Result<(), sqlx::Error>> + Send {
        Self::free(self)
    }

    fn abandon(self, undo: Text, unchecked: bool) {
        Self::abandon(self, undo, unchecked);
    }

    fn discard(self) {
        Self::discard(self);
    }
}
