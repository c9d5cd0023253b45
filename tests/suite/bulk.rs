//! Writes of many rows: the signals of each, the statements of all.

mod creating;
