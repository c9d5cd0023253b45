//! Errors as texts with their causes.

use std::error::Error;

/// Returns the text of an error, with the causes that it does not show itself.
#[doc(hidden)]
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug)]
    struct Outer(&'static str, io::Error);

    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.1)
        }
    }

    #[test]
    fn a_cause_is_shown_once() {
        let shown = |text| with_causes(&Outer(text, io::Error::other("no such host")));
        assert_eq!(shown("the call failed"), "the call failed: no such host");
        assert_eq!(shown("the call failed: no such host"), "the call failed: no such host");
    }
}
