//! What must hold of a row for its receiver to be called.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Ident};

use crate::receiver::syntax::{Condition, Options, Side, Transition};
use crate::span;

/// The payload's field that conditions compare the instance with.
pub(super) const PREVIOUS: &str = "previous";

/// Expands the conditions of a receiver that has any.
pub(super) fn when(options: &Options) -> Option<TokenStream> {
    let changed = options.changed.as_ref().map(changed);
    let transitions = options.when.iter().flat_map(|it| it.entries.iter().map(|entry| transition(&it.word, entry)));
    let terms: Vec<TokenStream> = changed.into_iter().chain(transitions).collect();
    (!terms.is_empty()).then(|| quote!(.when(|__event| #(#terms)&&*)))
}

/// A new row has changed in all its fields.
fn changed(condition: &Condition<Ident>) -> TokenStream {
    let fields = condition.entries.iter().map(|field| {
        let (before, now) = (before(field), now(field));
        quote_spanned!(span::at(field)=> #before != #now)
    });
    let differs = quote!(#(#fields)||*);
    quote_spanned!(span::at(&condition.word)=> __event.previous.as_deref().is_none_or(|__previous| #differs))
}

fn transition(word: &Ident, transition: &Transition) -> TokenStream {
    let Transition { field, before: from, after: to } = transition;
    let previous = quote_spanned!(span::at(word)=> __event.previous.as_deref());
    let was = match (from, to) {
        (Side::OneOf(values), _) => {
            let is = is(&before(field), values);
            quote!(#previous.is_some_and(|__previous| #is))
        }
        (Side::Any, Side::OneOf(values)) => {
            let is_not = is_not(&before(field), values);
            quote!(#previous.is_none_or(|__previous| #is_not))
        }
        // Refused by the checks.
        (Side::Any, Side::Any) => quote!(true),
    };
    let is_now = match (from, to) {
        (_, Side::OneOf(values)) => {
            let is = is(&now(field), values);
            if values.len() > 1 { quote!((#is)) } else { is }
        }
        (Side::OneOf(values), Side::Any) => is_not(&now(field), values),
        (Side::Any, Side::Any) => quote!(true),
    };
    quote!(#was && #is_now)
}

/// With its own span, a field that is not there is the compiler's error at the word.
fn before(field: &Ident) -> TokenStream {
    quote_spanned!(span::at(field)=> __previous.#field)
}

fn now(field: &Ident) -> TokenStream {
    quote_spanned!(span::at(field)=> __event.instance.#field)
}

fn is(place: &TokenStream, values: &[Expr]) -> TokenStream {
    let each = values.iter().map(|value| {
        let (span, value) = (span::at(value), operand(value));
        quote_spanned!(span=> #place == #value)
    });
    quote!(#(#each)||*)
}

fn is_not(place: &TokenStream, values: &[Expr]) -> TokenStream {
    let each = values.iter().map(|value| {
        let (span, value) = (span::at(value), operand(value));
        quote_spanned!(span=> #place != #value)
    });
    quote!(#(#each)&&*)
}

/// Puts in parentheses what would come apart beside an operator.
fn operand(value: &Expr) -> TokenStream {
    match value {
        Expr::Array(_)
        | Expr::Call(_)
        | Expr::Field(_)
        | Expr::Group(_)
        | Expr::Index(_)
        | Expr::Lit(_)
        | Expr::Macro(_)
        | Expr::MethodCall(_)
        | Expr::Paren(_)
        | Expr::Path(_)
        | Expr::Struct(_)
        | Expr::Tuple(_)
        | Expr::Unary(_) => value.to_token_stream(),
        _ => quote_spanned!(span::at(value)=> (#value)),
    }
}
