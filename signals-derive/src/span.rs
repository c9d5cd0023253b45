//! Where generated tokens point.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;

/// Returns a span that points at the user's tokens and still counts as generated code.
///
/// Errors are shown where the user wrote the cause, while lints and Clippy leave the code around it alone.
pub(crate) fn at(tokens: &impl ToTokens) -> Span {
    Span::call_site().located_at(tokens.span())
}
