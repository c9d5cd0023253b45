//! References and many-to-many relations that are followed, from one row and from many.

mod forms;
mod large;
mod linked;
mod loading;
mod one_row;
mod spelled;
