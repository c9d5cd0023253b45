//! The interface of a transaction to its database.

use std::sync::Arc;

use crate::db::hooks::TestHooks;
use crate::db::pool::Database;

/// The handle of a database that a transaction keeps and callbacks receive.
pub(crate) trait TxDatabase: Clone + Send + Sync + 'static {
    /// Returns the database.
    fn database(&self) -> &Arc<Database>;
    /// Returns the test hooks that a transaction on this handle starts with.
    fn own_hooks(&self) -> Option<&Arc<TestHooks>>;
    /// Returns the handle that callbacks receive after a transaction with these test hooks.
    fn at_end(&self, hooks: Option<Arc<TestHooks>>) -> Self;
}
