//! The errors for receivers of `got_request_exception`.

use std::any::Any;
use std::error::Error;
use std::sync::Arc;

use signals_core::error::BoxError;

/// The cause of a 5xx response. A service puts it into the response's extensions.
///
/// The receivers of [`got_request_exception`](crate::got_request_exception) get the error with its sources;
/// the client does not. With any other status it is ignored.
///
/// # Examples
///
/// ```
/// use axum::Extension;
/// use axum::response::{IntoResponse, Response};
/// use http::StatusCode;
/// use signals::web::ServerError;
///
/// struct AppError(std::io::Error);
///
/// impl IntoResponse for AppError {
///     fn into_response(self) -> Response {
///         (StatusCode::INTERNAL_SERVER_ERROR, Extension(ServerError::new(self.0)), "Something went wrong").into_response()
///     }
/// }
/// # assert!(AppError(std::io::Error::other("disk full")).into_response().extensions().get::<ServerError>().is_some());
/// ```
#[derive(Debug, Clone)]
pub struct ServerError(Arc<dyn Error + Send + Sync>);

impl ServerError {
    /// Wraps an error, or a value that converts to a boxed one.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into().into())
    }

    /// Returns the wrapped error.
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

/// The panic of a service, as an error for receivers of
/// [`got_request_exception`](crate::got_request_exception).
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct RequestPanic {
    message: String,
}

impl RequestPanic {
    pub(crate) fn new(panic: &(dyn Any + Send)) -> Self {
        let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
        Self { message: message.unwrap_or_else(|| String::from("a panic without a message")) }
    }

    /// Returns the message of the panic.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// An error of a service, as a reference, whether it is a concrete type or boxed.
///
/// The compiler infers `Kind`. It is needed because a boxed error does not implement `Error`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown to receivers as an error",
    note = "the error of a service under `SignalsLayer` implements `std::error::Error + Send + Sync`, or is a `Box<dyn Error + Send + Sync>`"
)]
pub trait AsError<Kind> {
    /// Returns the error.
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static)
    where
        Self: 'static;
}

/// The kind of a service whose error is a concrete type.
#[derive(Debug, Clone, Copy)]
pub struct TypedError;

/// The kind of a service whose error is a `Box<dyn Error + Send + Sync>`.
#[derive(Debug, Clone, Copy)]
pub struct BoxedError;

impl<E: Error + Send + Sync + 'static> AsError<TypedError> for E {
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }
}

// The box has any lifetime: inside of a task the compiler cannot prove that the box of such a service is
// `'static`.
impl AsError<BoxedError> for Box<dyn Error + Send + Sync + '_> {
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static)
    where
        Self: 'static,
    {
        &**self
    }
}
