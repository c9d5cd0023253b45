//! The constants by which references are followed.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::constant::constant;
use crate::model::ir::{Followed, Model};
use crate::span;

/// Expands a constant of this model for each reference, and one of the other model if it has a name there.
pub(super) fn followed<'a>(model: &Model<'_>, references: impl Iterator<Item = &'a Followed<'a>>) -> TokenStream {
    references
        .map(|reference| {
            let forward = forward(model, reference);
            let backward = backward(model, reference);
            quote!(#forward #backward)
        })
        .collect()
}

fn forward(model: &Model<'_>, reference: &Followed<'_>) -> Option<TokenStream> {
    let this = model.ident;
    let Followed { target, target_name, forward, vis, positions, .. } = reference;
    let name = forward.as_ref()?;
    let private = model.crate_path.private();
    let verb = if positions.len() == 1 { "references" } else { "reference" };
    let doc = format!(" The `{target_name}` that {} {verb}.", fields(model, reference));
    let arguments = arguments(model, reference);
    let ty = quote_spanned!(span::at(target)=> #private::ToOne<#this, #target>);
    let value = quote!(#private::to_one #arguments);
    Some(expand(&quote!(#this), &doc, &constant(vis, name, &ty, &value)))
}

fn backward(model: &Model<'_>, reference: &Followed<'_>) -> Option<TokenStream> {
    let Model { ident: this, vis, .. } = model;
    let Followed { target, backward, is_unique, positions, .. } = reference;
    let name = backward.as_ref()?;
    let private = model.crate_path.private();
    let (rows, ty, make) = if *is_unique {
        ("`", quote!(ToOne), quote!(back_to_one))
    } else {
        ("`s", quote!(ToMany), quote!(back_to_many))
    };
    let verb = if positions.len() == 1 { "references" } else { "reference" };
    let doc = format!(" The `{}{rows} whose {} {verb} this row.", this.unraw(), fields(model, reference));
    let arguments = arguments(model, reference);
    let ty = quote_spanned!(span::at(target)=> #private::#ty<#target, #this>);
    let value = quote!(#private::#make #arguments);
    Some(expand(target, &doc, &constant(vis, name, &ty, &value)))
}

fn expand(of: &TokenStream, doc: &str, constant: &TokenStream) -> TokenStream {
    quote! {
        #[allow(dead_code, private_interfaces, reason = "not every relation is followed in code, nor by every module")]
        impl #of {
            #[doc = #doc]
            #constant
        }
    }
}

/// Expands what the functions of both directions take: the models, the type of the columns, and both ends.
fn arguments(model: &Model<'_>, reference: &Followed<'_>) -> TokenStream {
    let this = model.ident;
    let Followed { target, to, positions, .. } = reference;
    let private = model.crate_path.private();
    let columns = positions.iter().filter_map(|position| model.columns.get(*position));
    let types: Vec<_> = columns.map(|column| column.ty).collect();
    let types = if let [only] = types.as_slice() { quote!(#only) } else { quote!((#(#types),*)) };
    let positions = positions.iter().copied().map(Literal::usize_unsuffixed);
    let span = span::at(target);
    // If the target is not a model, no other error is reported.
    let is_model = quote_spanned!(span=> { #private::is_model::<#target>() });
    let end = match to {
        None => quote_spanned!(span=> #private::key_end::<#target, #is_model>()),
        Some(to) => {
            quote_spanned!(span::at(to)=> #private::referenced(<#target>::#to).end::<#target, #is_model>())
        }
    };
    quote_spanned!(span=> ::<#this, #target, #types, #is_model>(&[#(#positions),*], #end))
}

/// Names the fields, for docs.
fn fields(model: &Model<'_>, reference: &Followed<'_>) -> String {
    let columns = reference.positions.iter().filter_map(|position| model.columns.get(*position));
    let fields: Vec<_> = columns.map(|column| format!("`{}`", column.field.unraw())).collect();
    fields.join(" and ")
}
