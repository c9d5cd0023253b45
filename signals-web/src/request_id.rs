//! What a request is called in signals and spans.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::{NoContext, Timestamp, Uuid};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that a client may choose.
const LONGEST: usize = 128;

/// What the request is called: an extension of each request that comes through the layer.
///
/// It is what the client sent as `x-request-id`, if that is visible ASCII of at most 128 bytes; else a UUID of version 7. A client may send
/// what it likes, an id of another request too.
// Made when it is first asked for, since that costs more than all else that the layer does for a request without
// receivers.
pub struct RequestId(OnceLock<Arc<str>>);

impl RequestId {
    /// The id that the client chose, else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(&X_REQUEST_ID).map(HeaderValue::as_bytes) {
            Some(chosen) if is_fit(chosen) => Self(OnceLock::from(Arc::from(&*String::from_utf8_lossy(chosen)))),
            _ => Self(OnceLock::new()),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.text()
    }

    fn text(&self) -> &Arc<str> {
        self.0.get_or_init(|| {
            Arc::from(&*Uuid::new_v7(Timestamp::now(NoContext)).hyphenated().encode_lower(&mut Uuid::encode_buffer()))
        })
    }
}

// A clone is called the same, so that the id is made by then.
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
