//! The expansion of a model. Each file makes one item. This file lists them in reading order.

mod columns;
mod constant;
mod entity;
mod followed;
mod from_row;
mod many_to_many;
mod meta;
mod stub;
mod values;

use proc_macro2::TokenStream;
use quote::quote;

use super::ir::{Model, PrimaryKey};

pub(super) use stub::stub;

/// Expands a model that passed the checks.
pub(super) fn model(model: &Model<'_>, key: &PrimaryKey<'_>) -> TokenStream {
    let columns = columns::columns(model, model.columns.iter().enumerate());
    let import = model.crate_path.import();
    let values = values::values(model);
    let meta = meta::meta(model, key);
    let entity = entity::entity(model, key);
    let state = state(model);
    let from_row = from_row::from_row(model);
    let followed = followed::followed(model, model.followed.iter());
    let relations = many_to_many::many_to_many(model, model.relations.iter());
    quote! {
        #columns
        const _: () = {
            #import
            #values
            #meta
            #entity
            #state
            #from_row
        };
        #followed
        #relations
    }
}

fn state(model: &Model<'_>) -> TokenStream {
    let ident = model.ident;
    quote! {
        #[automatically_derived]
        impl __signals::Model for #ident {
            fn state() -> &'static __signals::ModelState<Self> {
                &STATE
            }
        }
    }
}
