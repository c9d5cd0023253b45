//! The associated constants of models, which users name.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{Ident, Visibility};

use crate::span;

/// Expands a constant at the position of its name. If the name is taken, the compiler reports the error there.
pub(super) fn constant(vis: &Visibility, name: &Ident, ty: &TokenStream, value: &TokenStream) -> TokenStream {
    let span = span::at(name);
    let vis = vis.to_token_stream().into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    quote_spanned!(span=> #(#vis)* const #name: #ty = #value;)
}
