//! Snapshots of expansions, and the errors for mistakes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod credentials;
mod expectation;
mod messages;
mod model;
mod receiver;
mod scheduled;
mod signal;
mod task;

use proc_macro2::TokenStream;
use syn::{File, Item, LitStr};

/// Prints an expansion as a person would write it.
fn pretty(expansion: &TokenStream) -> String {
    prettyplease::unparse(&parse(expansion))
}

/// Returns the errors of an expansion, in order.
fn errors(expansion: &TokenStream) -> Vec<String> {
    let items = parse(expansion).items.into_iter();
    let messages = items.filter_map(|item| match item {
        Item::Macro(item) if item.mac.path.segments.last().unwrap().ident == "compile_error" => {
            Some(item.mac.parse_body::<LitStr>().unwrap().value())
        }
        _ => None,
    });
    messages.collect()
}

fn parse(expansion: &TokenStream) -> File {
    syn::parse2(expansion.clone()).unwrap_or_else(|error| panic!("{error}: {expansion}"))
}

fn lines(pretty: &str) -> usize {
    pretty.lines().count()
}
