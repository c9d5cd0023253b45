//! Orders of rows, as a list of swaps. They are computed without the rows' type.

use std::cmp::Ordering;
use std::mem;

/// Returns the swaps that sort so many rows. Equal rows keep their order.
pub(super) fn sorting(rows: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|one, other| compare(*one, *other));
    into_order(order)
}

/// Returns the swaps that put the rows for which `comes_first` returns true before the others. Otherwise the
/// rows keep their order.
pub(super) fn splitting(rows: usize, comes_first: &dyn Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let (mut order, others): (Vec<_>, Vec<_>) = (0..rows).partition(|place| comes_first(*place));
    order.extend(others);
    into_order(order)
}

/// Returns the swaps that bring rows into an order. For each position, `order` has the current position of
/// its row.
fn into_order(mut order: Vec<usize>) -> Vec<(usize, usize)> {
    let mut swaps = Vec::new();
    for start in 0..order.len() {
        let mut place = start;
        loop {
            let from = mem::replace(&mut order[place], place);
            if from == start {
                break;
            }
            swaps.push((place, from));
            place = from;
        }
    }
    swaps
}
