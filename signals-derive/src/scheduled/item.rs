//! The task under the attribute, and the mark that `#[task]` leaves on a `#[scheduled(..)]` below it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, MacroDelimiter, Meta, MetaList, Pat, PatType, token};

use crate::function::Function;
use crate::sink::Sink;

use super::syntax::MARK;

const NOT_A_TASK: &str = "a schedule belongs to a task; write `#[task]` below `#[scheduled(..)]`";

/// Reads the function. Its absence is reported by `#[task]`, and the absence of `#[task]` here.
pub(super) fn read(item: &TokenStream, is_below_task: bool, sink: &mut Sink) -> Option<Function> {
    let is_task = is_below_task || attributes(item).iter().any(|attr| is_named(attr, "task"));
    if !is_task {
        sink.push_at(Span::call_site(), NOT_A_TASK);
    }
    let function = Function::read(item.clone(), NOT_A_TASK, &mut Sink::default())?;
    // A method is in an `impl`, which cannot contain a schedule.
    (is_task && function.sig.receiver().is_none()).then_some(function)
}

/// Returns the name of a parameter that is a stored argument.
pub(super) fn argument(param: &PatType) -> Option<&Ident> {
    let Pat::Ident(name) = param.pat.as_ref() else { return None };
    let is_given = matches!(name.ident.unraw().to_string().as_str(), "ctx" | "db" | "tx");
    (!is_given).then_some(&name.ident)
}

/// Returns whether the attribute is `#[scheduled(..)]`, by any path.
pub(super) fn is_scheduled(attr: &Attribute) -> bool {
    is_named(attr, "scheduled")
}

fn is_named(attr: &Attribute, name: &str) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == name)
}

fn attributes(item: &TokenStream) -> Vec<Attribute> {
    let parser = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        input.parse::<TokenStream>()?;
        Ok(attrs)
    };
    parser.parse2(item.clone()).unwrap_or_default()
}

/// Marks each `#[scheduled(..)]` of a task's item, because it cannot see the `#[task]` above it.
pub(crate) fn mark(item: TokenStream) -> TokenStream {
    let parser = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, input.parse::<TokenStream>()?));
    match parser.parse2(item.clone()) {
        Ok((attrs, rest)) if attrs.iter().any(is_scheduled) => {
            let attrs = attrs.into_iter().map(|attr| if is_scheduled(&attr) { marked(attr) } else { attr });
            quote!(#(#attrs)* #rest)
        }
        _ => item,
    }
}

fn marked(mut attr: Attribute) -> Attribute {
    let mark = Ident::new(MARK, Span::call_site());
    match &mut attr.meta {
        Meta::List(list) => {
            let tokens = &list.tokens;
            list.tokens = quote!(#mark, #tokens);
        }
        Meta::Path(path) => {
            let delimiter = MacroDelimiter::Paren(token::Paren::default());
            attr.meta = Meta::List(MetaList { path: path.clone(), delimiter, tokens: quote!(#mark) });
        }
        // The compiler refuses `#[scheduled = ".."]`.
        Meta::NameValue(_) => {}
    }
    attr
}
