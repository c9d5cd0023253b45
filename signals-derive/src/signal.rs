//! `signal!`: its syntax, its meaning, its checks and its expansion.

mod check;
mod expand;
mod ir;
mod syntax;

use proc_macro2::TokenStream;
use quote::quote;

use crate::sink::Sink;

/// Makes signals. Those with mistakes are left out, and the others are still made.
pub(crate) fn signal(input: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let mut written = syntax::read(input, &mut sink);
    check::names(&mut written, &mut sink);
    let signals = written.iter().map(one);
    let errors = sink.finish();
    quote!(#(#signals)* #errors)
}

fn one(written: &syntax::WrittenSignal) -> TokenStream {
    let mut sink = Sink::default();
    check::check(written, &mut sink);
    match sink.finish() {
        None => expand::expand(&ir::Signal::resolve(written)),
        Some(errors) => errors,
    }
}
