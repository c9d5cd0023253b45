//! The worker's own transactions.

use signals_core::db::{Db, Handle, IntoHandle as _, Isolation, Tx};
use signals_core::error::Result;

/// Begins a transaction that locks rows but no gaps between them.
///
/// Within a transaction it creates a savepoint, with the isolation level of that transaction.
pub(crate) async fn begin(db: &Db) -> Result<Tx> {
    match db.into_handle() {
        Handle::Tx(tx) => tx.begin().await,
        Handle::Db(db) => db.transaction().isolation(Isolation::ReadCommitted).begin().await,
    }
}

/// Commits the transaction, or rolls it back after an error.
pub(crate) async fn conclude<T>(tx: Tx, outcome: Result<T>) -> Result<T> {
    conclude_if(tx, outcome, |_| true).await
}

/// Commits the transaction if `keeps` is true for its outcome. Rolls it back otherwise, and after an error.
///
/// A transaction that is only dropped is rolled back in the background: its rows stay locked for a moment, and the
/// next call, which skips locked rows, would not see them.
pub(crate) async fn conclude_if<T>(tx: Tx, outcome: Result<T>, keeps: impl FnOnce(&T) -> bool) -> Result<T> {
    match outcome {
        Ok(value) if keeps(&value) => tx.commit().await.map(|()| value),
        Ok(value) => tx.rollback().await.map(|()| value),
        Err(reason) => {
            if let Err(error) = tx.rollback().await {
                tracing::debug!(target: "signals", %error, "a rollback failed");
            }
            Err(reason)
        }
    }
}
