//! The text of an error in a log event.

use std::error::Error;

use crate::error::escaped;

/// Returns the error and its sources in one line, with control characters escaped. A source is left out if an
/// earlier message contains it.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut line = escaped(error).to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let message = escaped(source).to_string();
        if !line.contains(&message) {
            line.push_str(": ");
            line.push_str(&message);
        }
        next = source.source();
    }
    line
}
