//! Requests whose `Debug` hides their secrets.

use std::fmt;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION};
use http::request::Parts;

/// The headers with credentials.
const SENSITIVE: [HeaderName; 6] = [
    AUTHORIZATION,
    COOKIE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-auth-token"),
    HeaderName::from_static("x-csrf-token"),
];

/// Marks the headers with credentials as sensitive. Receivers can read them, but `Debug` hides their values.
pub(crate) fn mark_sensitive(mut parts: Parts) -> Parts {
    for (name, value) in &mut parts.headers {
        if SENSITIVE.contains(name) {
            value.set_sensitive(true);
        }
    }
    parts
}

/// The `Debug` of a request in payloads: without its query and its headers.
pub(crate) struct Line<'a>(pub(crate) &'a Parts);

impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.method, self.0.uri.path())
    }
}
