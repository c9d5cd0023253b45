//! The audit trail.

use signals::Model;

/// A change of the stock.
#[derive(Debug, Clone, PartialEq, Model)]
pub(crate) struct Audit {
    pub(crate) id: i64,
    pub(crate) text: String,
}
