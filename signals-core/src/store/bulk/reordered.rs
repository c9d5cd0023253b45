//! The order of rows that are written by several statements.

use crate::model::AnyModel as _;
use crate::store::Model;
use crate::store::swaps::splitting;

/// Rows in another order. Dropping it restores the original order.
pub(in crate::store) struct Reordered<'a, M> {
    pub(in crate::store) rows: &'a mut [M],
    /// The positions of the swapped rows, pair by pair.
    swaps: Vec<(usize, usize)>,
}

impl<'a, M: Model> Reordered<'a, M> {
    /// Puts the rows with a key first, for statements of `size` rows. The database generates the keys of one
    /// statement without regard to the keys of the next one. If the rows fit in one statement, the order is kept,
    /// since the statement handles it.
    pub(in crate::store) fn keyed_first(rows: &'a mut [M], size: usize) -> Self {
        let swaps =
            if rows.len() > size { splitting(rows.len(), &|place| rows[place].pk().is_some()) } else { Vec::new() };
        Self::by(rows, swaps)
    }

    /// Swaps these pairs of rows, one after another.
    pub(in crate::store) fn by(rows: &'a mut [M], swaps: Vec<(usize, usize)>) -> Self {
        for (one, other) in &swaps {
            rows.swap(*one, *other);
        }
        Self { rows, swaps }
    }
}

impl<M> Drop for Reordered<'_, M> {
    fn drop(&mut self) {
        while let Some((one, other)) = self.swaps.pop() {
            self.rows.swap(one, other);
        }
    }
}
