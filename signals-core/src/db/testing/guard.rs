//! Guards of a database, or of the transaction that a `Db` goes through.

use std::sync::Arc;

use crate::db::handle::Db;
use crate::db::hooks::{Control, Guard};

/// Returns a guard, which applies until it is dropped.
pub(super) fn guard(db: &Db, control: Control) -> Guard {
    let hooks = match db.inside_tx() {
        Some(tx) => tx.hooks_for_guard(),
        None => Arc::clone(db.database().hooks()),
    };
    Guard::new(hooks, control)
}
