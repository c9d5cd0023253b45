//! Conditional compilation: generated code has the conditions of its item.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, MetaList, Token};

/// Returns the item's conditions as attributes for the generated code.
pub(crate) fn conditions(attrs: &[Attribute]) -> TokenStream {
    attrs.iter().filter_map(|attr| condition(&attr.meta)).map(|meta| quote!(#[#meta])).collect()
}

fn condition(meta: &Meta) -> Option<TokenStream> {
    let Meta::List(list) = meta else { return None };
    if list.path.is_ident("cfg") {
        Some(quote!(#meta))
    } else if list.path.is_ident("cfg_attr") {
        conditional_condition(list)
    } else {
        None
    }
}

/// Returns the part of a `cfg_attr` that is a condition. The rest applies to the item only.
fn conditional_condition(list: &MetaList) -> Option<TokenStream> {
    let metas = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let mut metas = metas.iter();
    let predicate = metas.next()?;
    let kept: Vec<TokenStream> = metas.filter_map(condition).collect();
    (!kept.is_empty()).then(|| quote!(cfg_attr(#predicate, #(#kept),*)))
}
