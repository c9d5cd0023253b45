//! `#[receiver(..)]`: its syntax, its meaning, its checks and its expansion.

mod check;
mod expand;
mod ir;
mod lifetimes;
mod syntax;

use proc_macro2::TokenStream;
use quote::quote;

use crate::function::Function;
use crate::sink::Sink;

pub(crate) use ir::EVENT;

const NOT_A_FUNCTION: &str = "a receiver is a function; put `#[receiver(..)]` on a `fn` or `async fn` with a body";

/// Registers a function. The function itself is emitted unchanged, even if the attribute has mistakes.
pub(crate) fn receiver(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let options = syntax::ReceiverOptions::read(args, &mut sink);
    let Some(function) = Function::read(item.clone(), NOT_A_FUNCTION, &mut sink) else {
        let errors = sink.finish();
        return quote!(#item #errors);
    };
    check::options(&options, &mut sink);
    check::function(&function, &mut sink);
    check::moment(&options, &function, &mut sink);
    check::durable(&options, &function, &mut sink);
    let receiver = ir::Receiver::resolve(&options, &function);
    let made = match sink.finish() {
        None => expand::expand(&receiver),
        Some(errors) => {
            let stub = expand::stub(&receiver);
            quote!(#errors #stub)
        }
    };
    quote!(#item #made)
}
