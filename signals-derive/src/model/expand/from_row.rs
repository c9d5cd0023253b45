//! Reads a model with plain sqlx.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::ir::Model;

/// Expands the `sqlx::FromRow` impl.
pub(super) fn from_row(model: &Model<'_>) -> TokenStream {
    let ident = model.ident;
    quote! {
        #[automatically_derived]
        impl<'r, R: __signals::BackendRow> __signals::sqlx::FromRow<'r, R> for #ident {
            fn from_row(row: &'r R) -> ::core::result::Result<Self, __signals::sqlx::Error> {
                <Self as __signals::Entity>::load(&__signals::BackendRow::as_row(row))
            }
        }
    }
}
