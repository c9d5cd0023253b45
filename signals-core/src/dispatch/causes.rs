//! What an event says of an error that goes no further.

use std::error::Error;

use crate::error::escaped;

/// The error and its sources in one line, with control characters escaped. A source that a message before it quotes is left out.
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
