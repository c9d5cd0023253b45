//! What the state of a transaction asks of its connection, so that it can be tested without a database.

use crate::backend::{Args, Conn, Done, Failed, Text, TransactionStatus};

/// A connection, as the state of a transaction uses it.
pub(super) trait StateConnection: Send + Sized {
    /// Runs a statement, or several in one string, and answers for the last.
    fn run(&mut self, text: Text, args: Args) -> impl Future<Output = Result<Done, Failed>> + Send;
    /// Runs statements that bind nothing.
    fn control(&mut self, text: Text) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
    /// How the transaction on it stands.
    fn transaction_status(&mut self) -> impl Future<Output = Result<TransactionStatus, sqlx::Error>> + Send;
    /// Whether references may be wrong until the end of the transaction.
    fn defers_references(&mut self) -> impl Future<Output = Result<bool, sqlx::Error>> + Send;
    /// Waits until nothing runs on it.
    fn free(&mut self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
    /// Rolls everything back without being waited for; `unminded` says that references were left unchecked on it.
    fn abandon(self, undo: Text, unminded: bool);
    /// Closes the connection.
    fn discard(self);
}

impl StateConnection for Conn {
    fn run(&mut self, text: Text, args: Args) -> impl Future<Output = Result<Done, Failed>> + Send {
        Self::run(self, text, args)
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

    fn abandon(self, undo: Text, unminded: bool) {
        Self::abandon(self, undo, unminded);
    }

    fn discard(self) {
        Self::discard(self);
    }
}
