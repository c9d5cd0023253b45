//! The expansion of a signal. Each function makes one item. The first lists them in reading order.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, Field};

use crate::cfg;

use super::ir::Signal;

/// Expands a signal that passed the checks.
pub(super) fn expand(signal: &Signal<'_>) -> TokenStream {
    let conditions = cfg::conditions(&signal.written.attrs);
    let import = signal.written.crate_path.import();
    let unit = unit(signal, &conditions);
    let payload = payload(signal);
    let impls = [as_signal(signal), sender(signal), deref(signal)];
    quote! {
        #unit
        #payload
        #conditions
        const _: () = {
            #import
            #(#impls)*
        };
    }
}

/// Expands the signal itself: a name that is both a type and a value.
fn unit(signal: &Signal<'_>, conditions: &TokenStream) -> TokenStream {
    let docs = signal.written.attrs.iter().filter(|attr| is_doc(attr));
    let vis = &signal.written.vis;
    let ident = &signal.written.ident;
    quote! {
        #(#docs)*
        #conditions
        #[allow(non_camel_case_types, reason = "a signal is a type and a value of one name")]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #vis struct #ident;
    }
}

/// Expands the payload. It gets the attributes, which derive traits for it.
fn payload(signal: &Signal<'_>) -> TokenStream {
    let attrs = &signal.written.attrs;
    let vis = &signal.written.vis;
    let payload = &signal.payload;
    let generics = &signal.written.generics;
    let fields = signal.written.fields.iter().map(|field| payload_field(signal, field));
    let doc = format!(" The payload of [`{}`].", signal.name);
    // An empty line, so that the signal's own docs become the next paragraph.
    let break_ = attrs.iter().any(is_doc).then(|| quote!(#[doc = ""]));
    quote! {
        #[doc = #doc]
        #break_
        #(#attrs)*
        #vis struct #payload #generics {
            #(#fields,)*
        }
    }
}

fn payload_field(signal: &Signal<'_>, field: &Field) -> TokenStream {
    let Field { attrs, ident, ty, .. } = field;
    let vis = &signal.written.vis;
    let doc = ident.as_ref().filter(|_| !attrs.iter().any(is_doc)).map(|ident| {
        let doc = format!(" The payload's `{}`.", ident.unraw());
        quote!(#[doc = #doc])
    });
    quote! {
        #doc
        #(#attrs)*
        #vis #ident: #ty
    }
}

fn as_signal(signal: &Signal<'_>) -> TokenStream {
    let ident = &signal.written.ident;
    let name = &signal.name;
    let payload = &signal.payload;
    let borrowed = signal.lifetime.map(|_| quote!(<'a>));
    let response = signal.written.response.as_ref().map_or_else(|| quote!(()), |ty| quote!(#ty));
    quote! {
        #[automatically_derived]
        impl __signals::Signal for #ident {
            const NAME: &'static str = #name;
            type Event<
                'a,
                M: ?::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static,
            > = #payload #borrowed;
            type Any = #ident;
            type Response = #response;
        }
    }
}

/// Expands the storage of the signal's receivers. A custom signal is its own only sender.
fn sender(signal: &Signal<'_>) -> TokenStream {
    let ident = &signal.written.ident;
    let name = &signal.name;
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl __signals::Sender<#ident> for #ident {
            fn name() -> &'static str {
                #name
            }
            fn slot() -> &'static __signals::Slot<Self, Self> {
                static SLOT: __signals::Slot<#ident, #ident> = __signals::Slot::new();
                &SLOT
            }
        }
    }
}

/// Expands the `Deref` to the library's type, which has `send` and similar methods.
fn deref(signal: &Signal<'_>) -> TokenStream {
    let ident = &signal.written.ident;
    quote! {
        #[automatically_derived]
        impl ::core::ops::Deref for #ident {
            type Target = __signals::CustomSignal<Self>;
            fn deref(&self) -> &Self::Target {
                const { &__signals::CustomSignal::new() }
            }
        }
    }
}

fn is_doc(attr: &Attribute) -> bool {
    attr.path().is_ident("doc")
}
