//! The statics that describe a model, and its entry in the list of linked models.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;

use crate::model::ir::{Column, CompositeReference, Form, KeyPart, Model, PrimaryKey, Reference, Trait};
use crate::model::on_delete::OnDelete;
use crate::span;

/// Expands the metadata, the state, and the submission to the linker's list.
pub(super) fn meta(model: &Model<'_>, key: &PrimaryKey<'_>) -> TokenStream {
    let Model { ident, table, .. } = model;
    let name = ident.unraw().to_string();
    let path = ["::", &name].concat();
    let positions = list(key.parts.iter().map(|part| part.position));
    let (key_name, key_parts) = (key_name(model, key), key_parts(key));
    let (references, nullable) = (references(model), nullable_references(model));
    let columns = model.columns.iter().map(column);
    let unique = lists(&model.unique).map(|lists| quote!(.unique_together(#lists)));
    let reread = model.is_reread.then(|| quote!(.reread()));
    let captured = model.is_captured.then(|| quote!(.captured(const { &__signals::CaptureStore::of::<#ident>() })));
    let indexes = lists(&model.indexes).map(|lists| quote!(.indexes(#lists)));
    let schema = model.schema.as_ref().map(|schema| quote!(.schema_named(#schema)));
    let was = model.was.as_ref().map(|was| quote!(.renamed_from(#was)));
    let unmanaged = (!model.managed).then(|| quote!(.unmanaged()));
    quote! {
        #[allow(unused_imports, reason = "not every model needs both traits")]
        use __signals::{NotClone as _, NotNull as _};
        static META: __signals::ModelMeta = __signals::ModelMeta::new::<#ident>(
            #name,
            ::core::concat!(::core::module_path!(), #path),
            #table,
            #positions,
            &[#(#columns,)*],
        )
        #schema
        #key_name
        #references
        #unique
        #indexes
        #was
        #unmanaged
        #captured
        #reread;
        #key_parts
        #nullable
        static STATE: __signals::ModelState<#ident> = __signals::ModelState::new();
        static STORE: __signals::AnyStore = __signals::AnyStore::of(&STATE);
        __signals::inventory::submit! { __signals::ModelEntry::new(&META, &STORE) }
    }
}

/// Expands the names of the columns of a composite key, for errors.
fn key_name(model: &Model<'_>, key: &PrimaryKey<'_>) -> Option<TokenStream> {
    let names = key.parts.iter().filter_map(|part| model.columns.get(part.position)).map(|column| &*column.name);
    let names = names.collect::<Vec<_>>().join(", ");
    key.is_composite().then(|| quote!(.composite_key(#names)))
}

/// Expands the check that no part of a composite key is an `Option`.
fn key_parts(key: &PrimaryKey<'_>) -> Option<TokenStream> {
    let parts = key.parts.iter().map(|KeyPart { ty, .. }| {
        let span = span::at(ty);
        quote_spanned!(span=> __signals::key_part::<#ty, { __signals::Nullable::<#ty>::IS }>();)
    });
    key.is_composite().then(|| quote!(const _: () = { #(#parts)* };))
}

/// Expands the references to composite keys, if there are any.
fn references(model: &Model<'_>) -> Option<TokenStream> {
    let references =
        model.references.iter().map(|CompositeReference { positions, fields, target, on_delete, .. }| {
            let types = types(model, positions);
            let positions = list(positions.iter().copied());
            let span = span::at(target);
            let is_model = quote_spanned!(span=> { __signals::is_model::<#target>() });
            let to = quote_spanned!(span=> __signals::references_composite::<#target, (#(#types),*), #is_model>());
            quote!((#positions, __signals::Reference::composite(#to, __signals::OnDelete::#on_delete, #fields)))
        });
    (!model.references.is_empty()).then(|| quote!(.composite_references(&[#(#references),*])))
}

/// Expands the checks that a field of each reference with `set_null` is an `Option`.
fn nullable_references(model: &Model<'_>) -> TokenStream {
    let nullified = model.references.iter().filter(|reference| reference.on_delete == OnDelete::SetNull);
    nullified
        .map(|CompositeReference { positions, word, .. }| {
            let types = types(model, positions);
            let span = span::at(word);
            quote_spanned!(span=> const _: () = __signals::nullable_columns::<{ false #(|| __signals::Nullable::<#types>::IS)* }>();)
        })
        .collect()
}

fn types<'a>(model: &'a Model<'_>, positions: &[usize]) -> Vec<&'a Type> {
    positions.iter().filter_map(|position| model.columns.get(*position)).map(|column| column.ty).collect()
}

/// Expands a list of the indexes of columns.
fn list(positions: impl Iterator<Item = usize>) -> TokenStream {
    let positions = positions.map(Literal::usize_unsuffixed);
    quote!(&[#(#positions),*])
}

/// Expands lists of the indexes of columns, if there are any.
fn lists(all: &[Vec<usize>]) -> Option<TokenStream> {
    let lists = all.iter().map(|positions| list(positions.iter().copied()));
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
        Trait::Generated => quote!(.generated()),
        Trait::ReadOnly => quote!(.read_only()),
        Trait::DbDefault => {
            let is_unset = quote_spanned!(span=> __signals::is_unset::<#ty>());
            quote!(.db_default(#is_unset))
        }
        Trait::InsertOnly => quote!(.insert_only()),
        Trait::Version => {
            let version = quote_spanned!(span=> __signals::version::<#ty>());
            quote!(.version(#version))
        }
        Trait::Was(text) => quote!(.renamed_from(#text)),
        Trait::SqlType(text) => quote!(.sql_type(#text)),
        Trait::DefaultSql(text) => quote!(.default_sql(#text)),
        Trait::References(it) => reference(it, ty),
    });
    let filled = column.is_filled().then(|| filled(column));
    quote!(#new(#field, #name, #nullable) #(#traits)* #filled)
}

/// Expands how the column is read after a write.
fn filled(column: &Column<'_>) -> TokenStream {
    let Column { ty, name, .. } = column;
    let read = match column.form {
        Form::Plain => {
            let values = column.values();
            quote!(#values.read(row, #name))
        }
        Form::Json => quote_spanned!(span::at(ty)=> row.json(#name)),
    };
    quote!(.filled(|row, field| __signals::filled::<#ty>(field, #read)))
}

/// Expands the reference. The bounds of the called function refuse a field type that cannot hold the target's
/// key.
fn reference(reference: &Reference<'_>, ty: &Type) -> TokenStream {
    let Reference { target, to, on_delete, word } = reference;
    // If the target is not a model, no other error is reported.
    let is_model = quote_spanned!(span::at(target)=> { __signals::is_model::<#target>() });
    if let Some(to) = to {
        let model = quote_spanned!(span::at(target)=> __signals::references_model::<#target, #is_model>());
        // The compiler refuses a column that is not there, and a type that cannot hold its values.
        let column =
            quote_spanned!(span::at(to)=> <#target>::#to.referenced_by::<#ty>(&__signals::referenced_values()));
        let nullable = (*on_delete == OnDelete::SetNull)
            .then(|| quote_spanned!(span::at(word)=> __signals::nullable_column::<#ty>();));
        return quote!(.references_column(#model, __signals::OnDelete::#on_delete, { #nullable #column }));
    }
    let to = if *on_delete == OnDelete::SetNull {
        quote_spanned!(span::at(word)=> __signals::references_or_null::<#target, #ty, #is_model>())
    } else {
        quote_spanned!(span::at(target)=> __signals::references::<#target, #ty, #is_model>())
    };
    quote!(.references(#to, __signals::OnDelete::#on_delete))
}
