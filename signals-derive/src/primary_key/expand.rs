//! The expansion of a key type.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Field, Ident, Member};

use super::syntax::{Item, Shape};
use crate::span;

/// Expands the implementation of `PrimaryKey`.
pub(super) fn expand(item: &Item<'_>) -> TokenStream {
    let ident = &item.input.ident;
    let (impl_generics, ty_generics, where_clause) = item.input.generics.split_for_impl();
    let import = item.crate_path.import();
    let body = match &item.shape {
        Shape::Newtype { member, field } => newtype(member, field),
        Shape::Variants(variants) => values(variants),
    };
    quote! {
        const _: () = {
            #import
            #[automatically_derived]
            impl #impl_generics __signals::PrimaryKey for #ident #ty_generics #where_clause {
                type Lookup<'a> = Self;
                #body
                fn from_lookup(lookup: Self) -> Self {
                    lookup
                }
            }
        };
    }
}

/// Forwards to the field.
fn newtype(member: &Member, field: &Field) -> TokenStream {
    let ty = &field.ty;
    // The error of a type that is not a key is at that type.
    let inner = quote_spanned!(span::at(ty)=> <#ty as __signals::PrimaryKey>);
    quote! {
        const GENERATED: bool = #inner::GENERATED;
        fn key(&self) -> ::core::option::Option<__signals::Key<'_>> {
            #inner::key(&self.#member)
        }
        fn part(&self) -> __signals::Key<'_> {
            #inner::part(&self.#member)
        }
        fn from_generated(id: i64) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self { #member: #inner::from_generated(id)? })
        }
        fn generate() -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self { #member: #inner::generate()? })
        }
    }
}

/// Names the variants.
fn values(variants: &[&Ident]) -> TokenStream {
    let arms = variants.iter().map(|variant| {
        let name = variant.unraw().to_string();
        quote!(Self::#variant => #name)
    });
    quote! {
        const GENERATED: bool = false;
        fn key(&self) -> ::core::option::Option<__signals::Key<'_>> {
            ::core::option::Option::Some(__signals::Key::Text(match self {
                #(#arms,)*
            }))
        }
    }
}
