//! The syntax of signals.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Generics, Ident, Result, Token, Type, Visibility, braced, token};

use crate::attr;
use crate::crate_path::CratePath;
use crate::keys;
use crate::sink::Sink;

/// One signal of a `signal!` call.
pub(super) struct WrittenSignal {
    /// The attributes that are not ours.
    pub(super) attrs: Vec<Attribute>,
    pub(super) crate_path: CratePath,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) fields: Vec<Field>,
    pub(super) response: Option<Type>,
}

/// Reads every signal up to the first that cannot be read.
pub(super) fn read(input: TokenStream, sink: &mut Sink) -> Vec<WrittenSignal> {
    let mut signals = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            match WrittenSignal::parse(input, sink) {
                Ok(signal) => signals.push(signal),
                Err(error) => {
                    sink.absorb(error);
                    // The start of the next signal cannot be determined.
                    input.parse::<TokenStream>()?;
                }
            }
        }
        Ok(())
    };
    let read = parser.parse2(input);
    sink.ok(read);
    signals
}

impl WrittenSignal {
    fn parse(input: ParseStream<'_>, sink: &mut Sink) -> Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let crate_path = attr::crate_path(&keys::SIGNAL, &attrs, sink);
        attrs.retain(|attr| !attr.path().is_ident(keys::SIGNAL.attribute));
        let vis = input.parse()?;
        let ident = name(input)?;
        Ok(Self {
            attrs,
            crate_path,
            vis,
            ident,
            generics: input.parse()?,
            fields: fields(input)?,
            response: response(input)?,
        })
    }
}

/// Reads the name. The other branches are what a user might write in its place.
fn name(input: ParseStream<'_>) -> Result<Ident> {
    let message = if input.peek(Ident) {
        return input.parse();
    } else if input.peek(Token![struct]) || input.peek(Token![fn]) {
        "a signal is written without a keyword: `pub order_shipped { order_id: i64 }`"
    } else if input.peek(Token![,]) {
        "signals stand one after another; leave the comma out"
    } else if input.peek(Token![:]) {
        "a response comes after an arrow; write `-> u64`"
    } else {
        "expected a signal's name: `pub order_shipped { order_id: i64 }`"
    };
    Err(input.error(message))
}

fn fields(input: ParseStream<'_>) -> Result<Vec<Field>> {
    if !input.peek(token::Brace) {
        if input.peek(Token![;]) || input.peek(Token![->]) {
            return Ok(Vec::new());
        }
        return Err(input.error("expected the payload's fields in braces, or `;` if there is none"));
    }
    let list;
    braced!(list in input);
    let fields = Punctuated::<Field, Token![,]>::parse_terminated_with(&list, Field::parse_named);
    // All of it is read, because the rest would be a second mistake.
    list.parse::<TokenStream>()?;
    Ok(fields?.into_iter().collect())
}

fn response(input: ParseStream<'_>) -> Result<Option<Type>> {
    let arrow: Option<Token![->]> = input.parse()?;
    if arrow.is_some() && (input.is_empty() || input.peek(Token![;])) {
        return Err(input.error("expected the response's type after the arrow, such as `-> u64`"));
    }
    let response = arrow.map(|_| input.parse()).transpose()?;
    input.parse::<Option<Token![;]>>()?;
    Ok(response)
}
