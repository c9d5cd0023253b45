//! The savepoints of robust receivers.

use std::future::ready;

use futures_util::future::BoxFuture;

use crate::error::Result;

/// Undoes the writes of a robust receiver of payload `E` if it fails.
pub(crate) trait SavepointGuard<E>: Send {
    /// Opens a savepoint and puts it into the payload.
    fn enter<'a>(&'a mut self, event: &'a mut E) -> BoxFuture<'a, Result<()>>;
    /// Takes the savepoint out of the payload and ends it. `keep` is true if the receiver succeeded.
    fn exit<'a>(&'a mut self, event: &'a mut E, keep: bool) -> BoxFuture<'a, Result<()>>;
}

/// The guard of sends without a transaction, which have nothing to undo.
pub(crate) struct NoSavepoint;

impl<E> SavepointGuard<E> for NoSavepoint {
    fn enter<'a>(&'a mut self, _: &'a mut E) -> BoxFuture<'a, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    fn exit<'a>(&'a mut self, _: &'a mut E, _: bool) -> BoxFuture<'a, Result<()>> {
        Box::pin(ready(Ok(())))
    }
}
