//! Lifetimes of a function in places where they are not in scope.

use proc_macro2::{Group, Ident, Spacing, TokenStream, TokenTree};

/// Replaces each lifetime of a type by `'_`, so that the type can be named outside of its function.
pub(super) fn erase(tokens: TokenStream) -> TokenStream {
    let mut after_tick = false;
    let erased = tokens.into_iter().map(|token| {
        let is_lifetime = after_tick;
        after_tick = matches!(&token, TokenTree::Punct(it) if it.as_char() == '\'' && it.spacing() == Spacing::Joint);
        match token {
            TokenTree::Ident(word) if is_lifetime && word != "static" => TokenTree::Ident(Ident::new("_", word.span())),
            TokenTree::Group(group) => {
                let mut erased = Group::new(group.delimiter(), erase(group.stream()));
                erased.set_span(group.span());
                TokenTree::Group(erased)
            }
            other => other,
        }
    });
    erased.collect()
}
