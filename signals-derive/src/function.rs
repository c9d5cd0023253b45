//! A function under an attribute.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Error, FnArg, GenericParam, Pat, PatType, Result, ReturnType, Safety, Signature, Type, Visibility, token,
};

use crate::sink::Sink;

/// The function's attributes, visibility and signature. Its body is not parsed.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
}

impl Function {
    /// Reads the function, if the item is one with a body. Otherwise reports the given message.
    pub(crate) fn read(item: TokenStream, not_a_function: &str, sink: &mut Sink) -> Option<Self> {
        let parser = |input: ParseStream<'_>| {
            let attrs = input.call(Attribute::parse_outer)?;
            let vis: Visibility = input.parse()?;
            let span = input.span();
            let sig: Result<Signature> = input.parse();
            let has_body = input.peek(token::Brace);
            input.parse::<TokenStream>()?;
            match sig {
                Ok(sig) if has_body => Ok(Self { attrs, vis, sig }),
                _ => Err(Error::new(span, not_a_function)),
            }
        };
        sink.ok(parser.parse2(item))
    }

    /// Returns the parameters, without a `self`.
    pub(crate) fn params(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(param) => Some(param),
            FnArg::Receiver(_) => None,
        })
    }

    /// Returns the type after the arrow, if there is one.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }
}

/// Returns the parameter's name if it is a plain name, and not a pattern that takes the value apart.
pub(crate) fn plain_name(param: &PatType) -> Option<&Ident> {
    match param.pat.as_ref() {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(&name.ident),
        _ => None,
    }
}

/// Refuses qualifiers of `fn` that generated code does not support. `is` is the start of the message.
pub(crate) fn qualifiers(sig: &Signature, is: &str, sink: &mut Sink) {
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

/// Returns the names of the generic parameters that are not lifetimes.
pub(crate) fn generics(sig: &Signature) -> impl Iterator<Item = &Ident> {
    sig.generics.params.iter().filter_map(|param| match param {
        GenericParam::Lifetime(_) => None,
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
    })
}

/// Finds the keyword `impl` in a type, at any depth.
pub(crate) fn find_impl(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) => (word == "impl").then_some(word),
        TokenTree::Group(group) => find_impl(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}
