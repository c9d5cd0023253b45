//! The traits that public types have.

use std::fmt::Debug;

use axum::body::{Body, Bytes};
use http_body_util::Full;
use signals::web::{
    BoxedError, GotRequestException, RequestFinished, RequestId, RequestOutcome, RequestPanic, RequestStarted,
    ServerError, SignalsBody, SignalsFuture, SignalsLayer, SignalsService, TypedError, got_request_exception,
    request_finished, request_started,
};

pub(crate) fn shared<T: Debug + Send + Sync + ?Sized>() {}
pub(crate) fn sent<T: Debug + Send>() {}
fn stored<T: Debug + Clone + Send + Sync + 'static>() {}

#[test]
fn public_types_are_shown_sent_and_shared() {
    stored::<SignalsLayer>();
    stored::<SignalsLayer<BoxedError>>();
    stored::<SignalsService<(), BoxedError>>();
    stored::<TypedError>();
    stored::<RequestId>();
    stored::<RequestOutcome>();
    stored::<ServerError>();
    shared::<RequestPanic>();
    shared::<SignalsBody<Full<Bytes>>>();
    shared::<RequestStarted<'_>>();
    shared::<RequestFinished<'_>>();
    shared::<GotRequestException<'_>>();
    stored::<request_started>();
    stored::<request_finished>();
    stored::<got_request_exception>();
}

#[test]
fn what_a_server_holds_is_sent() {
    sent::<SignalsBody<Body>>();
    sent::<SignalsFuture<std::future::Ready<()>, Body, ServerError>>();
}
