//! Guards that hold for a database, or for the transaction that a `Db` stands for.

use std::sync::Arc;

use crate::db::handle::Db;
use crate::db::hooks::{Control, Guard};

/// Makes a guard, which holds until it is dropped.
pub(super) fn guard(db: &Db, control: Control) -> Guard {
    let hooks = match db.inside_tx() {
        Some(tx) => tx.hooks_for_guard(),
        None => Arc::clone(db.database().hooks()),
    };
    Guard::new(hooks, control)
}
