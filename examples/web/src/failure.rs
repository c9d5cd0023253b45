//! Failures of requests that the client did not cause.

use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use signals::BoxError;
use signals::web::ServerError;

use crate::pages;

/// The failure of a handler, with any error. Receivers get the error; the client does not.
pub(crate) struct Failure(ServerError);

impl<E: Into<BoxError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(ServerError::new(error))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, Extension(self.0), pages::error::failed()).into_response()
    }
}
