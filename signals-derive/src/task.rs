//! `#[task(..)]`: its syntax, its meaning, its checks and its expansion.

mod check;
mod expand;
mod ir;
mod syntax;

pub(crate) use check::{attempts, priority};
pub(crate) use ir::Given;

use proc_macro2::TokenStream;
use quote::quote;

use crate::function::Function;
use crate::scheduled;
use crate::sink::Sink;

const NOT_A_FUNCTION: &str = "a task is a function; put `#[task(..)]` on an `async fn` with a body";

/// Makes a function a task. The function itself is emitted unchanged, even if the attribute has mistakes.
pub(crate) fn task(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let options = syntax::TaskOptions::read(args, &mut sink);
    let Some(function) = Function::read(item.clone(), NOT_A_FUNCTION, &mut sink) else {
        let errors = sink.finish();
        let item = scheduled::mark(item.clone());
        return quote!(#item #errors);
    };
    check::options(&options, &mut sink);
    check::function(&function, &options, &mut sink);
    let task = ir::Task::resolve(&options, &function);
    check::task(&task, &mut sink);
    let made = match sink.finish() {
        None => expand::expand(&task),
        Some(errors) => {
            let stub = expand::stub(&task);
            quote!(#errors #stub)
        }
    };
    let item = scheduled::mark(item.clone());
    quote!(#item #made)
}
