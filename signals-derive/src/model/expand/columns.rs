//! The constants of a model's columns.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::constant::constant;
use crate::model::ir::{Column, Model};
use crate::span;

/// Expands the inherent impl with a constant for each of the numbered columns.
pub(super) fn columns<'a>(model: &Model<'_>, numbered: impl Iterator<Item = (usize, &'a Column<'a>)>) -> TokenStream {
    let ident = model.ident;
    let private = model.crate_path.private();
    let constants = numbered.map(|(position, column)| described(&private, position, column));
    quote! {
        #[allow(dead_code, reason = "not every column is named in code")]
        impl #ident {
            #(#constants)*
        }
    }
}

fn described(private: &TokenStream, position: usize, column: &Column<'_>) -> TokenStream {
    let Column { vis, ty, name, constant: own_name, .. } = column;
    let doc = format!(" The column `{name}`.");
    let field = column.field.unraw().to_string();
    let position = Literal::usize_unsuffixed(position);
    let is_only_read = column.is_only_read();
    let wrapper = if is_only_read { quote!(ReadOnlyColumn) } else { quote!(Column) };
    let column = quote_spanned!(span::at(ty)=> #private::#wrapper<Self, #ty>);
    let value = quote!(&#private::#wrapper::new(#position, #field));
    let constant = constant(vis, own_name, &quote!(&'static #column), &value);
    quote! {
        #[doc = #doc]
        #constant
    }
}
