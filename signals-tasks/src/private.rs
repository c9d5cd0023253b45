//! The names that generated code may use. Applications must not use them.

pub use inventory;

pub use crate::arguments::{ArgumentCodec, argument};
pub use crate::blocking::blocking;
pub use crate::definition::{Failure, IsTask, Run, TaskDefinition, TaskEntry};
pub use crate::durable::{
    AttachRow, Chooses, DurableDelete, DurableLinks, DurableRows, DurableSave, DurableSignal, Merges, NewRun, Rereads,
    Sent, SentAlone, Stored, StoredEvent, StoredKey, StoredPayload, StoredRow, attachment, enqueue_event, merges,
    payload, present, receive, receive_event, reread, snapshot,
};
pub use crate::enqueue::Enqueue;
pub use crate::output::TaskOutput;
pub use crate::schedule::Cron;
pub use crate::scheduled::{Missed, Overlap, ScheduleDefinition, ScheduleEntry};
pub use signals_core::db::IntoHandle;
pub use signals_core::store::Attachment;
