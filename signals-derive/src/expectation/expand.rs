//! What expected receivers become: an entry in the linker's list for each.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;

use super::syntax::Expectations;

/// Expands the entries, in the order in which they were written.
pub(super) fn expand(written: &Expectations) -> TokenStream {
    let import = written.crate_path.import();
    let entries = written.names.iter().map(entry);
    quote! {
        const _: () = {
            #import
            #(#entries)*
        };
    }
}

fn entry(name: &LitStr) -> TokenStream {
    // With the name's own span, the line is the one where the name stands.
    let place = quote_spanned!(name.span()=> ::core::file!(), ::core::line!());
    quote!(__signals::inventory::submit! { __signals::Expectation::new(#name, #place) })
}
