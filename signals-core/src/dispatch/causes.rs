//! What an event says of an error that goes no further.

use std::error::Error;

/// The error and its sources in one line. A source that a message before it quotes is left out.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let message = source.to_string();
        if !line.contains(&message) {
            line.push_str(": ");
            line.push_str(&message);
        }
        next = source.source();
    }
    line
}
