//! Requests that fail for a reason that is not the client's.

use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use signals::BoxError;
use signals::web::ServerError;

use crate::pages;

/// What a handler fails with, whatever the error. Receivers are told of it, the client is not.
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
