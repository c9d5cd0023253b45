//! The many-to-many relations: the model of the links, and a method and a constant for each side.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;

use super::constant::constant;
use crate::model::ir::{Model, Relation, ThroughModel};
use crate::name;
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

/// Expands the model of the links, which is a model like any other. Its key is an `id`, or the pair if the relation
/// names the columns.
fn link(model: &Model<'_>, relation: &Relation<'_>, link: &ThroughModel) -> TokenStream {
    let Model { ident: this, vis, .. } = model;
    let Relation { target, .. } = relation;
    let ThroughModel { ident, table, schema, from, to, columns, .. } = link;
    let schema = schema.as_ref().map(|schema| quote!(, schema = #schema));
    let library = model.crate_path.library();
    let private = model.crate_path.private();
    let key = model.crate_path.key();
    let is_model = is_model(model, relation);
    let ThroughDocs { itself, of_from, of_to } = ThroughDocs::new(model, relation, link);
    let from_key =
        quote_spanned!(from.first().map_or_else(Span::call_site, Ident::span)=> <#this as #private::Entity>::Key);
    let to_key = quote_spanned!(span::at(target)=> <#target as #private::Related<#is_model>>::Key);
    let this = this.to_token_stream();
    let from_end = LinkEnd { fields: from, model: &this, key: &from_key, doc: &of_from };
    let to_end = LinkEnd { fields: to, model: target, key: &to_key, doc: &of_to };
    // If the target is misspelled, the compiler would suggest a parameter at the position of the name.
    let no_generics = quote!(<>);
    let together = [from_end.reference(), to_end.reference()];
    let (unique, id, [for_from, for_to]) = if let Some(columns) = columns {
        let (from_columns, to_columns) = columns.split_at(from.len());
        let part_of_key = |column: &String| quote!(primary_key, column = #column,);
        let parts = [from_columns, to_columns].map(|columns| columns.iter().map(part_of_key).collect());
        (None, None, parts)
    } else {
        let id = quote! {
            /// The link's own key.
            #vis id: i64,
        };
        // The unique key begins with the first of the two ends.
        let index = if to.len() == 1 { vec![quote!(index,)] } else { Vec::new() };
        (Some(quote!(, unique(#(#from,)* #(#to),*))), Some(id), [Vec::new(), index])
    };
    let fields = [from_end.fields(model, &for_from), to_end.fields(model, &for_to)];
    quote! {
        #[doc = #itself]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, #library::Model)]
        #[model(#key table = #table #schema #unique #(#together)*)]
        #vis struct #ident #no_generics {
            #id
            #(#fields)*
        }
    }
}

/// The fields of a link with the key of one model.
struct LinkEnd<'a> {
    fields: &'a [Ident],
    model: &'a TokenStream,
    key: &'a TokenStream,
    doc: &'a str,
}

impl LinkEnd<'_> {
    /// Expands the reference of several fields, which is written on the struct.
    fn reference(&self) -> Option<TokenStream> {
        let Self { fields, model, .. } = self;
        (fields.len() > 1).then(|| quote!(, references(#model, fields(#(#fields),*), on_delete = cascade)))
    }

    /// Expands the fields. `attributes` are those of each field before the reference.
    fn fields(&self, model: &Model<'_>, attributes: &[TokenStream]) -> TokenStream {
        let (vis, private) = (model.vis, model.crate_path.private());
        let Self { fields, model: target, key, doc } = self;
        let expanded = fields.iter().enumerate().map(|(place, field)| {
            let attributes = attributes.get(place);
            if fields.len() == 1 {
                return quote! {
                    #[doc = #doc]
                    #[model(#attributes references = #target, on_delete = cascade)]
                    #vis #field: #key,
                };
            }
            let (attributes, place) = (attributes.map(|it| quote!(#[model(#it)])), Literal::usize_unsuffixed(place));
            quote! {
                #[doc = #doc]
                #attributes
                #vis #field: <#key as #private::PartAt<#place>>::Type,
            }
        });
        expanded.collect()
    }
}

/// Expands the constant on which the code for the target depends. If the target is not a model, or if its key has
/// another number of fields than the links have columns for it, the error is at this constant.
fn is_model(model: &Model<'_>, relation: &Relation<'_>) -> TokenStream {
    let private = model.crate_path.private();
    let target = &relation.target;
    let span = span::at(target);
    let is_model = quote_spanned!(span=> { #private::is_model::<#target>() });
    // Of a through model without `through_fields`, the references determine the columns.
    let Some([_, to]) = &relation.columns else { return is_model };
    let parts = Literal::usize_unsuffixed(to.len());
    quote_spanned!(span=> { #private::is_linkable::<#target, #is_model, #parts>() })
}

struct ThroughDocs {
    itself: String,
    of_from: String,
    of_to: String,
}

impl ThroughDocs {
    fn new(model: &Model<'_>, relation: &Relation<'_>, link: &ThroughModel) -> Self {
        let (this, target, name) = (model.ident.unraw(), &relation.target_name, relation.name.unraw());
        let key = |fields: &[Ident]| if fields.len() == 1 { "The key" } else { "A part of the key" };
        if link.is_between_namesakes {
            return Self {
                itself: format!(" A link from a `{this}` to a `{target}`, as `{this}::{name}` makes them."),
                of_from: format!(" {} of the `{this}` that it is from.", key(&link.from)),
                of_to: format!(" {} of the `{target}` that it is to.", key(&link.to)),
            };
        }
        Self {
            itself: format!(" A link between a `{this}` and a `{target}`, as `{this}::{name}` makes them."),
            of_from: format!(" {} of the `{this}`.", key(&link.from)),
            of_to: format!(" {} of the `{target}`.", key(&link.to)),
        }
    }
}

fn forward(model: &Model<'_>, relation: &Relation<'_>) -> TokenStream {
    let this = model.ident.to_token_stream();
    let Relation { name, target: other, target_name: other_name, .. } = relation;
    let side = Side { owner: &this, is_own: true, name, other, other_name };
    accessor(model, relation, &side, &quote!(FORWARD))
}

fn reverse(model: &Model<'_>, relation: &Relation<'_>, name: &Ident) -> TokenStream {
    let this = model.ident.to_token_stream();
    let this_name = model.ident.unraw().to_string();
    let Relation { target: owner, is_own, .. } = relation;
    let side = Side { owner, is_own: *is_own, name, other: &this, other_name: &this_name };
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
    /// Whether it is the model that declares the relation.
    is_own: bool,
    name: &'a Ident,
    other: &'a TokenStream,
    other_name: &'a str,
}

fn accessor(model: &Model<'_>, relation: &Relation<'_>, side: &Side<'_>, direction: &TokenStream) -> TokenStream {
    let Side { owner, is_own, name, other, other_name } = side;
    let through = &relation.through;
    let vis = model.vis;
    let private = model.crate_path.private();
    let doc = format!(" The `{other_name}`s of this one.");
    let of_many = format!(" The `{other_name}`s of one or many.");
    // The references of a through model determine which column belongs to which side, unless the user names
    // them.
    let columns = relation.columns.as_ref().map(|ends| {
        let index = |name: &Ident| quote_spanned!(span::at(name)=> <#through>::#name.index());
        let [from, to] = [&ends[0], &ends[1]].map(|names| names.iter().map(index).collect::<Vec<_>>());
        quote!(.columns(const { &[#(#from),*] }, const { &[#(#to),*] }))
    });
    let symmetrical = relation.is_symmetrical.then(|| quote!(.symmetrical()));
    let is_model = is_model(model, relation);
    let span = span::at(&relation.target);
    let rows = quote_spanned!(span=> #private::ManyToMany<'_, #through, #other>);
    let new = quote_spanned!(span=> #private::relation::<#owner, #through, #other, #is_model>);
    let path = quote!(#private::RelationPath::#direction #columns #symmetrical);
    let constant_name = name::constant(name);
    // A column or a reference with a name of its own has this constant.
    let constant = (!is_own || !model.has_constant(&constant_name)).then(|| {
        let ty = quote_spanned!(span=> #private::ToManyThrough<#owner, #through, #other>);
        let new = quote_spanned!(span=> #private::to_many_through::<#owner, #through, #other, #is_model>);
        let constant = constant(vis, &constant_name, &ty, &quote!(#new(#path)));
        quote! {
            #[doc = #of_many]
            #constant
        }
    });
    quote! {
        #[allow(dead_code, reason = "not every relation is followed in code")]
        impl #owner {
            #[doc = #doc]
            #vis fn #name(&self) -> #rows {
                #new(self, #path)
            }
            #constant
        }
    }
}
