//! `#[derive(PrimaryKey)]`: the key of a newtype or of an enum.

mod expand;
mod syntax;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::sink::Sink;

/// Derives a key type. An item that is neither a newtype nor an enum without fields gives only errors.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut sink = Sink::default();
    let item = syntax::Item::read(&input, &mut sink);
    let expansion = item.as_ref().map(expand::expand);
    let errors = sink.finish();
    quote!(#errors #expansion)
}
