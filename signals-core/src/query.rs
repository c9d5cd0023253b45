//! Typed conditions, orders and assignments of a model, and the statements of many rows that use them.
//!
//! The typed layer is thin. Below it is one tree without a model's type (`Node`, `Select`), which is compiled
//! only once. Every value is bound and every name is quoted. A value enters the SQL as a slot, and is bound
//! at the position of the slot.

mod arithmetic_field;
mod assignment;
mod column;
mod condition;
mod cursor;
mod dialect;
mod expression;
mod instead;
mod linked;
mod node;
mod numbered;
mod operand;
mod order;
mod parts;
mod render;
mod select;
mod slots;
mod term;
#[cfg(all(test, feature = "sqlite"))]
mod tests;
mod text;
mod value;
mod values;

pub use arithmetic_field::{ArithmeticField, NumberKind};
pub use assignment::Assignment;
pub use condition::Condition;
pub use expression::{Expression, IntoExpression, Now, now};
pub use instead::{UseIn, UseObjects};
pub use operand::Operand;
pub use order::{IntoOrders, Order, OrderFrom};
pub use text::TextField;
pub use values::Values;

pub(crate) use assignment::{Assigned, Computed};
pub(crate) use cursor::{Cursor, Position, Side};
pub(crate) use linked::{Linked, OWNER};
pub(crate) use node::{ColumnRef, LockWait, Node, Refusal, Subquery, Test};
pub(crate) use numbered::{NUMBER, Numbered};
pub(crate) use order::Ordering;
pub(crate) use parts::{ComputedColumns, assigned_columns};
pub(crate) use select::{COUNT, Extreme, Reading, Select, VALUE};
pub(crate) use slots::Built;
pub(crate) use value::{BoundValue, array, is_element, value};
pub(crate) use values::read_column;
