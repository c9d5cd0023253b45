//! Methods of other libraries that do not exist here, with compile errors that show what to write.
//!
//! rustc suggests a method only if its name is similar, and `doc(alias)` only within one crate. So two names
//! that many users try first are hidden methods with a bound that no type satisfies.
//!
//! A hidden method of `Column` shadows an application's own trait method, and `Model::all` makes one
//! ambiguous. Therefore there are few, and a name is added only if users often try it.

use super::Condition;
use crate::model::{Column, Entity};

/// Refuses `User::all(db)`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a model has no `all`",
    label = "write `{Self}::objects().all(..)`",
    note = "`objects()` is every row of the model; `filter` and `order_by` go before `all`"
)]
pub trait UseObjects {
    fn never<R>() -> R;
}

/// Refuses `User::ID.is_in([1, 2])`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(message = "a column has no `is_in`", label = "write `in_`")]
pub trait UseIn {
    fn never<R>() -> R;
}

impl<M: Entity, T> Column<M, T> {
    /// Does not exist: see [`UseIn`].
    #[doc(hidden)]
    pub fn is_in<O>(&self, _operands: O) -> Condition<M>
    where
        T: UseIn,
    {
        T::never()
    }
}
