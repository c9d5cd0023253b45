//! The order of rows that are inserted by several statements.

use crate::model::PrimaryKey as _;
use crate::store::Model;

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
        let is_keyed = |place: &usize| self.rows[*place].key().key().is_some();
        let (keyed, others): (Vec<_>, Vec<_>) = (0..self.rows.len()).partition(is_keyed);
        if keyed.is_empty() {
            return;
        }
        // For each place, the one whose row is to be there.
        let mut order = [keyed, others].concat();
        for start in 0..order.len() {
            let mut place = start;
            loop {
                let from = std::mem::replace(&mut order[place], place);
                if from == start {
                    break;
                }
                self.rows.swap(place, from);
                self.swaps.push((place, from));
                place = from;
            }
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
