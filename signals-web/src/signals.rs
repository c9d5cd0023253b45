//! The request signals and their payloads.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use http::request::Parts;

use crate::sensitive::Line;

signals_derive::signal! {
    /// Sent before the service is called.
    ///
    /// The service waits for the receivers. If the client disconnects meanwhile, they still run to their end,
    /// and then `request_finished` is sent. A failure or a panic of a receiver is logged, and has no other
    /// effect.
    ///
    /// # Payload
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `parts` | `&Parts` | `parts: &Parts` | the request without its body |
    /// | `id` | `&str` | `id: &str` | the client's `x-request-id`, or a generated id |
    ///
    /// `parts.extensions` has the values that outer layers put into the request, such as a `Db`.
    ///
    /// # Options
    ///
    /// `priority` and `uid` apply. There is no sender. Each receiver is always robust.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use http::request::Parts;
    /// use signals::receiver;
    /// use signals::web::request_started;
    ///
    /// #[receiver(request_started)]
    /// fn log(parts: &Parts, id: &str) {
    ///     println!("{id}: {} {}", parts.method, parts.uri.path());
    /// }
    /// # fn main() {}
    /// ```
    #[signal(crate = crate::crate_path)]
    #[non_exhaustive]
    pub request_started<'a> {
        /// The request without its body.
        parts: &'a Parts,
        /// The client's `x-request-id`, or a generated id.
        id: &'a str,
    }

    /// Sent exactly once for each [`request_started`], when the body's last byte was taken by the server or
    /// the response was given up.
    ///
    /// The receivers run in a task of their own, which [`SignalsLayer::drain`](crate::SignalsLayer::drain)
    /// waits for. The server takes a body chunk by chunk, and sends each as fast as the client reads. A body
    /// of one chunk is `Completed` when the server took it, even if the client disconnects before it has
    /// received all of it. A request that is upgraded, such as a WebSocket, is finished when its 101 was
    /// sent.
    ///
    /// # Payload
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `parts` | `&Parts` | `parts: &Parts` | the request without its body |
    /// | `id` | `&str` | `id: &str` | the client's `x-request-id`, or a generated id |
    /// | `status` | `Option<StatusCode>` | `status: Option<StatusCode>` | the status of the response; `None` if the layer saw none |
    /// | `elapsed` | `Duration` | `elapsed: Duration` | the time from the call of the service to the end |
    /// | `bytes` | `u64` | `bytes: u64` | how many bytes of the body the server took |
    /// | `outcome` | `RequestOutcome` | `outcome: RequestOutcome` | the outcome of the request |
    ///
    /// # Options
    ///
    /// `priority` and `uid` apply. There is no sender. Each receiver is always robust.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use std::time::Duration;
    ///
    /// use http::{StatusCode, request::Parts};
    /// use signals::receiver;
    /// use signals::web::{RequestOutcome, request_finished};
    ///
    /// #[receiver(request_finished)]
    /// fn log(parts: &Parts, status: Option<StatusCode>, elapsed: Duration, outcome: RequestOutcome) {
    ///     println!("{} {}: {status:?} after {elapsed:?}, {outcome}", parts.method, parts.uri.path());
    /// }
    /// # fn main() {}
    /// ```
    #[signal(crate = crate::crate_path)]
    #[non_exhaustive]
    pub request_finished<'a> {
        /// The request without its body, as it arrived.
        parts: &'a Parts,
        /// The client's `x-request-id`, or a generated id.
        id: &'a str,
        /// The status of the response. It is `None` if the layer saw no response, as after a panic or if an
        /// outer layer dropped the request.
        status: Option<StatusCode>,
        /// The time from the call of the service to the end.
        elapsed: Duration,
        /// The number of bytes of the response's body that the server took, which may be more than the client
        /// received.
        bytes: u64,
        /// The outcome of the request.
        outcome: RequestOutcome,
    }

    /// Sent when a service returns an error or panics, before the error becomes a 500, and when it answers
    /// with a 5xx that carries a [`ServerError`](crate::ServerError). Not sent for a 4xx.
    ///
    /// The response waits for the receivers. If the client disconnects meanwhile, they still run to their
    /// end, and then `request_finished` is sent. This signal is not sent for an error in the middle of a
    /// body, since its status was already sent: `request_finished` has the error as its `outcome`.
    ///
    /// # Payload
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `parts` | `&Parts` | `parts: &Parts` | the request without its body |
    /// | `id` | `&str` | `id: &str` | the client's `x-request-id`, or a generated id |
    /// | `error` | `&(dyn Error + Send + Sync)` | `error: &(dyn Error + Send + Sync + 'static)` | the error of the service; a `RequestPanic` after a panic |
    ///
    /// # Options
    ///
    /// `priority` and `uid` apply. There is no sender. Each receiver is always robust.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use std::error::Error;
    ///
    /// use signals::receiver;
    /// use signals::web::got_request_exception;
    ///
    /// #[receiver(got_request_exception)]
    /// async fn report(id: &str, error: &(dyn Error + Send + Sync + 'static)) {
    ///     println!("request {id} failed: {error}");
    /// }
    /// # fn main() {}
    /// ```
    #[signal(crate = crate::crate_path)]
    #[non_exhaustive]
    pub got_request_exception<'a> {
        /// The request without its body, as it came in.
        parts: &'a Parts,
        /// The client's `x-request-id`, or a generated id.
        id: &'a str,
        /// The error of the service or of its `ServerError`, or a [`RequestPanic`](crate::RequestPanic). A
        /// parameter may take it as `&(dyn Error + 'static)`; in an `async` receiver it is
        /// `&(dyn Error + Send + Sync + 'static)`.
        error: &'a (dyn Error + Send + Sync + 'static),
    }
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestOutcome {
    /// The server took the whole response, whatever its status.
    Completed,
    /// The client disconnected, or the service or the body was dropped before its end.
    Aborted,
    /// The service or the body returned an error.
    Failed,
    /// The service or the body panicked.
    Panicked,
}

impl RequestOutcome {
    /// Returns the outcome as a word in lower case, such as `completed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Aborted => "aborted",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
        }
    }
}

impl fmt::Display for RequestOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestStarted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestStarted").field("parts", &Line(self.parts)).field("id", &self.id).finish()
    }
}

impl fmt::Debug for RequestFinished<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parts, id, status, elapsed, bytes, outcome } = self;
        f.debug_struct("RequestFinished")
            .field("parts", &Line(parts))
            .field("id", id)
            .field("status", status)
            .field("elapsed", elapsed)
            .field("bytes", bytes)
            .field("outcome", outcome)
            .finish()
    }
}

impl fmt::Debug for GotRequestException<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parts, id, error } = self;
        let mut shown = f.debug_struct("GotRequestException");
        shown.field("parts", &Line(parts)).field("id", id).field("error", error).finish()
    }
}
