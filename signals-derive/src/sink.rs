//! Collects mistakes, so that a user sees all of them at once.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far.
///
/// A check pushes what it found and continues. Only the wrong part is left out.
#[derive(Default)]
pub(crate) struct Sink {
    found: Option<Error>,
}

impl Sink {
    /// Records a mistake at the given tokens.
    pub(crate) fn push(&mut self, at: impl ToTokens, message: impl Display) {
        self.absorb(Error::new_spanned(at, message));
    }

    /// Records a mistake at the given span.
    pub(crate) fn push_at(&mut self, at: Span, message: impl Display) {
        self.absorb(Error::new(at, message));
    }

    /// Records a mistake that a parser found.
    pub(crate) fn absorb(&mut self, error: Error) {
        match &mut self.found {
            Some(found) => found.combine(error),
            None => self.found = Some(error),
        }
    }

    /// Unwraps a result, and records its error.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.absorb(error);
                None
            }
        }
    }

    /// Returns the mistakes as one error, for a caller that collects those of the whole.
    pub(crate) fn into_result(self) -> syn::Result<()> {
        self.found.map_or(Ok(()), Err)
    }

    /// Returns the errors as code for the compiler to report, if there are any.
    pub(crate) fn finish(self) -> Option<TokenStream> {
        self.found.map(|found| found.to_compile_error())
    }
}
