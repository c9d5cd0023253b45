//! The names that generated code may use. Applications must not use them.

pub use inventory;

pub use crate::arguments::{ArgumentCodec, argument};
pub use crate::definition::{Failure, Run, TaskDefinition, TaskEntry};
pub use crate::durable::{
    Chooses, DurableDelete, DurableSave, DurableSignal, NewRun, Rereads, Sent, Stored, StoredKey, StoredRow, enqueue_rows, present,
    receive, reread, snapshot,
};
pub use crate::enqueue::Enqueue;
pub use crate::output::TaskOutput;
pub use signals_core::db::IntoHandle;
