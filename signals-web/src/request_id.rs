//! The id of a request in signals and spans.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use signals_core::context::Context;
use uuid::{NoContext, Timestamp, Uuid};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The maximum length of an id from a client.
const LONGEST: usize = 128;

/// The id of a request: an extension of each request in the layer.
///
/// It is the client's header `x-request-id` if that is visible ASCII of at most 128 bytes. Otherwise it is a
/// UUID of version 7. **A client can send any id**, including that of another request.
// The id is made when it is first read, because that costs more than everything else that the layer does for
// a request without receivers.
#[derive(Clone)]
pub struct RequestId(Context);

impl RequestId {
    /// Returns the client's id, or a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let chosen = headers.get(&X_REQUEST_ID).map(HeaderValue::as_bytes).filter(|chosen| is_fit(chosen));
        let id = chosen.map(|chosen| Arc::from(&*String::from_utf8_lossy(chosen)));
        let traceparent = headers.get(&TRACEPARENT).and_then(|value| value.to_str().ok());
        Self(Context::of_request(id, new_id, traceparent))
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        // The context of a request always has an id.
        self.0.request_id().unwrap_or_default()
    }

    /// Returns the context of the request.
    pub(crate) fn context(&self) -> &Context {
        &self.0
    }
}

fn new_id() -> Arc<str> {
    Arc::from(&*Uuid::new_v7(Timestamp::now(NoContext)).hyphenated().encode_lower(&mut Uuid::encode_buffer()))
}

impl PartialEq for RequestId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RequestId {}

impl Hash for RequestId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestId").field(&self.as_str()).finish()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_fit(chosen: &[u8]) -> bool {
    !chosen.is_empty() && chosen.len() <= LONGEST && chosen.iter().all(u8::is_ascii_graphic)
}
