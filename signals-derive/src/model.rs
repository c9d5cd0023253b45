//! `#[derive(Model)]`: its syntax, its meaning, its checks and its expansion.

mod check;
mod expand;
mod ir;
mod on_delete;
mod stored_form;
mod syntax;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::sink::Sink;

/// Derives a model. A struct that cannot be a model gets its errors and a stub.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut sink = Sink::default();
    let written = syntax::Struct::read(&input, &mut sink);
    let model = ir::Model::resolve(&written);
    check::check(&written, &model, &mut sink);
    match (sink.finish(), &model.key) {
        (None, Some(key)) => expand::model(&model, key),
        (errors, _) => {
            let stub = expand::stub(&model);
            quote!(#errors #stub)
        }
    }
}
