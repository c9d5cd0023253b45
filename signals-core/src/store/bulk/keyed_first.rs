//! The order of rows that are inserted by several statements.

use crate::model::AnyModel as _;
use crate::store::Model;
use crate::store::swaps::splitting;

/// Rows with those that have a key in front of the others, each in its order; when it is dropped, they are back where they were.
///
/// The database makes the keys of one statement without knowing those that the next one brings.
pub(super) struct KeyedFirst<'a, M> {
    pub(super) rows: &'a mut [M],
    /// The places of the rows that were swapped, one pair after the other.
    swaps: Vec<(usize, usize)>,
}

impl<'a, M: Model> KeyedFirst<'a, M> {
    /// For statements of so many rows. Those of one statement stay as they are, since it takes care of that itself.
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
