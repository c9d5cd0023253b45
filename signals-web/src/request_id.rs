//! What a request is called in signals and spans.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use uuid::Uuid;

/// The longest id that a client may choose.
const LONGEST: usize = 128;

/// What the request is called: an extension of each request that comes through the layer.
///
/// It is what the client sent as `x-request-id`, if that is visible ASCII of at most 128 bytes; else a UUID of version 7. A client may send
/// what it likes, an id of another request too.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id that the client chose, else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get("x-request-id").map(http::HeaderValue::as_bytes) {
            Some(chosen) if is_fit(chosen) => Self(Arc::from(&*String::from_utf8_lossy(chosen))),
            _ => Self(Arc::from(&*Uuid::now_v7().hyphenated().encode_lower(&mut Uuid::encode_buffer()))),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_fit(chosen: &[u8]) -> bool {
    !chosen.is_empty() && chosen.len() <= LONGEST && chosen.iter().all(u8::is_ascii_graphic)
}
