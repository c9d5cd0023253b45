//! The connection of a transaction, lent to plain sqlx as the backend's own type.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::session::SessionConn;

/// The connection of a transaction, lent to plain sqlx. Calls of other tasks on the transaction wait until it is dropped; those of the same task fail.
pub struct TxConnection<'a, C>(SessionConn<'a, C>);

impl<'a, C> TxConnection<'a, C> {
    pub(super) fn new(connection: SessionConn<'a, C>) -> Self {
        Self(connection)
    }
}

impl<C> Deref for TxConnection<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C> DerefMut for TxConnection<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.0
    }
}

impl<C> fmt::Debug for TxConnection<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TxConnection")
    }
}
