//! A custom error of the tests.

use std::fmt;

use signals::Error;

/// The error, with what was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.0)
    }
}

impl std::error::Error for Refused {}

/// The [`Refused`] somewhere in an error of the library.
pub fn refused(error: &Error) -> Option<&'static str> {
    error.find::<Refused>().map(|refused| refused.0)
}
