//! Request signals for any service of `http` 1: axum, plain hyper, tonic.
//!
//! Applications use this as `signals::web`, with the feature `web` of
//! [`signals-orm`](https://docs.rs/signals-orm).
//!
//! [`SignalsLayer`] is a tower layer that sends three signals:
//!
//! - [`request_started`], before the service is called;
//! - [`request_finished`], exactly once for each started request, when the server took the last byte of the
//!   body or dropped the response;
//! - [`got_request_exception`], if the service fails, panics, or responds with a [`ServerError`].
//!
//! All of them are robust. A receiver that fails or panics is logged, the later ones are called, and the
//! response does not change. (In Django the failure of a receiver replaces the response, and
//! `request_finished` has neither a request nor a status.)
//!
//! Receivers get the whole head of a request. Headers with credentials (`Authorization`, `Cookie`,
//! `Proxy-Authorization`, `X-Api-Key`, `X-Auth-Token`, `X-Csrf-Token`) are marked sensitive, so `Debug` hides
//! their values. The `Debug` of a payload shows only the method and the path. **Log the path only**:
//! `parts.uri` and the `Debug` of `parts` contain the query.
//!
//! With the feature `auth`, the module `auth` sends the signals of log-ins.
//!
//! # Examples
//!
//! ```standalone_crate
//! use std::error::Error;
//!
//! use axum::{Router, routing::get};
//! use http::{StatusCode, request::Parts};
//! use signals::receiver;
//! use signals::web::{SignalsLayer, got_request_exception, request_finished};
//!
//! #[receiver(request_finished)]
//! fn count(parts: &Parts, status: Option<StatusCode>, bytes: u64) {
//!     println!("{} {}: {status:?}, {bytes} bytes", parts.method, parts.uri.path());
//! }
//!
//! #[receiver(got_request_exception)]
//! async fn report(id: &str, error: &(dyn Error + Send + Sync + 'static)) {
//!     println!("request {id} failed: {error}");
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let layer = SignalsLayer::new();
//! let app: Router = Router::new().route("/", get(|| async { "Hello" })).layer(layer.clone());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let ctrl_c = async { /* tokio::signal::ctrl_c().await */ };
//! axum::serve(listener, app).with_graceful_shutdown(ctrl_c).await?;
//! layer.drain().await;
//! # Ok(()) }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "auth")]
pub mod auth;
mod body;
mod count;
mod exception;
mod future;
mod in_flight;
mod layer;
mod request_id;
mod sensitive;
mod signals;

/// The path of the library for `signal!` in this crate.
mod crate_path {
    pub(crate) use signals_core::private as __private;
}

pub use body::SignalsBody;
pub use exception::{AsError, BoxedError, RequestPanic, ServerError, TypedError};
pub use future::SignalsFuture;
pub use layer::{SignalsLayer, SignalsService};
pub use request_id::RequestId;
pub use signals::{
    GotRequestException, RequestFinished, RequestOutcome, RequestStarted, got_request_exception, request_finished,
    request_started,
};
