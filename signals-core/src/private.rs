//! The names that generated code may use. Nothing here is for applications.

pub use inventory;
pub use sqlx;

pub use crate::dispatch::CustomSignal;
pub use crate::error::{BoxError, Result};
pub use crate::field::{Args, BackendRow, Row};
pub use crate::model::{Column, ColumnMeta, Entity, ModelMeta, NotNull, Nullable, Timestamp};
pub use crate::registry::{ModelEntry, Registration, Sender, Slot};
pub use crate::signal::{Call, Receiver, ReceiverInfo, Signal};
pub use crate::store::{Model, ModelState};

use crate::signal::ReceiverOutput;

/// What stands for the sender in a receiver that names none.
pub type Any<S> = <S as Signal>::Any;

/// The sender's name, for a type that sends `S`.
pub const fn sends<S: Signal, M: Sender<S>>() -> fn() -> &'static str {
    M::name
}

/// Whether a receiver that returns `T` can fail.
pub const fn fallible<S: Signal, T: ReceiverOutput<S::Response>>() -> bool {
    T::FALLIBLE
}

/// What a receiver returned, as its signal's response.
///
/// # Errors
///
/// The receiver's own.
pub fn respond<S: Signal, T: ReceiverOutput<S::Response>>(output: T) -> Result<S::Response, BoxError> {
    output.into_response()
}
