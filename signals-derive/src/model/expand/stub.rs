//! The stub of a struct that is not a model yet. Code that uses it compiles, so that one mistake is one
//! error.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use crate::model::ir::{Form, KeyPart, Model, PrimaryKey};

use super::{columns, followed, from_row, many_to_many};

/// Expands impls of every trait of a model. Their bodies never run, because the crate does not compile.
pub(in crate::model) fn stub(model: &Model<'_>) -> TokenStream {
    let import = model.crate_path.import();
    let entity = entity(model);
    let state = state(model);
    // The rest does not justify repeating the parameters.
    let is_generic = !model.generics.params.is_empty();
    let constants = (!is_generic).then(|| constants(model));
    let from_row = (!is_generic).then(|| from_row::from_row(model));
    let followed = (!is_generic).then(|| followed(model));
    let relations = (!is_generic).then(|| relations(model));
    quote! {
        #constants
        const _: () = {
            #import
            #entity
            #state
            #from_row
        };
        #followed
        #relations
    }
}

/// Expands the constants of references. If two need the same name, the first one gets it.
fn followed(model: &Model<'_>) -> TokenStream {
    let mut taken: HashSet<(String, &Ident)> =
        model.columns.iter().map(|it| (model.ident.to_string(), &it.constant)).collect();
    let distinct = model.followed.iter().filter(|reference| {
        let of = if reference.is_own { model.ident.to_string() } else { reference.target.to_string() };
        let forward = reference.forward.iter().map(|name| (model.ident.to_string(), name));
        let mut names = forward.chain(reference.backward.iter().map(|name| (of.clone(), name)));
        names.all(|name| taken.insert(name))
    });
    followed::followed(model, distinct)
}

/// Expands the constants. If two fields need the same constant, which is a reported mistake, the first one
/// gets it.
fn constants(model: &Model<'_>) -> TokenStream {
    let mut taken: HashSet<&Ident> = HashSet::new();
    let distinct = model.columns.iter().enumerate().filter(|(_, column)| taken.insert(&column.constant));
    columns::columns(model, distinct)
}

/// Expands the relations. If two relations need the same name, the first one gets it.
fn relations(model: &Model<'_>) -> TokenStream {
    let mut taken: HashSet<&Ident> = HashSet::new();
    let distinct = model.relations.iter().filter(|relation| taken.insert(relation.name));
    many_to_many::many_to_many(model, distinct)
}

fn entity(model: &Model<'_>) -> TokenStream {
    let header = header(model, &quote!(Entity));
    // A parameter's type would have to be the type of a key, which would be a second mistake. The same is
    // true for a key that is refused because it is JSON or a time.
    let is_plain = |part: &KeyPart<'_>| {
        let column = model.columns.get(part.position);
        column.is_some_and(|column| matches!(column.form, Form::Plain) && !column.is_stamped())
    };
    let is_plain = |key: &&PrimaryKey<'_>| key.parts.len() <= PrimaryKey::MOST_PARTS && key.parts.iter().all(is_plain);
    let key = model.key.as_ref().filter(|_| model.generics.params.is_empty()).filter(is_plain);
    let key = key.map_or_else(|| quote!(i64), |key| key.tuple(|part| part.ty));
    quote! {
        #header {
            type Key = #key;
            fn meta() -> &'static __signals::ModelMeta {
                loop {}
            }
            fn key(&self) -> Self::Key {
                loop {}
            }
            fn key_ref(&self) -> <Self::Key as __signals::ModelKey>::Ref<'_> {
                loop {}
            }
            fn set_key(&mut self, _: Self::Key) {
                loop {}
            }
            fn bind(&self, _: usize, _: &mut __signals::Args) -> __signals::Result<()> {
                loop {}
            }
            fn field(&self, _: usize) -> ::core::option::Option<&dyn ::core::any::Any> {
                loop {}
            }
            fn field_mut(&mut self, _: usize) -> ::core::option::Option<&mut dyn ::core::any::Any> {
                loop {}
            }
            fn duplicate(&self) -> ::core::option::Option<Self> {
                loop {}
            }
            fn load(_: &__signals::Row<'_>) -> ::core::result::Result<Self, __signals::sqlx::Error> {
                loop {}
            }
        }
    }
}

fn state(model: &Model<'_>) -> TokenStream {
    let header = header(model, &quote!(Model));
    quote! {
        #header {
            fn state() -> &'static __signals::ModelState<Self> {
                loop {}
            }
        }
    }
}

/// Opens an impl. A generic struct is refused, but still gets an impl for the calls of its users.
fn header(model: &Model<'_>, it: &TokenStream) -> TokenStream {
    let ident = model.ident;
    let (impl_generics, ty_generics, _) = model.generics.split_for_impl();
    let bounds = model.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let threads = (!model.generics.params.is_empty())
        .then(|| quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static,));
    quote! {
        #[automatically_derived]
        impl #impl_generics __signals::#it for #ident #ty_generics
        where
            #threads
            #(#bounds,)*
    }
}
