//! The conditions for a row under which its receiver is called.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Expr, Ident, Path, Type};

use crate::receiver::syntax::{Condition, ReceiverOptions, Side, Transition};
use crate::span;

/// The payload's field with which conditions compare the instance.
pub(super) const PREVIOUS: &str = "previous";

/// Expands the conditions of a receiver, if any, for this signal and sender.
pub(super) fn when(options: &ReceiverOptions, signal: &TokenStream, sender: &Type) -> Option<TokenStream> {
    // A signal without a previous row is refused at the condition's word.
    let compared = |span| quote_spanned!(span=> __signals::compared::<#signal, #sender>(__event));
    let (compared, holds) = condition(options, sender, compared)?;
    Some(quote! {
        .when(|__event| {
            let (__previous, __instance, __written) = #compared;
            #holds
        })
    })
}

/// Expands the conditions of a durable receiver, if any, which receives sets of rows.
pub(super) fn chooses(options: &ReceiverOptions, signal: &Path, sender: &Type) -> Option<TokenStream> {
    let compared = |span| quote_spanned!(span=> __signals::compared_in_set::<#signal, #sender>(__event, __place));
    let (compared, holds) = condition(options, sender, compared)?;
    Some(quote! {
        |__event, __place| {
            let ::core::option::Option::Some((__previous, __instance, __written)) = #compared else { return false };
            #holds
        }
    })
}

/// Expands the values to compare, and the condition on them.
fn condition(
    options: &ReceiverOptions,
    sender: &Type,
    compared: impl FnOnce(Span) -> TokenStream,
) -> Option<(TokenStream, TokenStream)> {
    let ReceiverOptions { changed, when, .. } = options;
    let word = changed.as_ref().map(|it| &it.word).or(when.as_ref().map(|it| &it.word))?;
    let entries = when.iter().flat_map(|it| &it.entries);
    let fields = changed.iter().flat_map(|it| &it.entries).chain(entries.clone().map(|entry| &entry.field));
    let columns = fields.map(|field| column(field, sender));
    let import = changed.as_ref().map(|_| {
        quote!(
            use __signals::NotPartialEq as _;
        )
    });
    let terms = changed.as_ref().map(self::changed).into_iter().chain(entries.map(transition));
    Some((compared(span::at(word)), quote!(#import #(#columns)* #(#terms)&&*)))
}

/// Expands the fields that the conditions compare, for the list of receivers.
pub(super) fn fields(options: &ReceiverOptions) -> TokenStream {
    let changed = options.changed.as_ref().map(|condition| {
        let names = condition.entries.iter().map(|field| field.unraw().to_string());
        quote!(.changed(&[#(#names),*]))
    });
    let when = options.when.as_ref().map(|condition| {
        let names = condition.entries.iter().map(|entry| entry.field.unraw().to_string());
        quote!(.when(&[#(#names),*]))
    });
    quote!(#changed #when)
}

/// Expands the check that the field is a column. A field that is not is refused at its name.
fn column(field: &Ident, sender: &Type) -> TokenStream {
    let name = field.unraw().to_string();
    quote_spanned!(span::at(field)=> __signals::column::<{ __signals::is_column::<#sender>(#name) }>();)
}

/// Expands `changed`. In a new row all fields have changed.
fn changed(condition: &Condition<Ident>) -> TokenStream {
    let fields = condition.entries.iter().map(|field| {
        let (name, before, now) = (field.unraw().to_string(), before(field), now(field));
        let is_equal = quote_spanned!(span::at(field)=> __signals::Pair(&#before, &#now).is_equal());
        quote!(__written.changed(#name, #is_equal))
    });
    quote!(__previous.is_none_or(|__previous| #(#fields)||*))
}

fn transition(transition: &Transition) -> TokenStream {
    let Transition { field, before: from, after: to } = transition;
    let was = match (from, to) {
        (Side::OneOf(values), _) => {
            let is = is(&before(field), values);
            quote!(__previous.is_some_and(|__previous| #is))
        }
        (Side::Any, Side::OneOf(values)) => {
            let is_not = is_not(&before(field), values);
            quote!(__previous.is_none_or(|__previous| #is_not))
        }
        // The checks refuse this.
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
    let is_written = is_written(field);
    quote!(#is_written && #was && #is_now)
}

/// Expands the test that the save writes the field. A field that a save leaves out has not changed, whatever
/// its value.
fn is_written(field: &Ident) -> TokenStream {
    let name = field.unraw().to_string();
    quote!(__written.has(#name))
}

/// Expands the previous value. With its own span, a missing field is the compiler's error at the word.
fn before(field: &Ident) -> TokenStream {
    quote_spanned!(span::at(field)=> __previous.#field)
}

fn now(field: &Ident) -> TokenStream {
    quote_spanned!(span::at(field)=> __instance.#field)
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

/// Puts an expression in parentheses if an operator beside it would split it.
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
