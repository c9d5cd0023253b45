//! The codecs of a model's columns.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::ir::{Column, Form, Model};
use crate::span;

/// Expands a constant for each column that a backend binds and reads by itself.
///
/// Only these constants name the bounds of the fields' types, so a type that cannot be a column is one
/// mistake.
pub(super) fn values(model: &Model<'_>) -> TokenStream {
    model.columns.iter().filter(|column| matches!(column.form, Form::Plain)).map(constant).collect()
}

fn constant(column: &Column<'_>) -> TokenStream {
    let ty = column.ty;
    let name = column.values();
    let values = match column.stored {
        None => quote_spanned!(span::at(ty)=> __signals::values!(#ty)),
        Some(stored) => {
            let form = stored.ty();
            quote_spanned!(stored.span()=> __signals::FieldCodec::<#ty>::stored::<__signals::form::#form>())
        }
    };
    quote! {
        const #name: &__signals::FieldCodec<#ty> = #values;
    }
}
