//! The statics that describe a model, and its entry in the list of linked models.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;

use crate::model::ir::{Column, Form, Model, PrimaryKey, Reference, Trait};
use crate::model::on_delete::OnDelete;
use crate::span;

/// Expands the metadata, the state, and the submission to the linker's list.
pub(super) fn meta(model: &Model<'_>, key: &PrimaryKey<'_>) -> TokenStream {
    let Model { ident, table, .. } = model;
    let name = ident.unraw().to_string();
    let path = ["::", &name].concat();
    let key = Literal::usize_unsuffixed(key.position);
    let columns = model.columns.iter().map(column);
    let unique = lists(&model.unique).map(|lists| quote!(.unique_together(#lists)));
    let indexes = lists(&model.indexes).map(|lists| quote!(.indexes(#lists)));
    let unmanaged = (!model.managed).then(|| quote!(.unmanaged()));
    quote! {
        #[allow(unused_imports, reason = "not every model needs both traits")]
        use __signals::{NotClone as _, NotNull as _};
        static META: __signals::ModelMeta = __signals::ModelMeta::new::<#ident>(
            #name,
            ::core::concat!(::core::module_path!(), #path),
            #table,
            #key,
            &[#(#columns,)*],
        )
        #unique
        #indexes
        #unmanaged;
        static STATE: __signals::ModelState<#ident> = __signals::ModelState::new();
        static STORE: __signals::AnyStore = __signals::AnyStore::of(&STATE);
        __signals::inventory::submit! { __signals::ModelEntry::new(&META, &STORE) }
    }
}

/// Expands lists of the indexes of columns, if there are any.
fn lists(all: &[Vec<usize>]) -> Option<TokenStream> {
    let lists = all.iter().map(|positions| {
        let positions = positions.iter().map(|position| Literal::usize_unsuffixed(*position));
        quote!(&[#(#positions),*])
    });
    (!all.is_empty()).then(|| quote!(&[#(#lists),*]))
}

fn column(column: &Column<'_>) -> TokenStream {
    let Column { ty, name, .. } = column;
    let field = column.field.unraw().to_string();
    let span = span::at(ty);
    let nullable = quote_spanned!(span=> __signals::Nullable::<#ty>::IS);
    let new = match column.form {
        Form::Plain => {
            let values = column.values();
            quote_spanned!(span=> #values.column)
        }
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
        Trait::References(it) => reference(it, ty),
    });
    quote!(#new(#field, #name, #nullable) #(#traits)*)
}

/// Expands the reference. The bounds of the called function refuse a field type that cannot hold the target's
/// key.
fn reference(reference: &Reference<'_>, ty: &Type) -> TokenStream {
    let Reference { target, on_delete, word } = reference;
    // If the target is not a model, no other error is reported.
    let is_model = quote_spanned!(span::at(target)=> { __signals::is_model::<#target>() });
    let to = if *on_delete == OnDelete::SetNull {
        quote_spanned!(span::at(word)=> __signals::references_or_null::<#target, #ty, #is_model>())
    } else {
        quote_spanned!(span::at(target)=> __signals::references::<#target, #ty, #is_model>())
    };
    quote!(.references(#to, __signals::OnDelete::#on_delete))
}
