//! The types that a task may return.

use signals_core::error::BoxError;

use crate::definition::Failure;

/// A type that a task may return: `()`, or a `Result` whose error converts into a [`BoxError`].
#[diagnostic::on_unimplemented(
    message = "a task cannot return `{Self}`",
    label = "neither `()` nor a `Result<(), E>` whose `E` is an error",
    note = "the return value of a task is dropped: store results in the database",
    note = "an error is a type with `std::error::Error`, a text or a `BoxError`"
)]
pub trait TaskOutput {
    /// Converts it into the result for the worker.
    ///
    /// # Errors
    ///
    /// The task's own error.
    #[doc(hidden)]
    fn into_result(self) -> Result<(), Failure>;
}

impl TaskOutput for () {
    fn into_result(self) -> Result<(), Failure> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> TaskOutput for Result<(), E> {
    fn into_result(self) -> Result<(), Failure> {
        self.map_err(|error| Failure::Failed(error.into()))
    }
}
