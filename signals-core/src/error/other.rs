//! Errors of the application.

use super::{BoxError, Error};

impl Error {
    /// Wraps an error of the application, such as in a receiver or in [`Db::atomic`](crate::db::Db::atomic).
    ///
    /// A text and a [`BoxError`] are converted by `?` and `into`. A function whose error is [`BoxError`]
    /// converts every error by `?`.
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::{Error, Result};
    ///
    /// fn age(text: &str) -> Result<i32> {
    ///     let age = text.parse().map_err(Error::other)?;
    ///     if age < 18 {
    ///         return Err("no adult".into());
    ///     }
    ///     Ok(age)
    /// }
    ///
    /// assert_eq!(age("7").unwrap_err().to_string(), "no adult");
    /// assert!(age("seven").unwrap_err().find::<std::num::ParseIntError>().is_some());
    /// ```
    pub fn other(error: impl Into<BoxError>) -> Self {
        Self::Other(error.into())
    }
}

impl From<BoxError> for Error {
    /// Takes this type out of the box if the box holds it, and otherwise wraps the box as [`Error::other`]
    /// does.
    fn from(error: BoxError) -> Self {
        error.downcast().map_or_else(Self::Other, |own| *own)
    }
}

impl From<String> for Error {
    /// Wraps a text as [`Error::other`] does.
    fn from(text: String) -> Self {
        Self::other(text)
    }
}

impl From<&str> for Error {
    /// Wraps a text as [`Error::other`] does.
    fn from(text: &str) -> Self {
        Self::other(text)
    }
}
