//! The values of a model: its key, its columns one by one, and a whole row.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use crate::model::ir::{Column, Form, KeyPart, Model, PrimaryKey, Skipped};
use crate::model::stored_form::StoredForm;
use crate::span;

/// Expands the `Entity` impl.
pub(super) fn entity(model: &Model<'_>, key: &PrimaryKey<'_>) -> TokenStream {
    let ident = model.ident;
    let ty = key.tuple(|KeyPart { ty, .. }| *ty);
    let borrowed_ty = key.tuple(|KeyPart { ty, .. }| quote!(&#ty));
    let borrowed = key.tuple(|KeyPart { field, .. }| quote!(&self.#field));
    let fields = key.tuple(|KeyPart { field, .. }| quote!(self.#field));
    // The compiler refuses a type that cannot be a key, and points at this span.
    let span = key.parts.first().map_or_else(Span::call_site, |part| span::at(part.ty));
    let key_ref = quote_spanned!(span=> fn key_ref(&self) -> #borrowed_ty { #borrowed });
    let skipped = skipped(model);
    let filled = model.columns.iter().any(Column::is_filled).then(|| {
        quote!(
            const FILLED: bool = true;
        )
    });
    let value = value(model);
    let value_mut = value_mut(model);
    let stamp = stamp(model);
    let load = load(model);
    let validate = validate(model);
    quote! {
        #[automatically_derived]
        impl __signals::Entity for #ident {
            type Key = #ty;
            #skipped
            #filled
            fn meta() -> &'static __signals::ModelMeta {
                &META
            }
            #key_ref
            fn set_key(&mut self, key: #ty) {
                #fields = key;
            }
            #value
            #value_mut
            #stamp
            #validate
            #load
            fn duplicate(&self) -> ::core::option::Option<Self> {
                __signals::Duplicate::<#ident>::of(self)
            }
        }
    }
}

/// Expands the names of the fields that are not columns, if there are any. Conditions of receivers refuse
/// them.
fn skipped(model: &Model<'_>) -> Option<TokenStream> {
    let names = model.skipped.iter().map(|Skipped { field, .. }| field.unraw().to_string());
    (!model.skipped.is_empty()).then(|| quote!(const SKIPPED: &'static [&'static str] = &[#(#names),*];))
}

fn value(model: &Model<'_>) -> TokenStream {
    let arms = arms(model, |Column { field, .. }| quote!(&self.#field));
    quote! {
        fn field(&self, column: usize) -> ::core::option::Option<&dyn ::core::any::Any> {
            ::core::option::Option::Some(match column {
                #arms
                _ => return ::core::option::Option::None,
            })
        }
    }
}

fn value_mut(model: &Model<'_>) -> TokenStream {
    let arms = arms(model, |Column { field, .. }| quote!(&mut self.#field));
    quote! {
        fn field_mut(&mut self, column: usize) -> ::core::option::Option<&mut dyn ::core::any::Any> {
            ::core::option::Option::Some(match column {
                #arms
                _ => return ::core::option::Option::None,
            })
        }
    }
}

/// Expands the method that sets the present time, if a column needs it.
fn stamp(model: &Model<'_>) -> Option<TokenStream> {
    if !model.columns.iter().any(Column::is_stamped) {
        return None;
    }
    let stamped = numbered(model).filter(|(_, column)| column.is_stamped());
    let arms = stamped.map(|(position, Column { field, ty, stored, .. })| {
        let now = match stored.map(StoredForm::ty) {
            None => quote_spanned!(span::at(*ty)=> __signals::Timestamp::now()),
            Some(form) => quote_spanned!(span::at(*ty)=> __signals::now_as::<__signals::form::#form, _>()),
        };
        quote!(#position => self.#field = #now,)
    });
    Some(quote! {
        fn stamp(&mut self, column: usize) {
            match column {
                #(#arms)*
                _ => {}
            }
        }
    })
}

/// Expands the check of an instance, if the model has one.
fn validate(model: &Model<'_>) -> Option<TokenStream> {
    let check = model.validate?;
    let call = quote_spanned!(span::at(check)=> __signals::validated(#check(self)));
    Some(quote! {
        fn validate(&self) -> ::core::result::Result<(), __signals::Invalid> {
            #call
        }
    })
}

fn load(model: &Model<'_>) -> TokenStream {
    let columns = model.columns.iter().map(|column| {
        let Column { field, ty, name, .. } = column;
        let span = span::at(ty);
        let get = match column.form {
            Form::Plain => {
                let values = column.values();
                quote_spanned!(span=> #values.read(row, #name)?)
            }
            Form::Json => quote_spanned!(span=> row.json(#name)?),
        };
        quote!(#field: #get)
    });
    let skipped = model.skipped.iter().map(|Skipped { field, ty }| {
        let default = quote_spanned!(span::at(*ty)=> ::core::default::Default::default());
        quote!(#field: #default)
    });
    quote! {
        fn load(
            row: &__signals::Row<'_>,
        ) -> ::core::result::Result<Self, __signals::sqlx::Error> {
            ::core::result::Result::Ok(Self {
                #(#columns,)*
                #(#skipped,)*
            })
        }
    }
}

fn arms(model: &Model<'_>, value: impl Fn(&Column<'_>) -> TokenStream) -> TokenStream {
    numbered(model)
        .map(|(position, column)| {
            let value = value(column);
            quote!(#position => #value,)
        })
        .collect()
}

fn numbered<'a>(model: &'a Model<'a>) -> impl Iterator<Item = (Literal, &'a Column<'a>)> {
    model.columns.iter().enumerate().map(|(position, column)| (Literal::usize_unsuffixed(position), column))
}
