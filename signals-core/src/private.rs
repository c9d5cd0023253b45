//! The names that generated code may use. They are not for applications.

mod borrow;
#[cfg(feature = "_models")]
mod models;
mod senders;

pub use inventory;

pub use crate::dispatch::CustomSignal;
pub use crate::error::{BoxError, Result, escaped};
pub use crate::registry::{Expectation, Registration, Sender, Slot};
pub use crate::signal::{Call, Receiver, ReceiverInfo, Signal};
pub use borrow::{Changeable, Lent, lent};
#[cfg(feature = "_models")]
pub use models::*;
pub use senders::{ItsOwnSender, Senders, SendersOf};
#[cfg(feature = "_models")]
pub use senders::{kept_model_name, model_name};

use crate::signal::ReceiverOutput;

/// The traits that lend a payload's fields, imported only for their methods.
pub mod borrowing {
    pub use super::borrow::{Borrow as _, BorrowMut as _, BorrowOfMut as _, BorrowOfShared as _};
    #[cfg(feature = "_models")]
    pub use super::models::{BorrowAny as _, BorrowAnyMut as _};
}

/// The traits that return a sender's name, imported only for their methods.
pub mod naming {
    pub use super::senders::{AnyType as _, Itself as _};
}

/// The placeholder for the sender in a receiver that names none.
pub type Any<S> = <S as Signal>::Any;

/// Returns whether a receiver that returns `T` can fail.
pub const fn fallible<S: Signal, T: ReceiverOutput<S::Response>>() -> bool {
    T::FALLIBLE
}

/// Converts the output of a receiver to its signal's response.
///
/// # Errors
///
/// Returns the receiver's own error.
pub fn respond<S: Signal, T: ReceiverOutput<S::Response>>(output: T) -> Result<S::Response, BoxError> {
    output.into_response()
}
