//! The many-to-many relations: the model of the links, and a method for each side.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;

use crate::model::ir::{Model, Relation, ThroughModel};
use crate::span;

/// Expands the relations.
pub(super) fn many_to_many<'a>(model: &'a Model<'a>, relations: impl Iterator<Item = &'a Relation<'a>>) -> TokenStream {
    relations
        .map(|relation| {
            let link = relation.link.as_ref().map(|it| link(model, relation, it));
            let forward = forward(model, relation);
            let reverse = relation.related.map(|name| reverse(model, relation, name));
            let entry = entry(model, relation);
            quote!(#link #forward #reverse #entry)
        })
        .collect()
}

/// Expands the model of the links, which is a model like any other.
fn link(model: &Model<'_>, relation: &Relation<'_>, link: &ThroughModel) -> TokenStream {
    let Model { ident: this, vis, .. } = model;
    let Relation { target, .. } = relation;
    let ThroughModel { ident, table, from, to, .. } = link;
    let library = model.crate_path.library();
    let private = model.crate_path.private();
    let key = model.crate_path.key();
    let is_model = is_model(model, relation);
    let ThroughDocs { itself, of_from, of_to } = ThroughDocs::new(model, relation, link);
    let from_ty = quote_spanned!(from.span()=> <#this as #private::Entity>::Key);
    let to_ty = quote_spanned!(span::at(target)=> <#target as #private::Related<#is_model>>::Key);
    // If the target is misspelled, the compiler would suggest a parameter at the position of the name.
    let no_generics = quote!(<>);
    quote! {
        #[doc = #itself]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, #library::Model)]
        #[model(#key table = #table, unique(#from, #to))]
        #vis struct #ident #no_generics {
            /// The link's own key.
            #vis id: i64,
            #[doc = #of_from]
            #[model(references = #this, on_delete = cascade)]
            #vis #from: #from_ty,
            #[doc = #of_to]
            #[model(index, references = #target, on_delete = cascade)]
            #vis #to: #to_ty,
        }
    }
}

/// Expands the constant on which the code for the target depends. If the target is not a model, the error is
/// at this constant.
fn is_model(model: &Model<'_>, relation: &Relation<'_>) -> TokenStream {
    let private = model.crate_path.private();
    let target = &relation.target;
    quote_spanned!(span::at(target)=> { #private::is_linkable::<#target, { #private::is_model::<#target>() }>() })
}

struct ThroughDocs {
    itself: String,
    of_from: String,
    of_to: String,
}

impl ThroughDocs {
    fn new(model: &Model<'_>, relation: &Relation<'_>, link: &ThroughModel) -> Self {
        let (this, target, name) = (model.ident.unraw(), &relation.target_name, relation.name.unraw());
        if link.is_between_namesakes {
            return Self {
                itself: format!(" A link from a `{this}` to a `{target}`, as `{this}::{name}` makes them."),
                of_from: format!(" The key of the `{this}` that it is from."),
                of_to: format!(" The key of the `{target}` that it is to."),
            };
        }
        Self {
            itself: format!(" A link between a `{this}` and a `{target}`, as `{this}::{name}` makes them."),
            of_from: format!(" The key of the `{this}`."),
            of_to: format!(" The key of the `{target}`."),
        }
    }
}

fn forward(model: &Model<'_>, relation: &Relation<'_>) -> TokenStream {
    let this = model.ident.to_token_stream();
    let side = Side { owner: &this, name: relation.name, other: &relation.target, other_name: &relation.target_name };
    accessor(model, relation, &side, &quote!(FORWARD))
}

fn reverse(model: &Model<'_>, relation: &Relation<'_>, name: &Ident) -> TokenStream {
    let this = model.ident.to_token_stream();
    let this_name = model.ident.unraw().to_string();
    let side = Side { owner: &relation.target, name, other: &this, other_name: &this_name };
    accessor(model, relation, &side, &quote!(REVERSE))
}

/// Expands the relation's entry in the linker's list. The registry uses it to find receivers that wait for
/// links that do not exist.
fn entry(model: &Model<'_>, relation: &Relation<'_>) -> TokenStream {
    let Model { ident: this, .. } = model;
    let Relation { through, target, .. } = relation;
    let private = model.crate_path.private();
    quote! {
        #private::inventory::submit! { #private::RelationEntry::new::<#this, #through, #target>() }
    }
}

/// One model of a relation, and its name for the rows of the other one.
struct Side<'a> {
    owner: &'a TokenStream,
    name: &'a Ident,
    other: &'a TokenStream,
    other_name: &'a str,
}

fn accessor(model: &Model<'_>, relation: &Relation<'_>, side: &Side<'_>, direction: &TokenStream) -> TokenStream {
    let Side { owner, name, other, other_name } = side;
    let through = &relation.through;
    let vis = model.vis;
    let private = model.crate_path.private();
    let doc = format!(" The `{other_name}`s of this one.");
    // The references of a through model determine which column belongs to which side, unless the user names
    // them.
    let columns = relation.columns.as_ref().map(|[from, to]| {
        let from = quote_spanned!(span::at(from)=> <#through>::#from.name());
        let to = quote_spanned!(span::at(to)=> <#through>::#to.name());
        quote!(.columns(#from, #to))
    });
    let symmetrical = relation.is_symmetrical.then(|| quote!(.symmetrical()));
    let is_model = is_model(model, relation);
    let span = span::at(&relation.target);
    let rows = quote_spanned!(span=> #private::ManyToMany<'_, #through, #other>);
    let new = quote_spanned!(span=> #private::relation::<#owner, #through, #other, #is_model>);
    quote! {
        #[allow(dead_code, reason = "not every relation is followed in code")]
        impl #owner {
            #[doc = #doc]
            #vis fn #name(&self) -> #rows {
                #new(self, #private::RelationPath::#direction #columns #symmetrical)
            }
        }
    }
}
