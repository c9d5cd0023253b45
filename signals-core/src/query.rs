//! Typed conditions, orders and assignments of a model, and the statements of many rows that use them.
//!
//! The typed layer is thin. Below it is one tree without a model's type (`Node`, `Select`), which is compiled
//! only once. Every value is bound and every name is quoted. A value enters the SQL as a slot, and is bound
//! at the position of the slot.

mod assignment;
mod column;
mod condition;
mod dialect;
mod instead;
mod node;
mod operand;
mod order;
mod render;
mod select;
mod slots;
#[cfg(all(test, feature = "sqlite"))]
mod tests;
mod text;
mod value;

pub use assignment::Assignment;
pub use condition::Condition;
pub use instead::{UseIn, UseObjects};
pub use operand::Operand;
pub use order::{IntoOrders, Order, OrderFrom};
pub use text::TextField;

pub(crate) use assignment::Assigned;
pub(crate) use node::{ColumnRef, Node, Subquery};
pub(crate) use order::Ordering;
pub(crate) use select::{COUNT, Select};
pub(crate) use slots::Built;
pub(crate) use value::{BoundValue, value};
