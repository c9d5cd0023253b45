//! The statics that describe a model, and its entry in the list of linked models.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use crate::model::ir::{Column, Form, Model, PrimaryKey, Trait};
use crate::span;

/// Expands the metadata, the state and the submission to the linker's list.
pub(super) fn meta(model: &Model<'_>, key: &PrimaryKey<'_>) -> TokenStream {
    let Model { ident, table, .. } = model;
    let name = ident.unraw().to_string();
    let path = ["::", &name].concat();
    let key = Literal::usize_unsuffixed(key.position);
    let columns = model.columns.iter().map(column);
    quote! {
        #[allow(unused_imports, reason = "only a column that is never NULL needs the trait")]
        use __signals::NotNull as _;
        static META: __signals::ModelMeta = __signals::ModelMeta::new::<#ident>(
            #name,
            ::core::concat!(::core::module_path!(), #path),
            #table,
            #key,
            &[#(#columns,)*],
        );
        static STATE: __signals::ModelState<#ident> = __signals::ModelState::new();
        static STORE: __signals::AnyStore = __signals::AnyStore::of(&STATE);
        __signals::inventory::submit! { __signals::ModelEntry::new(&META, &STORE) }
    }
}

fn column(column: &Column<'_>) -> TokenStream {
    let Column { ty, name, .. } = column;
    let field = column.field.unraw().to_string();
    let span = span::at(ty);
    let nullable = quote_spanned!(span=> __signals::Nullable::<#ty>::YES);
    let new = match column.form {
        Form::Plain => quote_spanned!(span=> __signals::ColumnMeta::new::<#ty>),
        Form::Json => quote_spanned!(span=> __signals::ColumnMeta::json::<#ty>),
    };
    let traits = column.traits.iter().map(|it| match it {
        Trait::PrimaryKey => quote!(.primary_key()),
        Trait::Unique => quote!(.unique()),
        Trait::Index => quote!(.index()),
        Trait::AutoNow => quote!(.auto_now()),
        Trait::AutoNowAdd => quote!(.auto_now_add()),
        Trait::SqlType(text) => quote!(.sql_type(#text)),
        Trait::DefaultSql(text) => quote!(.default_sql(#text)),
    });
    quote!(#new(#field, #name, #nullable) #(#traits)*)
}
