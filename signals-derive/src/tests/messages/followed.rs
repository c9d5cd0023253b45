//! Of the names of references.

use proc_macro2::TokenStream;
use quote::quote;

use super::errors;
use crate::model;

#[track_caller]
fn of_model(input: TokenStream, said: &[&str]) {
    assert_eq!(errors(&model::derive(input)), said);
}

#[test]
fn names_belong_to_a_reference() {
    of_model(
        quote! { struct A { id: i64, #[model(related = orders, relation = user)] user_id: i64 } },
        &[
            "`related` is a part of a reference; write `references = User` beside it",
            "`relation` is a part of a reference; write `references = User` beside it",
        ],
    );
    of_model(
        quote! { struct A { id: i64, #[model(references = User, on_delete = cascade, related = "orders")] user_id: i64 } },
        &["`related` needs a word; write `related = orders`"],
    );
}

#[test]
fn a_relation_has_a_constant_that_is_free() {
    let taken = "the constant `USER` is that of the field `user`; write another name for the relation";
    of_model(
        quote! {
            struct A {
                id: i64,
                user: String,
                #[model(references = User, on_delete = cascade, relation = user)]
                user_id: i64,
            }
        },
        &[taken],
    );
    // On another model, only the compiler knows which constants there are.
    let input = quote! {
        struct A {
            id: i64,
            user: String,
            #[model(references = User, on_delete = cascade, related = user)]
            user_id: i64,
            #[model(references = Self, on_delete = cascade, related = user)]
            parent_id: i64,
        }
    };
    of_model(input, &[taken]);
}

#[test]
fn two_references_have_two_names() {
    of_model(
        quote! {
            #[model(references(Order, fields(tenant, order_id), on_delete = cascade, relation = buyer))]
            struct A {
                id: i64,
                tenant: i64,
                order_id: i64,
                #[model(references = User, on_delete = cascade, relation = buyer, related = orders)]
                buyer_id: i64,
                #[model(references = User, on_delete = cascade, related = orders)]
                seller_id: i64,
                #[model(references = other::User, on_delete = cascade, related = orders)]
                other_id: i64,
            }
        },
        &[
            "`User` has two relations `orders`; rename one of the two",
            "`A` has two relations `buyer`; rename one of the two",
        ],
    );
}

#[test]
fn a_constant_without_a_name_of_its_own_gives_way() {
    let constants = |input| {
        let expansion = model::derive(input).to_string();
        ["USER", "ORDER", "TAGS"].map(|name| expansion.matches(&format!("const {name} :")).count())
    };
    // A column, a relation with that name, a field without `_id`.
    let none = constants(quote! {
        #[model(many_to_many(tags: Tag))]
        struct A {
            id: i64,
            user: i64,
            tags: String,
            #[model(references = User, on_delete = cascade)]
            user_id: i64,
            #[model(references = Order, on_delete = cascade)]
            order: i64,
        }
    });
    assert_eq!(none, [1, 1, 1], "those of the columns");
    let named = constants(quote! {
        #[model(references(Order, fields(tenant_id, order_id), on_delete = cascade))]
        struct A {
            id: i64,
            tenant_id: i64,
            order_id: i64,
            #[model(references = User, on_delete = cascade, relation = user)]
            author_id: i64,
            #[model(references = User, on_delete = cascade)]
            user_id: i64,
        }
    });
    assert_eq!(named, [1, 1, 0]);
}
