//! What a transaction asks of its database.

use std::sync::Arc;

use crate::db::hooks::TestHooks;
use crate::db::pool::Database;

/// The handle of a database, as a transaction keeps it and callbacks receive it.
pub(crate) trait TxDatabase: Clone + Send + Sync + 'static {
    /// The database.
    fn database(&self) -> &Arc<Database>;
    /// The test hooks that a transaction begun on it has from its beginning.
    fn own_hooks(&self) -> Option<&Arc<TestHooks>>;
    /// The handle that callbacks receive after a transaction with these test hooks.
    fn at_end(&self, hooks: Option<Arc<TestHooks>>) -> Self;
}
