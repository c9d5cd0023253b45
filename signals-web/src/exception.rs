//! The errors that receivers of `got_request_exception` are shown.

use std::any::Any;
use std::error::Error;
use std::sync::Arc;

use signals_core::error::BoxError;

/// The cause of a 5xx response, which a service puts into the response's extensions.
///
/// The error goes to the receivers of [`got_request_exception`](crate::got_request_exception) with its sources, and not to the client.
/// With any other status it is left alone.
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
    /// Wraps an error, or anything that becomes a boxed one.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into().into())
    }

    /// The error itself.
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

/// The panic of a service, as the error that it is to the receivers of [`got_request_exception`](crate::got_request_exception).
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

    /// What the panic said.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// A service's error, by reference, whether it is a type or boxed.
///
/// The compiler finds `Kind` by itself. It is there since a boxed error is no `Error`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown to receivers as an error",
    note = "the error of a service under `SignalsLayer` implements `std::error::Error + Send + Sync`, or is a `Box<dyn Error + Send + Sync>`"
)]
pub trait AsError<Kind> {
    /// The error.
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static)
    where
        Self: 'static;
}

/// That a service's error is a type of its own.
#[derive(Debug, Clone, Copy)]
pub struct TypedError;

/// That a service's error is a `Box<dyn Error + Send + Sync>`.
#[derive(Debug, Clone, Copy)]
pub struct BoxedError;

impl<E: Error + Send + Sync + 'static> AsError<TypedError> for E {
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }
}

// For a box of any lifetime: inside of a task the compiler forgets that the one of such a service is `'static`.
impl AsError<BoxedError> for Box<dyn Error + Send + Sync + '_> {
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static)
    where
        Self: 'static,
    {
        &**self
    }
}
