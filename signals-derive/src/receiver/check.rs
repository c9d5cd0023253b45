//! The checks of a receiver. Each check reports its own mistakes, independently of the others.

mod moment;
mod options;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{GenericParam, PatType, ReturnType, Safety, Signature};

use crate::sink::Sink;

use super::ir::{Param, Shape};
use super::syntax::Function;

pub(super) use moment::moment;
pub(super) use options::options;

/// Checks the function.
pub(super) fn function(function: &Function, sink: &mut Sink) {
    let sig = &function.sig;
    qualifiers(sig, sink);
    generics(sig, sink);
    if let Some(this) = sig.receiver() {
        let message = "a receiver is a free function, without `self`; move it out of the `impl` and take `instance`";
        sink.push(this.self_token, message);
    }
    for param in function.params() {
        parameter(param, sink);
    }
    event(function, sink);
    if let ReturnType::Type(_, ty) = &sig.output
        && let Some(word) = find_impl(ty.to_token_stream())
    {
        sink.push(word, "a receiver returns `()` or a `Result`; write that type instead of `impl`");
    }
}

fn qualifiers(sig: &Signature, sink: &mut Sink) {
    let is = "a receiver is a plain `fn` or `async fn`";
    if let Some(word) = &sig.constness {
        sink.push(word, format!("{is}; leave `const` out"));
    }
    if let Safety::Unsafe(word) = &sig.safety {
        sink.push(word, format!("{is}; leave `unsafe` out"));
    }
    if let Some(abi) = &sig.abi {
        sink.push(abi, format!("{is}; leave `extern` out"));
    }
    if let Some(variadic) = &sig.variadic {
        sink.push(variadic, format!("{is}; leave `...` out"));
    }
}

fn generics(sig: &Signature, sink: &mut Sink) {
    for param in &sig.generics.params {
        let ident = match param {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(param) => &param.ident,
            GenericParam::Const(param) => &param.ident,
        };
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

/// Finds the keyword in a type, at any depth.
fn find_impl(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) => (word == "impl").then_some(word),
        TokenTree::Group(group) => find_impl(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}
