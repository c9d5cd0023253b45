//! The order of rows that are inserted by several statements.

use crate::model::AnyModel as _;
use crate::store::Model;
use crate::store::swaps::splitting;

/// Rows ordered so that those with a key come first. Dropping it restores the original order.
///
/// The database generates the keys of one statement without regard to the keys of the next one.
pub(super) struct KeyedFirst<'a, M> {
    pub(super) rows: &'a mut [M],
    /// The positions of the swapped rows, pair by pair.
    swaps: Vec<(usize, usize)>,
}

impl<'a, M: Model> KeyedFirst<'a, M> {
    /// Orders the rows for statements of `size` rows. If they fit in one statement, the order is kept, since
    /// the statement handles it.
    pub(super) fn of(rows: &'a mut [M], size: usize) -> Self {
        let mut ordered = Self { rows, swaps: Vec::new() };
        if ordered.rows.len() > size {
            ordered.arrange();
        }
        ordered
    }

    fn arrange(&mut self) {
        for (one, other) in splitting(self.rows.len(), &|place| self.rows[place].pk().is_some()) {
            self.rows.swap(one, other);
            self.swaps.push((one, other));
        }
    }
}

impl<M> Drop for KeyedFirst<'_, M> {
    fn drop(&mut self) {
        while let Some((one, other)) = self.swaps.pop() {
            self.rows.swap(one, other);
        }
    }
}
