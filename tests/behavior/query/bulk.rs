//! Writes of many rows: the signals of each row, and the statements of all.

mod computing;
mod created_keys;
mod creating;
mod deleting;
mod keys;
mod same;
mod setting;
mod updating;

use signals::Model;

fn ids<M: Model<Key = i64>>(rows: &[M]) -> Vec<i64> {
    rows.iter().map(M::key).collect()
}
