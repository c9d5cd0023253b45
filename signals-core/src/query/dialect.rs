//! The differences between databases in a query.

use sea_query::{Expr, LockBehavior, LockType, NullOrdering, Order, SelectStatement};

use super::node::{Lock, LockWait, column};
use super::order::{Direction, Ordering};
use super::slots::Slots;
use super::value::value;
use crate::backend::{Backend, Bound, Match};

/// Orders the selected rows, with NULL as the least value.
pub(super) fn order(select: &mut SelectStatement, ordering: Ordering, backend: Backend) {
    let direct = match ordering.direction {
        Direction::Ascending => Order::Asc,
        Direction::Descending => Order::Desc,
    };
    let nulls = match ordering.direction {
        Direction::Ascending => NullOrdering::First,
        Direction::Descending => NullOrdering::Last,
    };
    if ordering.place.nullable && backend.capabilities().nulls_are_greatest {
        select.order_by_expr_with_nulls(column(ordering.place), direct, nulls);
    } else {
        select.order_by_expr(column(ordering.place), direct);
    }
}

/// Locks the selected rows, if other sessions could write them.
pub(super) fn lock(select: &mut SelectStatement, lock: Lock, backend: Backend) {
    if !backend.capabilities().locks.are_taken() {
        return;
    }
    match lock {
        Lock::None => {}
        Lock::Shared => {
            select.lock_shared();
        }
        Lock::Exclusive(LockWait::Wait) => {
            select.lock_exclusive();
        }
        Lock::Exclusive(LockWait::Skip) => {
            select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        Lock::Exclusive(LockWait::Fail) => {
            select.lock_with_behavior(LockType::Update, LockBehavior::Nowait);
        }
    }
}

/// Tests a text that is not NULL.
pub(super) fn matches(backend: Backend, column: Expr, how: Match, text: &str, slots: &mut Slots) -> Expr {
    if how == Match::Like && is_of_no_text(text) {
        return Expr::cust("1 = 0");
    }
    let mut bind = |bound| match bound {
        Bound::Text(text) => slots.add(value(text)),
        Bound::Number(number) => slots.add(value(number)),
        Bound::Bytes(bytes) => slots.add(value(bytes)),
    };
    (backend.capabilities().matches)(column, how, text, &mut bind)
}

/// Returns whether a pattern has a NUL or ends with a single backslash. Databases treat these differently;
/// here they match nothing.
fn is_of_no_text(pattern: &str) -> bool {
    let backslashes = pattern.bytes().rev().take_while(|byte| *byte == b'\\').count();
    backslashes % 2 == 1 || pattern.contains('\0')
}
