//! `#[receiver(..)]`: what was written, what it means, whether it holds, what it becomes.

mod check;
mod expand;
mod ir;
mod lifetimes;
mod syntax;

use proc_macro2::TokenStream;
use quote::quote;

use crate::sink::Sink;

/// Registers a function; the function itself is emitted as it is, whatever is wrong with the attribute.
pub(crate) fn receiver(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let registrations = registrations(args, item.clone(), &mut sink);
    match sink.finish() {
        None => quote!(#item #registrations),
        Some(errors) => quote!(#item #errors),
    }
}

fn registrations(args: TokenStream, item: TokenStream, sink: &mut Sink) -> Option<TokenStream> {
    let options = syntax::Options::read(args, sink);
    let function = syntax::Function::read(item, sink)?;
    check::options(&options, sink);
    check::function(&function, sink);
    let receiver = ir::Receiver::resolve(&options, &function);
    Some(expand::expand(&receiver))
}
