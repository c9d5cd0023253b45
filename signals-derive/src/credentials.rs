//! `#[derive(LoginCredentials)]`: its syntax, its checks and its expansion.

mod check;
mod expand;
mod syntax;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::sink::Sink;

/// Derives the masking of credentials. A field whose attribute has a mistake is hidden.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut sink = Sink::default();
    let written = syntax::Struct::read(&input, &mut sink);
    check::shape(&input, &mut sink);
    let expansion = expand::expand(&written);
    let errors = sink.finish();
    quote!(#errors #expansion)
}
