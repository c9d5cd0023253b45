//! The checks of a receiver. Each check reports its own mistakes, independently of the others.

mod durable;
mod moment;
mod options;

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{PatType, ReturnType, Signature};

use crate::function::{self, Function, find_impl};
use crate::sink::Sink;

use super::ir::{Param, Shape};

pub(super) use durable::durable;
pub(super) use moment::moment;
pub(super) use options::options;

/// Checks the function.
pub(super) fn function(of: &Function, sink: &mut Sink) {
    let sig = &of.sig;
    function::qualifiers(sig, "a receiver is a plain `fn` or `async fn`", sink);
    generics(sig, sink);
    if let Some(this) = sig.receiver() {
        let message = "a receiver is a free function, without `self`; move it out of the `impl` and take `instance`";
        sink.push(this.self_token, message);
    }
    for param in of.params() {
        parameter(param, sink);
    }
    event(of, sink);
    if let ReturnType::Type(_, ty) = &sig.output
        && let Some(word) = find_impl(ty.to_token_stream())
    {
        sink.push(word, "a receiver returns `()` or a `Result`; write that type instead of `impl`");
    }
}

fn generics(sig: &Signature, sink: &mut Sink) {
    for ident in function::generics(sig) {
        let message = "a receiver is not generic, because no call names its types; \
                       name the model, or leave `sender` out and take `instance: &dyn AnyModel`";
        sink.push(ident, message);
    }
}

fn parameter(param: &PatType, sink: &mut Sink) {
    let Some(resolved) = Param::resolve(param) else {
        let message = "a receiver's parameter is the name of a payload field; \
                       write a name and take the value apart in the body";
        sink.push(&param.pat, message);
        return;
    };
    if let Some(word) = find_impl(param.ty.to_token_stream()) {
        let name = resolved.ident.unraw();
        let message = format!("a receiver is not generic; write the type of the payload's `{name}` instead of `impl`");
        sink.push(word, message);
    }
    for attr in &param.attrs {
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            let message = "a receiver's parameters are always there; put `cfg` on the function";
            sink.push(attr, message);
        }
    }
}

fn event(function: &Function, sink: &mut Sink) {
    let params: Vec<Param<'_>> = function.params().filter_map(Param::resolve).collect();
    let Some(event) = params.iter().find(|param| param.is_event()) else {
        return;
    };
    if function.sig.inputs.len() > 1 {
        let message = "`event` is the whole payload, the other parameters included; take `event` alone or leave it out";
        sink.push(event.ident, message);
    }
    if !matches!(event.shape, Shape::Ref | Shape::Mut) {
        let message = "receivers share the payload; take it by reference: \
                       `event: &PostSave<'_, User>`";
        sink.push(event.ident, message);
    }
}
