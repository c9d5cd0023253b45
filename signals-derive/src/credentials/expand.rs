//! The expansion of credentials.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use crate::span;

use super::syntax::{Struct, WrittenField};

/// Expands the masking of each field, in source order.
pub(super) fn expand(written: &Struct<'_>) -> TokenStream {
    let ident = &written.input.ident;
    let (impl_generics, ty_generics, where_clause) = written.input.generics.split_for_impl();
    let import = written.crate_path.import_auth();
    let fields = written.fields.iter().map(field);
    quote! {
        const _: () = {
            #import
            #[automatically_derived]
            impl #impl_generics __auth::LoginCredentials for #ident #ty_generics #where_clause {
                fn mask(&self) -> __auth::MaskedCredentials {
                    __auth::MaskedCredentials::new() #(#fields)*
                }
            }
        };
    }
}

fn field(field: &WrittenField<'_>) -> TokenStream {
    let WrittenField { ident, ty, is_shown } = field;
    let name = ident.unraw().to_string();
    if *is_shown {
        // The error of a type without `Display` is at that type.
        quote_spanned!(span::at(ty)=> .show(#name, &self.#ident))
    } else {
        quote!(.hide(#name))
    }
}
