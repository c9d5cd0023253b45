//! The signals and what they say.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use http::request::Parts;

use crate::sensitive::Line;

signals_derive::signal! {
    /// Sent before the service is called.
    ///
    /// The service waits for the receivers. Where the client goes away meanwhile, they run to their end all the same, and then `request_finished` is sent.
    /// A receiver that fails or panics is logged, and changes nothing else.
    ///
    /// # Payload
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `parts` | `&Parts` | `parts: &Parts` | the request without its body |
    /// | `id` | `&str` | `id: &str` | the client's `x-request-id`, else one that was made |
    ///
    /// `parts.extensions` has what layers outside of this one put into the request, such as a `Db`.
    ///
    /// # Options
    ///
    /// `priority` and `uid` apply. There is no sender. Each receiver is robust without asking for it.
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
        /// What the client sent as `x-request-id`, else one that was made.
        id: &'a str,
    }

    /// Sent exactly once for each [`request_started`], when the body's last byte was taken by the server or the response was given up.
    ///
    /// The receivers run in a task of their own, which [`SignalsLayer::drain`](crate::SignalsLayer::drain) waits for. The server takes a body chunk by chunk, and sends each as fast as the client reads:
    /// a body of one chunk is `Completed` when it was taken, also where the client leaves before it has it all. A request that is upgraded, such as a WebSocket, is finished when its 101 went out.
    ///
    /// # Payload
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `parts` | `&Parts` | `parts: &Parts` | the request without its body |
    /// | `id` | `&str` | `id: &str` | the client's `x-request-id`, else one that was made |
    ///
    /// | `status` | `Option<StatusCode>` | `status: Option<StatusCode>` | the status of the response; `None` if the layer saw none |
    /// | `elapsed` | `Duration` | `elapsed: Duration` | the time from the call of the service to the end |
    /// | `bytes` | `u64` | `bytes: u64` | how many bytes of the body the server took |
    /// | `outcome` | `RequestOutcome` | `outcome: RequestOutcome` | how it ended |
    ///
    /// # Options
    ///
    /// `priority` and `uid` apply. There is no sender. Each receiver is robust without asking for it.
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
        /// The request without its body, as it came in.
        parts: &'a Parts,
        /// What the client sent as `x-request-id`, else one that was made.
        id: &'a str,
        /// The status of the response; `None` if the layer saw none, as for a panic and for what a layer outside of it gave up.
        status: Option<StatusCode>,
        /// The time from the call of the service to the end.
        elapsed: Duration,
        /// How many bytes of the response's body the server took, which may be more than the client got.
        bytes: u64,
        /// How it ended.
        outcome: RequestOutcome,
    }

    /// Sent when a service returns an error or panics, before anyone makes a 500 of it, and when it answers with a 5xx that carries a
    /// [`ServerError`](crate::ServerError). Not sent for a 4xx.
    ///
    /// The response waits for the receivers. Where the client goes away meanwhile, they run to their end all the same,
    /// and then `request_finished` is sent. An error in the middle of a body is no exception, since its status is out:
    /// `request_finished` has it as its `outcome`.
    ///
    /// # Payload
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `parts` | `&Parts` | `parts: &Parts` | the request without its body |
    /// | `id` | `&str` | `id: &str` | the client's `x-request-id`, else one that was made |
    ///
    /// | `error` | `&(dyn Error + Send + Sync)` | `error: &(dyn Error + Send + Sync + 'static)` | what the service failed with; a `RequestPanic` after a panic |
    ///
    /// # Options
    ///
    /// `priority` and `uid` apply. There is no sender. Each receiver is robust without asking for it.
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
        /// What the client sent as `x-request-id`, else one that was made.
        id: &'a str,
        /// The service's error, what a `ServerError` holds, or a [`RequestPanic`](crate::RequestPanic). A parameter may take it as `&(dyn Error + 'static)`;
        /// in an `async` receiver it is `&(dyn Error + Send + Sync + 'static)`.
        error: &'a (dyn Error + Send + Sync + 'static),
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestOutcome {
    /// The server took the response to its end, whatever its status.
    Completed,
    /// The client went away, or the service or the body was dropped before its end.
    Aborted,
    /// The service or the body gave an error.
    Failed,
    /// The service or the body panicked.
    Panicked,
}

impl RequestOutcome {
    /// The outcome as a word in lower case, such as `completed`.
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
