//! Orders of rows, as the places that are swapped one after another: they are found without the rows' type.

use std::cmp::Ordering;
use std::mem;

/// The swaps that sort so many rows. Equal rows keep their order.
pub(super) fn sorting(rows: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|one, other| compare(*one, *other));
    into_order(order)
}

/// The swaps that put the rows for which `comes_first` holds before the others. Else they keep their order.
pub(super) fn splitting(rows: usize, comes_first: &dyn Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let (mut order, others): (Vec<_>, Vec<_>) = (0..rows).partition(|place| comes_first(*place));
    order.extend(others);
    into_order(order)
}

/// The swaps that bring rows into an order, which has for each place the one whose row is to be there.
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
