//! The names that generated code may use. Nothing here is for applications.

mod borrow;
#[cfg(feature = "_models")]
mod models;
mod senders;

pub use inventory;

pub use crate::dispatch::CustomSignal;
pub use crate::error::{BoxError, Result};
pub use crate::registry::{Expectation, Registration, Sender, Slot};
pub use crate::signal::{Call, Receiver, ReceiverInfo, Signal};
pub use borrow::Changeable;
#[cfg(feature = "_models")]
pub use models::*;
pub use senders::{ItsOwnSender, Senders, SendersOf};
#[cfg(feature = "_models")]
pub use senders::{kept_model_name, model_name};

use crate::signal::ReceiverOutput;

/// The traits by which a payload's fields are lent, for their methods alone.
pub mod borrowing {
    pub use super::borrow::{Borrow as _, BorrowMut as _, BorrowOfMut as _, BorrowOfShared as _};
    #[cfg(feature = "_models")]
    pub use super::models::{BorrowAny as _, BorrowAnyMut as _};
}

/// The traits by which a sender's name is found, for their methods alone.
pub mod naming {
    pub use super::senders::{AnyType as _, Itself as _};
}

/// What stands for the sender in a receiver that names none.
pub type Any<S> = <S as Signal>::Any;

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
