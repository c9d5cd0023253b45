//! The names that generated code may use. Applications must not use them.

pub use inventory;

pub use crate::arguments::{ArgumentCodec, argument};
pub use crate::definition::{Failure, IsTask, Run, TaskDefinition, TaskEntry};
pub use crate::enqueue::Enqueue;
pub use crate::output::TaskOutput;
pub use crate::schedule::Cron;
pub use crate::scheduled::{Missed, Overlap, ScheduleDefinition, ScheduleEntry};
pub use signals_core::db::IntoHandle;
