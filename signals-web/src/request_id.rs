//! The id of a request in signals and spans.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::{NoContext, Timestamp, Uuid};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The maximum length of an id from a client.
const LONGEST: usize = 128;

/// The id of a request: an extension of each request in the layer.
///
/// It is the client's header `x-request-id` if that is visible ASCII of at most 128 bytes. Otherwise it is a
/// UUID of version 7. **A client can send any id**, including that of another request.
// The id is made when it is first read, because that costs more than everything else that the layer does for
// a request without receivers.
pub struct RequestId(OnceLock<Arc<str>>);

impl RequestId {
    /// Returns the client's id, or a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(&X_REQUEST_ID).map(HeaderValue::as_bytes) {
            Some(chosen) if is_fit(chosen) => Self(OnceLock::from(Arc::from(&*String::from_utf8_lossy(chosen)))),
            _ => Self(OnceLock::new()),
        }
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        self.text()
    }

    fn text(&self) -> &Arc<str> {
        self.0.get_or_init(|| {
            Arc::from(&*Uuid::new_v7(Timestamp::now(NoContext)).hyphenated().encode_lower(&mut Uuid::encode_buffer()))
        })
    }
}

// A clone has the same id, so the id is made before the clone.
impl Clone for RequestId {
    fn clone(&self) -> Self {
        Self(OnceLock::from(Arc::clone(self.text())))
    }
}

impl PartialEq for RequestId {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for RequestId {}

impl Hash for RequestId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestId").field(self.text()).finish()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

fn is_fit(chosen: &[u8]) -> bool {
    !chosen.is_empty() && chosen.len() <= LONGEST && chosen.iter().all(u8::is_ascii_graphic)
}
