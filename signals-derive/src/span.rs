//! The spans of generated tokens.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;

/// Returns a span that points at the user's tokens and still counts as generated code.
///
/// Errors are shown at the user's code that caused them. Lints and Clippy ignore the code around it.
pub(crate) fn at(tokens: &impl ToTokens) -> Span {
    Span::call_site().located_at(tokens.span())
}
